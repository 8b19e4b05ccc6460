package server

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// promised are the capabilities that Restante has, each whole.
const promised = `ACL RIGHTS=kxten LIST-MYRIGHTS
	SORT SORT=DISPLAY SORT=MODSEQ SORT=UID ESORT THREAD=ORDEREDSUBJECT THREAD=REFERENCES THREAD=REFS
	SEARCH=INTHREAD
	LANGUAGE IMAP4rev2 IMAP4rev1 LITERAL+ SASL-IR ENABLE ID IDLE NAMESPACE CHILDREN UIDPLUS UNSELECT MOVE ESEARCH
	SEARCHRES LIST-EXTENDED LIST-STATUS SPECIAL-USE CREATE-SPECIAL-USE BINARY CATENATE URLAUTH URLAUTH=BINARY URL-PARTIAL UTF8=ACCEPT CONDSTORE QRESYNC MULTIAPPEND
	OBJECTID SAVEDATE STATUS=SIZE WITHIN UIDONLY ANNOTATE-EXPERIMENT-1 UIDBATCHES APPENDLIMIT=67108864 PARTIAL PREVIEW
	METADATA METADATA-SERVER LIST-METADATA
	QUOTA QUOTASET QUOTA=RES-STORAGE QUOTA=RES-MESSAGE QUOTA=RES-MAILBOX QUOTA=RES-ANNOTATION-STORAGE XLIST
	COMPRESS=DEFLATE NOTIFY UNAUTHENTICATE OBJECTID+ LOGIN-REFERRALS MAILBOX-REFERRALS`

// promisedInSearch are those of them that are ways to search.
const promisedInSearch = `CONTEXT=SEARCH CONTEXT=SORT SEARCH=FUZZY MULTISEARCH FILTERS INPROGRESS I18NLEVEL=1 I18NLEVEL=2`

// promisedOfContent are those that give or take the content of messages.
const promisedOfContent = `CONVERT REPLACE X-GM-EXT-1`

func TestCapabilities(t *testing.T) {
	login, all := fixedCapabilities(table(), Limits{}.filled())
	want := strings.Fields(promised + " " + promisedInSearch + " " + promisedOfContent)
	slices.Sort(want)
	got := slices.Sorted(slices.Values(all))
	if !slices.Equal(got, want) {
		t.Errorf("after login\n%v, want\n%v", got, want)
	}
	if want := strings.Fields("IMAP4rev2 IMAP4rev1 LITERAL+ SASL-IR LOGIN-REFERRALS ID LANGUAGE ENABLE IDLE"); !slices.Equal(login, want) {
		t.Errorf("before login %v, want %v", login, want)
	}
}

// TestRows checks what must be so in every row.
func TestRows(t *testing.T) {
	seen := map[string]bool{}
	rows := table()
	for _, r := range rows {
		if r.run == nil || r.states == 0 || r.rfc == "" {
			t.Errorf("%s: incomplete row", r.name)
		}
		if seen[r.name] {
			t.Errorf("%s: two rows", r.name)
		}
		seen[r.name] = true
		// RFC 9051 §7.5.1.
		if (r.name == "FETCH" || r.name == "STORE" || r.name == "SEARCH") && r.expunge {
			t.Errorf("%s may not report EXPUNGE", r.name)
		}
		if r.writable && r.states != inSelected {
			t.Errorf("%s: nothing is selected to be writable", r.name)
		}
		// RFC 9586 §3.2, §3.8: what has a UID form takes sequence numbers without it.
		if bare, is := strings.CutPrefix(r.name, "UID "); is && bare != "EXPUNGE" {
			i := slices.IndexFunc(rows, func(o row) bool { return o.name == bare })
			if i < 0 || !rows[i].sequence {
				t.Errorf("%s: there is no %s that takes sequence numbers", r.name, bare)
			}
		}
		if r.uid() != strings.HasPrefix(r.name, "UID ") {
			t.Errorf("%s: uid() = %v", r.name, r.uid())
		}
	}
	for _, name := range strings.Fields("CAPABILITY NOOP LOGOUT ID STARTTLS AUTHENTICATE LOGIN ENABLE SELECT EXAMINE CREATE DELETE RENAME " +
		"SUBSCRIBE UNSUBSCRIBE LIST LSUB NAMESPACE STATUS APPEND IDLE CHECK CLOSE UNSELECT EXPUNGE SEARCH FETCH STORE COPY MOVE") {
		if !seen[name] {
			t.Errorf("no row for %s", name)
		}
	}
}

// TestCitedSections checks the form of the citations.
func TestCitedSections(t *testing.T) {
	cited := regexp.MustCompile(`^RFC \d+ §\d+(\.\d+)*$`)
	for _, r := range table() {
		if !cited.MatchString(r.rfc) {
			t.Errorf("%s: %q is not a section of an RFC", r.name, r.rfc)
		}
	}
}

// standard are the capabilities that a specification gives a name and that clients
// look for, other than those of commands and extensions of other servers alone.
const standard = `IMAP4rev1 IMAP4rev2 ACL RIGHTS=kxten ANNOTATE-EXPERIMENT-1 ANNOTATEMORE APPENDLIMIT AUTH= BINARY CATENATE CHILDREN
	COMPRESS=DEFLATE CONDSTORE CONTEXT=SEARCH CONTEXT=SORT CONVERT CREATE-SPECIAL-USE ENABLE ESEARCH ESORT FILTERS FILTER=SIEVE
	I18NLEVEL=1 I18NLEVEL=2 ID IDLE IMAPSIEVE= INPROGRESS JMAPACCESS LANGUAGE LIST-EXTENDED LIST-METADATA LIST-MYRIGHTS LIST-STATUS
	LITERAL+ LITERAL- LOGIN-REFERRALS LOGINDISABLED MAILBOX-REFERRALS MESSAGELIMIT= SAVELIMIT= METADATA METADATA-SERVER MOVE
	MULTIAPPEND MULTISEARCH NAMESPACE NOTIFY OBJECTID OBJECTID+ PARTIAL PREVIEW SNIPPET=FUZZY QRESYNC QUOTA QUOTA=RES-STORAGE
	QUOTA=RES-MESSAGE QUOTA=RES-MAILBOX QUOTA=RES-ANNOTATION-STORAGE QUOTASET REPLACE SASL-IR SAVEDATE SEARCH=FUZZY SEARCHRES
	SORT SORT=DISPLAY SPECIAL-USE STARTTLS STATUS=SIZE THREAD=ORDEREDSUBJECT THREAD=REFERENCES THREAD=REFS UIDBATCHES UIDONLY
	UIDPLUS UNAUTHENTICATE UNSELECT URLAUTH URLAUTH=BINARY URL-PARTIAL UTF8=ACCEPT UTF8=ONLY WITHIN X-GM-EXT-1 XLIST`

// TestStandardCapabilities holds that each standard capability is told, or that
// docs/protocols.md says why not.
func TestStandardCapabilities(t *testing.T) {
	page, err := os.ReadFile("../../docs/protocols.md")
	if err != nil {
		t.Fatal(err)
	}
	_, all := fixedCapabilities(table(), Limits{}.filled())
	for _, name := range strings.Fields(standard) {
		told := slices.ContainsFunc(all, func(c string) bool { return c == name || strings.HasPrefix(c, name+"=") })
		explained := strings.Contains(string(page), "**"+name+"**")
		if !told && !explained {
			t.Errorf("%s is not told, and docs/protocols.md does not say why", name)
		}
	}
}
