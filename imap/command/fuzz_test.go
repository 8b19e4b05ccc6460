package command

import (
	"io"
	"strings"
	"testing"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/wire"
)

// seeds has at least one command of each kind.
var seeds = []string{
	"LANGUAGE", "LANGUAGE de-CH \"*\" {2+}\r\nfr", "NOOP", "LOGIN a {3+}\r\nabc", "AUTHENTICATE PLAIN AGEAYg==", "ENABLE QRESYNC", `ID ("a" NIL)`,
	"SELECT x (QRESYNC (1 2 3:4 (1 2)))", "EXAMINE INBOX (CONDSTORE)", "CREATE x (USE (\\Sent))", "DELETE x", "RENAME a b",
	"SUBSCRIBE a", `LIST (SUBSCRIBED) "" (a b) RETURN (STATUS (UIDNEXT))`, `LSUB "" *`, "STATUS x (MESSAGES)",
	"APPEND x (\\Seen) \"17-Jul-1996 02:44:25 -0700\" {3+}\r\nabc {1+}\r\nx", "APPEND x UTF8 (~{1+}\r\na)",
	"SEARCH RETURN (PARTIAL -1:-100 MIN) UID 1:5", "SEARCH RETURN (UPDATE CONTEXT) ALL", "SORT RETURN (UPDATE (UID BODY[HEADER.FIELDS (TO)]) COUNT) (DATE) UTF-8 ALL", "ESEARCH IN (selected subtree-one (a \"b\") mailboxes c) RETURN (RELEVANCY) FUZZY OR 1 FILTER x", "CANCELUPDATE \"a\" b", "UID FETCH 1:* FLAGS (CHANGEDSINCE 5 PARTIAL 1:100)",
	"SEARCH RETURN (MIN) CHARSET UTF-8 OR NOT SEEN (SUBJECT {1+}\r\nx 1:5)", "UID SEARCH MODSEQ \"/flags/a\" all 5 BEFORE 1-Jan-2000",
	"FETCH 1:* (FLAGS BODY.PEEK[1.HEADER.FIELDS (a b)]<0.5>)", "UID FETCH 1 ALL (CHANGEDSINCE 5 VANISHED)",
	"STORE 1 (UNCHANGEDSINCE 5) +FLAGS (a b)", "UID COPY 1,3 x", "MOVE 1 y", "UID EXPUNGE 1:5", "UIDBATCHES 500 1:5", "SELECT x (OBJECTID (MAILBOXID F1-2 ACCOUNTID A1-0))", "SEARCH UIDAFTER 5 UIDBEFORE 9",
	"FETCH 1 PREVIEW", "FETCH 1 PREVIEW (LAZY) (CHANGEDSINCE 5)", "FETCH 1 (PREVIEW (LAZY) UID)",
	"SORT RETURN (MIN SAVE) (REVERSE DATE SUBJECT) UTF-8 OR NOT SEEN SUBJECT {1+}\r\nx", "UID SORT (DISPLAYFROM) \"us-ascii\" ALL",
	"SETACL x fred +lr", "SETACL x {5+}\r\n-fred \"-wted\"", "DELETEACL x $team", "LISTRIGHTS x anyone", "GETACL INBOX", "MYRIGHTS x",
	"FETCH 1 (X-GM-MSGID X-GM-THRID X-GM-LABELS)", "STORE 1 (UNCHANGEDSINCE 5) -X-GM-LABELS.SILENT (\\Inbox \"a b\" c&AOk-)", "UID STORE 1 +X-GM-LABELS a b",
	"SEARCH X-GM-MSGID 1 X-GM-THRID 18446744073709551615 X-GM-LABELS \\Inbox X-GM-RAW \"from:(a OR -b) {c larger:1M}\"",
	"GETQUOTA \"#user/a\"", "GETQUOTAROOT INBOX", "XLIST \"\" %", "SETQUOTA \"\" (STORAGE 512 MESSAGE 0)",
	"GETMETADATA (MAXSIZE 5 DEPTH 1) INBOX (/private/a /shared/b)", "GETMETADATA \"\" /shared/comment", "GETMETADATA x (DEPTH infinity) (/shared)",
	"SETMETADATA INBOX (/private/comment {3+}\r\nabc /shared/comment NIL /private/x ~{2+}\r\na\x00)",
	`LIST "" % RETURN (METADATA (/shared/comment "/private/x") STATUS (MESSAGES))`,
	"SEARCH RETURN (THREAD=REFERENCES) INTHREAD (THREADROOT NOT THREADLEAF) MESSAGEID \"<a b@c>\"",
	"UID THREAD REFERENCES UTF-8 SINCE 5-MAR-2000", "THREAD REFS us-ascii NOT TEXT {1+}\r\nx",
	"FETCH 1:* (UID ANNOTATION ((/* \"/1/a%\") (value.priv size)) ANNOTATION (/comment value.shared))", "SELECT x (ANNOTATE)",
	"STORE 1 (UNCHANGEDSINCE 5) ANNOTATION (/comment (value.priv {1+}\r\nx value.shared NIL) /1/flags/seen (value.priv \"1\"))",
	"APPEND x (\\Seen) ANNOTATION (/altsubject (value.shared ~{2+}\r\na\x00)) {3+}\r\nabc",
	"SEARCH ANNOTATION /comment value NIL OR ANNOTATION /* value.priv {1+}\r\nx SEEN", "SORT (REVERSE ANNOTATION /altsubject value.shared DATE) UTF-8 ALL",
	"NOTIFY SET STATUS (selected (MessageNew (UID BODY.PEEK[1]) MessageExpunge)) (subtree (a {1+}\r\nb) NONE) (inboxes (Other))", "NOTIFY NONE",
	"CONVERT 1 (NIL (CHARSET \"utf-8\")) (UID BODY[1.MIME])", "UID CONVERT 2 (\"text/plain\") BINARY[1]<0.5>", `CONVERSIONS "text/*" "*"`,
	"REPLACE 4 Drafts (\\Seen) {3+}\r\nabc", "UID REPLACE * x \"17-Jul-1996 02:44:25 -0700\" ~{3+}\r\nabc",
}

// FuzzCommand holds that no command panics, that its log is made, that it is
// left in step, and that what has a form to write is read back the same.
func FuzzCommand(f *testing.F) {
	for _, s := range seeds {
		f.Add("a "+s+"\r\n", true)
		f.Add("a "+s+"\r\n", false)
	}
	f.Fuzz(func(t *testing.T, in string, utf8 bool) {
		c, d, err := parse(in, testOptions(utf8))
		if err == nil {
			c.LogValue()
			check(t, c, d)
		}
		if d.Finish() == nil && d.Begin() == nil {
			_, _, _ = ParseHeader(d)
		}
	})
}

func check(t *testing.T, c Command, d *wire.Decoder) {
	switch c := c.(type) {
	case *Replace:
		check(t, c.Append, d)
	case *Append:
		for {
			_, ok, err := c.Next(d)
			if err != nil || !ok {
				return
			}
			r, err := d.AcceptLiteral()
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, io.LimitReader(r, 1<<20))
		}
	case *Search:
		out := string(c.Program.Key.Append(nil))
		again, err := reparse[*Search]("a SEARCH " + out)
		if err != nil {
			t.Fatalf("%q: %v", out, err)
		}
		if got := string(again.Program.Key.Append(nil)); got != out {
			t.Fatalf("%q, then %q", out, got)
		}
	case *Fetch:
		out := string(c.Items.Append(nil))
		again, err := reparse[*Fetch]("a FETCH 1 " + out)
		if err != nil {
			t.Fatalf("%q: %v", out, err)
		}
		if got := string(again.Items.Append(nil)); got != out {
			t.Fatalf("%q, then %q", out, got)
		}
	case Select:
		checkName(t, c.Mailbox)
	case *Copy:
		checkName(t, c.Mailbox)
	}
}

// checkName holds that a name that was read in UTF-8 can be sent in modified
// UTF-7 and is the same again.
func checkName(t *testing.T, name string) {
	got, ok := imap.DecodeUTF7(imap.AppendUTF7(nil, name))
	if !ok || got != name {
		t.Fatalf("%q comes back as %q", name, got)
	}
}

func reparse[C Command](in string) (c C, err error) {
	d := wire.NewDecoder(strings.NewReader(in+"\r\n"), wire.DecoderOptions{Limits: wire.Limits{Line: 1 << 20, String: 1 << 20}})
	if err := d.Begin(); err != nil {
		return c, err
	}
	_, name, err := ParseHeader(d)
	if err != nil {
		return c, err
	}
	got, err := Parse(d, name, Options{UTF8: true})
	if err != nil {
		return c, err
	}
	return got.(C), nil
}

// repeat gives the same octets for ever.
type repeat struct {
	s  string
	at int
}

func (r *repeat) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		k := copy(p[n:], r.s[r.at:])
		n += k
		r.at = (r.at + k) % len(r.s)
	}
	return n, nil
}

func BenchmarkParse(b *testing.B) {
	for name, in := range map[string]string{
		"FetchFlags":   "b12 UID FETCH 1:* (FLAGS)",
		"FetchHeaders": "b12 UID FETCH 1000:1050 (UID FLAGS RFC822.SIZE BODY.PEEK[HEADER.FIELDS (From To Cc Subject Date Message-ID)])",
		"Store":        `b12 UID STORE 4711 +FLAGS.SILENT (\Seen)`,
		"Search":       `b12 UID SEARCH UNSEEN SINCE 1-Feb-2024 SUBJECT "report"`,
		"Noop":         "b12 NOOP",
		"Copy":         "b12 UID COPY 5,7,9 Archive/2024",
	} {
		b.Run(name, func(b *testing.B) {
			d := wire.NewDecoder(&repeat{s: in + "\r\n"}, wire.DecoderOptions{})
			b.ReportAllocs()
			for b.Loop() {
				if err := d.Begin(); err != nil {
					b.Fatal(err)
				}
				_, name, err := ParseHeader(d)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := Parse(d, name, Options{}); err != nil {
					b.Fatal(err)
				}
				if err := d.Finish(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
