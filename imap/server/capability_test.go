package server

import (
	"crypto/tls"
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/restante/restante/mailstore"
)

// proof is a command that works only where the server has the capability, and
// what its answer must hold. %T stands for its tag.
type proof struct{ before, command, want string }

// proofs drive every capability that may be told but those of STARTTLS and AUTH=,
// which TestCapabilitiesWork drives otherwise.
func proofs() map[string]proof {
	const text = "Subject: x\r\n\r\ny\r\n"
	return map[string]proof{
		"IMAP4rev2":             {"ENABLE IMAP4rev2", "SEARCH ALL", `\* ESEARCH \(TAG "%T"\) ALL 1:2`},
		"IMAP4rev1":             {"", "SEARCH ALL", `\* SEARCH 1 2`},
		"LITERAL+":              {"", "STATUS {5+}\r\nINBOX (MESSAGES)", `^\* STATUS "INBOX" \(MESSAGES 2\)`},
		"ENABLE":                {"", "ENABLE CONDSTORE", `\* ENABLED CONDSTORE`},
		"ID":                    {"", `ID ("name" "test")`, `\* ID \("name" "`},
		"LANGUAGE":              {"", "LANGUAGE de-AT", `\* LANGUAGE \(de\)`},
		"I18NLEVEL=2":           {"", "COMPARATOR i;octet", `\* COMPARATOR i;octet`},
		"NAMESPACE":             {"", "NAMESPACE", `\* NAMESPACE \(\("" "/"\)\) \(\("Other Users/" "/"\)\) \(\("Shared/" "/"\)\)`},
		"CHILDREN":              {"CREATE a/b", `LIST "" a%`, `\* LIST \(\\HasChildren\) "/" "a"`},
		"UIDPLUS":               {"", "COPY 1 Sent", `%T OK \[COPYUID \d+ 1 1\]`},
		"UNSELECT":              {"", "UNSELECT", `%T OK`},
		"MOVE":                  {"", "UID MOVE 1 Sent", `\* OK \[COPYUID \d+ 1 1\].*\* 1 EXPUNGE.*%T OK`},
		"ESEARCH":               {"", "SEARCH RETURN (MIN COUNT) ALL", `\* ESEARCH \(TAG "%T"\) MIN 1 COUNT 2`},
		"SEARCHRES":             {"SEARCH RETURN (SAVE) 2", "FETCH $ UID", `\* 2 FETCH \(UID 2\)`},
		"LIST-EXTENDED":         {"SUBSCRIBE gone", `LIST (SUBSCRIBED) "" ("g*" "x") RETURN (CHILDREN)`, `\* LIST \(\\Subscribed \\NonExistent`},
		"LIST-STATUS":           {"", `LIST "" INBOX RETURN (STATUS (MESSAGES))`, `\* STATUS "INBOX" \(MESSAGES 2\)`},
		"SPECIAL-USE":           {"", `LIST (SPECIAL-USE) "" *`, `\\Drafts.*\\Sent`},
		"CREATE-SPECIAL-USE":    {"CREATE Bin (USE (\\Trash))", `LIST "" Bin`, `\\Trash`},
		"BINARY":                {"", "FETCH 1 BINARY.SIZE[1]", `\* 1 FETCH \(BINARY.SIZE\[1\] 3\)`},
		"UTF8=ACCEPT":           {"ENABLE UTF8=ACCEPT", "CREATE \"Entwürfe\"", `%T OK`},
		"CONDSTORE":             {"", "SELECT INBOX (CONDSTORE)", `HIGHESTMODSEQ [1-9]`},
		"QRESYNC":               {"ENABLE QRESYNC", "SELECT INBOX (QRESYNC (1 1))", `HIGHESTMODSEQ [1-9].*%T OK`},
		"MULTIAPPEND":           {"", "APPEND Sent {17+}\r\n" + text + " {17+}\r\n" + text, `%T OK \[APPENDUID \d+ 1:2\]`},
		"CATENATE":              {"", "APPEND Sent CATENATE (TEXT {17+}\r\n" + text + " URL /INBOX/;UID=1)", `%T OK \[APPENDUID \d+ 1\]`},
		"URLAUTH":               {"", "GENURLAUTH imap://%U@localhost/INBOX/;UID=1;URLAUTH=anonymous INTERNAL", `\* GENURLAUTH "imap://[^@]+@localhost/INBOX/;UID=1;URLAUTH=anonymous:internal:[0-9a-f]{66}"`},
		"URLAUTH=BINARY":        {"", "URLFETCH (imap://alice@localhost/INBOX/;UID=1;URLAUTH=anonymous:internal:00000000000000000000000000000000 BINARY)", `\* URLFETCH "imap:.*" NIL`},
		"URL-PARTIAL":           {"", "APPEND Sent CATENATE (URL /INBOX/;UID=1/;PARTIAL=2.3)", `%T OK \[APPENDUID \d+ 1\]`},
		"OBJECTID":              {"", "FETCH 1 EMAILID", `EMAILID \(M[\w-]+\)`},
		"SAVEDATE":              {"", "FETCH 1 SAVEDATE", `SAVEDATE "`},
		"STATUS=SIZE":           {"", "STATUS INBOX (SIZE)", `SIZE 34\)`},
		"CONVERT":               {"", `CONVERT 1 (NIL ("charset" "utf-8")) BINARY.SIZE[1]`, `\* 1 CONVERTED \(TAG "%T"\) \(BINARY.SIZE\[1\] 3\)`},
		"REPLACE":               {"", "REPLACE 1 INBOX {17+}\r\n" + text, `\* OK \[APPENDUID \d+ 3\].*\* 1 EXPUNGE.*%T OK`},
		"PREVIEW":               {"", "FETCH 1 PREVIEW (LAZY)", `\* 1 FETCH \(PREVIEW "y"\)`},
		"ACL":                   {"", "GETACL INBOX", `\* ACL "INBOX" \S+ lrswipkxteancd`},
		"RIGHTS=kxten":          {"", "LISTRIGHTS INBOX bob", `\* LISTRIGHTS "INBOX" bob "" l r s w i p k x t e a n c d`},
		"LIST-MYRIGHTS":         {"", `LIST "" INBOX RETURN (MYRIGHTS)`, `\* LIST .*\* MYRIGHTS "INBOX" lrswipkxteancd`},
		"WITHIN":                {"", "SEARCH YOUNGER 3600", `\* SEARCH 1 2`},
		"CONTEXT=SEARCH":        {"SEARCH RETURN (UPDATE COUNT) SEEN", "STORE 1 +FLAGS.SILENT (\\Seen)", `\* ESEARCH \(TAG "b"\) ADDTO \(0 1\)`},
		"MULTISEARCH":           {"UNSELECT", "ESEARCH IN (personal) ALL", `\* ESEARCH \(TAG "%T" MAILBOX "INBOX" UIDVALIDITY \d+\) UID ALL 1:2`},
		"FILTERS":               {`SETMETADATA "" (/private/filters/values/f "UNSEEN")`, "SEARCH FILTER f", `\* SEARCH 1 2`},
		"INPROGRESS":            {"", "SEARCH ALL", `\* SEARCH 1 2`}, // TestProgressTranscripts
		"CONTEXT=SORT":          {"SORT RETURN (UPDATE COUNT) (REVERSE ARRIVAL REVERSE UID) UTF-8 SEEN", "STORE 2 +FLAGS.SILENT (\\Seen)", `\* ESEARCH \(TAG "b"\) ADDTO \(1 2\)`},
		"SEARCH=FUZZY":          {"", "SEARCH RETURN (ALL RELEVANCY) FUZZY SUBJECT x", `\* ESEARCH \(TAG "%T"\) ALL 1:2 RELEVANCY \(100 100\)`},
		"PARTIAL":               {"", "UID SEARCH RETURN (PARTIAL -1:-1) ALL", `\* ESEARCH \(TAG "%T"\) UID PARTIAL \(-1:-1 2\)`},
		"SORT":                  {"", "SORT (REVERSE ARRIVAL SUBJECT) UTF-8 ALL", `\* SORT 1 2`},
		"ESORT":                 {"", "SORT RETURN (MIN COUNT) (REVERSE UID) UTF-8 ALL", `\* ESEARCH \(TAG "%T"\) MIN 2 COUNT 2`},
		"SORT=DISPLAY":          {"", "SORT (DISPLAYFROM REVERSE DISPLAYTO) UTF-8 ALL", `\* SORT 1 2`},
		"I18NLEVEL=1":           {"", "SEARCH CHARSET UTF-8 SUBJECT {3+}\r\nＸ", `\* SEARCH 1 2`},
		"SORT=MODSEQ":           {"STORE 1 FLAGS (x)", "SORT (MODSEQ) UTF-8 ALL", `\* SORT 2 1`},
		"SORT=UID":              {"", "UID SORT (REVERSE UID) UTF-8 ALL", `\* SORT 2 1`},
		"APPENDLIMIT":           {"", "APPEND Sent {67108865}", `%T NO \[TOOBIG\]`},
		"IDLE":                  {"", "IDLE\r\nDONE", `\+ .*%T OK`},
		"X-GM-EXT-1":            {"STORE 1 +X-GM-LABELS (a)", "FETCH 1 X-GM-LABELS", `\* 1 FETCH \(X-GM-LABELS \(a\)\)`},
		"UIDBATCHES":            {"", "UIDBATCHES 500", `\* UIDBATCHES \(TAG "%T"\) 2:1`},
		"COMPRESS=DEFLATE":      {"", "COMPRESS DEFLATE", `%T OK DEFLATE active`},
		"UNAUTHENTICATE":        {"", "UNAUTHENTICATE\r\nx LOGIN alice secret", `%T OK UNAUTHENTICATE completed`},
		"NOTIFY":                {"", "NOTIFY SET STATUS (personal (MessageNew MessageExpunge))\r\nx2 NOOP", `\* STATUS "Drafts" \(MESSAGES 0 UIDNEXT 1 UIDVALIDITY \d+\).*%T OK`},
		"OBJECTID+":             {"", "FETCH 1 OBJECTID", `\* ENABLED OBJECTID\+.*OBJECTID \(EMAILID M[\w-]+ THREADID T[\w-]+\)`},
		"UIDONLY":               {"ENABLE UIDONLY", "UID FETCH 1 FLAGS", `\* 1 UIDFETCH \(FLAGS \(\\Recent\)\)`},
		"METADATA":              {"SETMETADATA INBOX (/private/comment \"x\")", "GETMETADATA INBOX /private/comment", `\* METADATA "INBOX" \(/private/comment "x"\)`},
		"METADATA-SERVER":       {"SETMETADATA \"\" (/private/vendor/kolab/x \"y\")", `GETMETADATA "" /private/vendor/kolab/x`, `\* METADATA "" \(/private/vendor/kolab/x "y"\)`},
		"LIST-METADATA":         {"", `LIST "" INBOX RETURN (METADATA (/private/comment))`, `\* METADATA "INBOX" \(/private/comment NIL\)`},
		"SASL-IR":               {"LOGOUT", "", ""}, // below
		"ANNOTATE-EXPERIMENT-1": {`STORE 1 ANNOTATION (/comment (value.priv "x"))`, "FETCH 1 ANNOTATION (/comment value.priv)", `\* 1 FETCH \(ANNOTATION \(/comment \(value.priv "x"\)\)\)`},

		"QUOTA":                        {"", "GETQUOTAROOT INBOX", `\* QUOTAROOT "INBOX" "#user/quota.*\* QUOTA "#user/quota.* \(`},
		"QUOTASET":                     {"SETQUOTA \"\" (STORAGE 5 MESSAGE 2)", `GETQUOTA ""`, `\* QUOTA "" \(STORAGE 1 5 MESSAGE 2 2 `},
		"QUOTA=RES-STORAGE":            {"", "STATUS INBOX (DELETED-STORAGE)", `DELETED-STORAGE 0\)`},
		"QUOTA=RES-MESSAGE":            {"", "STATUS INBOX (DELETED)", `DELETED 0\)`},
		"QUOTA=RES-MAILBOX":            {"", `GETQUOTA ""`, `MAILBOX 3 10000`},
		"XLIST":                        {"", `XLIST "" INBOX`, `\* XLIST \(\\HasNoChildren \\Inbox\) "/" "INBOX"`},
		"QUOTA=RES-ANNOTATION-STORAGE": {"", `GETQUOTA ""`, `%T OK`},

		"THREAD=ORDEREDSUBJECT": {"", "THREAD ORDEREDSUBJECT UTF-8 ALL", `\* THREAD \(1 2\)`},
		"THREAD=REFERENCES":     {"", "THREAD REFERENCES UTF-8 ALL", `\* THREAD \(\(1\)\(2\)\)`},
		"SEARCH=INTHREAD":       {"", "SEARCH RETURN (COUNT THREAD=ORDEREDSUBJECT) INTHREAD 2 THREADROOT", `\* ESEARCH \(TAG "%T"\) COUNT 1\n`},
		"THREAD=REFS":           {"", "UID THREAD REFS UTF-8 ALL", `\* THREAD \(1\)\(2\)`},
	}
}

// TestCapabilitiesWork holds what the server tells of itself against what it
// does: every capability that is told in any state, before and after login, in
// cleartext and with TLS, is driven.
func TestCapabilitiesWork(t *testing.T) {
	h := newHost(t, hostOptions{imap: func(o *Options) { o.GmailExtensions = true }, store: mailstore.Options{Mailboxes: []mailstore.NewMailbox{
		{Name: "Drafts", SpecialUse: []string{`\Drafts`}},
		{Name: "Sent", SpecialUse: []string{`\Sent`}},
	}}})
	for _, secure := range []bool{false, true} {
		c := h.client(t)
		if secure {
			c.startTLS(tls.VersionTLS13)
		}
		before := told(c)
		if has := slices.Contains(before, "STARTTLS"); has == secure {
			t.Errorf("STARTTLS told: %v, encrypted: %v", has, secure)
		}
		for _, name := range before {
			if mechanism, is := strings.CutPrefix(name, "AUTH="); is {
				proveMechanism(t, h, mechanism, secure)
			} else if _, known := proofs()[name]; !known && name != "STARTTLS" {
				t.Errorf("%s before login: nothing drives it", name)
			}
		}
		c.do("l LOGIN alice secret")
		for _, name := range told(c) {
			name, _, _ = strings.Cut(name, "=6") // the number of APPENDLIMIT
			p, known := proofs()[name]
			if !known {
				t.Errorf("%s after login: nothing drives it", name)
				continue
			}
			if p.command == "" {
				continue
			}
			t.Run(name, func(t *testing.T) { p.run(t, h, strings.NewReplacer("=", "", "+", "").Replace(name), secure) })
		}
	}
}

// told gives what CAPABILITY answers.
func told(c *client) []string {
	return strings.Fields(c.do("cap CAPABILITY")[0])[2:]
}

// run drives a capability in an account of its own with two messages.
func (p proof) run(t *testing.T, h *host, user string, secure bool) {
	if secure {
		user += "-tls"
	}
	c := h.client(t)
	if secure {
		c.startTLS(tls.VersionTLS13)
	}
	c.do("l LOGIN " + user + " secret")
	for range 2 {
		if err := h.deliver(user, "INBOX", "Subject: x\r\n\r\ny\r\n"); err != nil {
			t.Fatal(err)
		}
	}
	if strings.HasPrefix(p.before, "ENABLE") {
		c.do("b " + p.before)
	}
	c.do("s SELECT INBOX")
	if p.before != "" {
		c.do("b " + p.before)
	}
	lines, answer := c.try("x " + strings.ReplaceAll(p.command, "%U", user))
	all := strings.Join(append(lines, answer), "\n")
	if want := regexp.MustCompile("(?s)" + strings.ReplaceAll(p.want, "%T", "x")); !want.MatchString(all) {
		t.Errorf("%s: %s", p.command, all)
	}
}

// proveMechanism logs in by a SASL mechanism, with an initial response.
func proveMechanism(t *testing.T, h *host, mechanism string, secure bool) {
	t.Helper()
	c := h.client(t)
	var state tls.ConnectionState
	if secure {
		state = c.startTLS(tls.VersionTLS13)
	}
	encode := base64.StdEncoding.EncodeToString
	switch mechanism {
	case "PLAIN":
		c.do("a AUTHENTICATE PLAIN " + encode([]byte("\x00alice\x00secret")))
	case "LOGIN":
		c.send("a AUTHENTICATE LOGIN\r\n")
		c.expect("+ " + encode([]byte("Username:")))
		c.send(encode([]byte("alice")) + "\r\n")
		c.expect("+ " + encode([]byte("Password:")))
		c.send(encode([]byte("secret")) + "\r\n")
		c.expect("a OK ")
	default:
		sc := newSCRAMClient(t, mechanism, "secret", "n,,", state)
		if strings.HasSuffix(mechanism, "-PLUS") {
			sc = newSCRAMClient(t, mechanism, "secret", "p=tls-exporter,,", state)
		}
		if got := sc.login(c, mechanism); !strings.HasPrefix(got, "OK ") {
			t.Errorf("%s: %s", mechanism, got)
		}
	}
}
