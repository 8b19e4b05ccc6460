package server

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// codes gives each response code that the server sends (RFC 9051 §7.1, RFC 5530
// §3, RFC 7162 §7, RFC 7889 §4, RFC 8474 §4, RFC 6154 §3): the name of its
// constant or function in package imap, the code, and a file that shows it.
//
// Of RFC 5530 and RFC 9051 these are never sent: ALERT, CONTACTADMIN, EXPIRED,
// INUSE, NOTSAVED, PARSE and UIDNOTSTICKY. Nothing here expires, is
// locked, or loses its UIDs, and every result of a
// search can be saved.
var codes = []struct{ name, code, shown string }{
	{"Alert", "ALERT", "testdata/outbox/outbox.txt"},
	{"AlreadyExists", "ALREADYEXISTS", "testdata/mailboxes.txt"},
	{"AnnotateTooBig", "ANNOTATE TOOBIG", "testdata/narrow/annotate.txt"},
	{"AnnotateTooMany", "ANNOTATE TOOMANY", "testdata/narrow/annotate.txt"},
	{"Annotations", "ANNOTATIONS 65536", "testdata/rfc5257.txt"},
	{"AnnotationsReadOnly", "ANNOTATIONS READ-ONLY", "testdata/annotate.txt"},
	{"AppendUID", "APPENDUID", "testdata/append-forms.txt"},
	{"AuthenticationFailed", "AUTHENTICATIONFAILED", "testdata/authenticate.txt"},
	{"AuthorizationFailed", "AUTHORIZATIONFAILED", "testdata/authenticate.txt"},
	{"BadCharset", "BADCHARSET", "testdata/search-charset.txt"},
	{"BadComparator", "BADCOMPARATOR", "testdata/rfc5255-comparator.txt"},
	{"BadURL", "BADURL", "testdata/rfc4469.txt"},
	{"BadEvent", "BADEVENT", "testdata/notify-refused.txt"},
	{"Cannot", "CANNOT", "testdata/mailboxes.txt"},
	{"Capability", "CAPABILITY", "testdata/login.txt"},
	{"ClientBug", "CLIENTBUG", "testdata/badlimit.txt"},
	{"Closed", "CLOSED", "testdata/select-fails.txt"},
	{"CompressionActive", "COMPRESSIONACTIVE", "testdata/compress.txt"},
	{"CopyUID", "COPYUID", "testdata/messages-rfc9051.txt"},
	{"Corruption", "CORRUPTION", "fetch_test.go"},
	{"ExpungeIssued", "EXPUNGEISSUED", "testdata/ghosts.txt"},
	{"InProgress", "INPROGRESS", "testdata/progress/rfc9585.txt"},
	{"UndefinedFilter", "UNDEFINED-FILTER", "testdata/rfc5466.txt"},
	{"BadCharsets", "BADCHARSET", "testdata/rfc5466.txt"},
	{"HasChildren", "HASCHILDREN", "testdata/mailboxes.txt"},
	{"HighestModSeq", "HIGHESTMODSEQ", "testdata/select.txt"},
	{"NotificationOverflow", "NOTIFICATIONOVERFLOW", "testdata/narrow/notify.txt"},
	{"Limit", "LIMIT", "testdata/narrow/limits.txt"},
	{"MailboxID", "MAILBOXID", "testdata/mailboxes.txt"},
	{"MetadataLongEntries", "METADATA LONGENTRIES", "testdata/rfc5464.txt"},
	{"MetadataMaxSize", "METADATA MAXSIZE", "testdata/narrow/metadata.txt"},
	{"MetadataTooMany", "METADATA TOOMANY", "testdata/narrow/metadata.txt"},
	{"MessageLimit", "MESSAGELIMIT", "testdata/limited/rfc9738.txt"},
	{"MaxConvertMessages", "MAXCONVERTMESSAGES", "testdata/narrow/rfc5259.txt"},
	{"MaxConvertParts", "MAXCONVERTPARTS", "testdata/narrow/rfc5259.txt"},
	{"Modified", "MODIFIED", "testdata/condstore.txt"},
	{"NoPerm", "NOPERM", "testdata/metadata.txt"},
	{"NonExistent", "NONEXISTENT", "testdata/mailboxes.txt"},
	{"NoPerm", "NOPERM", "testdata/sharing.txt"},
	{"ObjectID", "OBJECTID", "testdata/objectid-plus.txt"},
	{"OverQuota", "OVERQUOTA", "testdata/narrow/limits.txt"},
	{"PrivacyRequired", "PRIVACYREQUIRED", "session_test.go"},
	{"ReadOnly", "READ-ONLY", "testdata/select.txt"},
	{"ReadWrite", "READ-WRITE", "testdata/select.txt"},
	{"Referral", "REFERRAL", "testdata/referrals/rfc2193.txt"},
	{"ServerBug", "SERVERBUG", "session_test.go"},
	{"TempFail", "TEMPFAIL", "convert_test.go"},
	{"TooBig", "TOOBIG", "testdata/narrow/limits.txt"},
	{"TooFew", "TOOFEW", "testdata/rfc10022.txt"},
	{"TooMany", "TOOMANY", "testdata/rfc10022.txt"},
	{"TryCreate", "TRYCREATE", "testdata/append-forms.txt"},
	{"UIDNext", "UIDNEXT", "testdata/select.txt"},
	{"UIDRequired", "UIDREQUIRED", "testdata/uidonly.txt"},
	{"UIDValidity", "UIDVALIDITY", "testdata/select.txt"},
	{"Unavailable", "UNAVAILABLE", "errors_test.go"},
	{"UnknownCTE", "UNKNOWN-CTE", "testdata/binary.txt"},
	{"Unseen", "UNSEEN", "testdata/select.txt"},
	{"URLMech", "URLMECH INTERNAL", "testdata/urlmech/rfc4467.txt"},
	{"UseAttr", "USEATTR", "testdata/create.txt"},
}

// TestCodesAreShown holds the table against the package's source and its tests.
func TestCodesAreShown(t *testing.T) {
	listed := map[string]bool{}
	for _, c := range codes {
		listed[c.name] = true
		text, err := os.ReadFile(c.shown)
		if err != nil {
			t.Error(err)
		} else if !regexp.MustCompile(`\[` + c.code + `[] ]`).Match(text) {
			t.Errorf("%s does not show %s", c.shown, c.code)
		}
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	used := regexp.MustCompile(`imap\.Code([A-Z]\w+)`)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range used.FindAllSubmatch(text, -1) {
			if name := string(m[1]); !listed[name] {
				t.Errorf("%s sends imap.Code%s, which no transcript is named for", file, name)
			}
		}
	}
}
