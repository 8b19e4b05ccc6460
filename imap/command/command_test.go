package command

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/wire"
)

// testOptions know one charset, whose text is upper-cased to show that it was
// converted.
func testOptions(utf8 bool) Options {
	return Options{UTF8: utf8, Charset: func(name string) func([]byte) (string, error) {
		if !strings.EqualFold(name, "x-upper") {
			return nil
		}
		return func(b []byte) (string, error) {
			if string(b) == "bad" {
				return "", errors.New("bad text")
			}
			return strings.ToUpper(string(b)), nil
		}
	}}
}

// parse parses one command and gives it with the decoder behind it.
func parse(in string, o Options) (Command, *wire.Decoder, error) {
	d := wire.NewDecoder(strings.NewReader(in), wire.DecoderOptions{Continue: func() error { return nil }})
	if err := d.Begin(); err != nil {
		return nil, d, err
	}
	_, name, err := ParseHeader(d)
	if err != nil {
		return nil, d, err
	}
	c, err := Parse(d, name, o)
	return c, d, err
}

// show gives a command in one line.
func show(c Command) string {
	switch c := c.(type) {
	case *Fetch:
		s := fmt.Sprintf("%s %v %s", c.Name(), c.Set, c.Items.Append(nil))
		if c.HasChangedSince {
			s += fmt.Sprintf(" since %d", c.ChangedSince)
		}
		if c.Vanished {
			s += " vanished"
		}
		if !c.Partial.IsZero() {
			s += " partial " + c.Partial.String()
		}
		return s
	case *Search:
		p := c.Program
		return fmt.Sprintf("%s %v/%04b %q %s", c.Name(), p.Extended, p.Return, p.Charset, p.Key.Append(nil))
	case *Sort:
		p := c.Program
		return fmt.Sprintf("%s %v %v/%04b %q %s", c.Name(), c.Keys, p.Extended, p.Return, p.Charset, p.Key.Append(nil))
	case *Thread:
		return fmt.Sprintf("%s %v %q %s", c.Name(), c.Algorithm, c.Program.Charset, c.Program.Key.Append(nil))
	case *Convert:
		s := fmt.Sprintf("%s %v %q %q %v", c.Name(), c.Set, c.Target, c.Params, c.TellUID)
		for i := range c.Items {
			s += " " + string(c.Items[i].AppendLabel(nil))
		}
		return s
	case Conversions:
		return fmt.Sprintf("%s %q %q", c.Name(), c.From, c.To)
	case Select:
		s := fmt.Sprintf("%s %q %v", c.Name(), c.Mailbox, c.CondStore)
		if q := c.QResync; q != nil {
			s += fmt.Sprintf(" %d %d %v %v %v", q.UIDValidity, q.ModSeq, q.KnownUIDs, q.MatchSeqs, q.MatchUIDs)
		}
		return s
	case *Store:
		s := fmt.Sprintf("%s %v %s %v %q", c.Name(), c.Set, c.Action, c.Silent, c.Flags)
		if c.HasUnchangedSince {
			s += fmt.Sprintf(" since %d", c.UnchangedSince)
		}
		return s
	case *Copy:
		return fmt.Sprintf("%s %v %q", c.Name(), c.Set, c.Mailbox)
	case UIDExpunge:
		return fmt.Sprintf("%s %v", c.Name(), c.Set)
	case List:
		return fmt.Sprintf("LIST %q %q %v/%b/%b/%s", c.Reference, c.Patterns, c.Options.Extended, c.Options.Select, c.Options.Return, c.Options.Status.Append(nil))
	case Status:
		return fmt.Sprintf("STATUS %q %s", c.Mailbox, c.Items.Append(nil))
	case *Append:
		return fmt.Sprintf("APPEND %q", c.Mailbox)
	}
	return fmt.Sprintf("%s %+v", c.Name(), c)
}

type parseTest struct{ in, want string }

// run parses each line without its tag. A want that begins with "!" names the
// kind of the error.
func run(t *testing.T, o Options, tests []parseTest) {
	t.Helper()
	kinds := map[wire.ErrorKind]string{wire.Syntax: "!syntax", wire.OverLimit: "!limit", wire.TooBig: "!toobig",
		wire.BadCharset: "!charset", wire.BadName: "!name", wire.Unsupported: "!unsupported"}
	for _, c := range tests {
		cmd, d, err := parse("a "+c.in+"\r\nz NOOP\r\n", o)
		var got string
		var e *wire.Error
		switch {
		case err == nil:
			got = show(cmd)
			cmd.LogValue()
		case errors.As(err, &e):
			got = kinds[e.Kind]
		default:
			got = "!" + err.Error()
		}
		if got != c.want {
			t.Errorf("%s\n got %s\nwant %s (%v)", c.in, got, c.want, err)
		}
		if _, ok := cmd.(*Append); ok {
			continue
		}
		if err := d.Finish(); err != nil {
			t.Errorf("%s: Finish: %v", c.in, err)
		} else if err := d.Begin(); err != nil || string(d.Rest()) != "z NOOP" {
			t.Errorf("%s: out of step: %v", c.in, err)
		}
	}
}

func TestHeader(t *testing.T) {
	for in, want := range map[string]string{
		"a1 noop": "a1 NOOP", "A.b-c uid fetch 1 UID": "A.b-c UID FETCH", "x FETCH 1": "x FETCH", "] x-Y": "] X-Y",
		"": "!", "a": "! a", "a ": "! a", "+ NOOP": "!", "a (": "! a", "(a) NOOP": "!", " NOOP": "!", "a UID": "! a", "a  NOOP": "! a",
	} {
		d := wire.NewDecoder(strings.NewReader(in+"\r\n"), wire.DecoderOptions{})
		if err := d.Begin(); err != nil {
			t.Fatal(err)
		}
		tag, name, err := ParseHeader(d)
		got := tag + " " + name
		if err != nil {
			got = strings.TrimRight("! "+tag, " ")
		}
		if got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestSimple(t *testing.T) {
	run(t, Options{}, []parseTest{
		{"NOOP", "NOOP {Command:NOOP}"},
		{"noop ", "NOOP {Command:NOOP}"},
		{"NOOP x", "!syntax"},
		{"CAPABILITY", "CAPABILITY {Command:CAPABILITY}"},
		{"IDLE", "IDLE {Command:IDLE}"},
		{"XYZZY", "!syntax"},
		{"UID NOOP", "!syntax"},
		{"UID", "!syntax"},
	})
}

func TestAuth(t *testing.T) {
	run(t, Options{}, []parseTest{
		{"LOGIN SMITH SESAME", "LOGIN {User:SMITH Password:SESAME}"}, // RFC 9051 §6.2.3
		{`LOGIN "a b" "c\"d"`, `LOGIN {User:a b Password:c"d}`},
		{"LOGIN {4+}\r\nfred {3+}\r\na b", "LOGIN {User:fred Password:a b}"},                      // Outlook
		{"LOGIN {11}\r\nFRED FOOBAR {7}\r\nfat man", "LOGIN {User:FRED FOOBAR Password:fat man}"}, // RFC 9051 §4.3
		{"LOGIN a", "!syntax"},
		{"LOGIN", "!syntax"},
		{"LOGIN a b c", "!syntax"},
		{"LOGIN a ()", "!syntax"},
		{"AUTHENTICATE plain", "AUTHENTICATE {Mechanism:PLAIN Initial:[]}"},
		{"AUTHENTICATE PLAIN ", "AUTHENTICATE {Mechanism:PLAIN Initial:[]}"}, // Outlook
		{"AUTHENTICATE PLAIN AGEAYg==", "AUTHENTICATE {Mechanism:PLAIN Initial:[0 97 0 98]}"},
		{"AUTHENTICATE EXTERNAL =", "AUTHENTICATE {Mechanism:EXTERNAL Initial:[]}"},
		{"AUTHENTICATE PLAIN AGEAYg", "!syntax"},
		{"AUTHENTICATE PLAIN AGEA Yg==", "!syntax"},
		{"AUTHENTICATE", "!syntax"},
		{"ENABLE condstore QRESYNC", "ENABLE {Capabilities:[CONDSTORE QRESYNC]}"},
		{"ENABLE IMAP4rev2 UTF8=ACCEPT", "ENABLE {Capabilities:[IMAP4REV2 UTF8=ACCEPT]}"},
		{"ENABLE", "!syntax"},
		{"ID NIL", "ID {Params:[]}"},
		{"ID ()", "ID {Params:[]}"},
		{`ID ("name" "x y" "os" NIL)`, "ID {Params:[{Field:name Value:x y Nil:false} {Field:os Value: Nil:true}]}"},
		{"ID (\"name\" {3+}\r\nabc {2+}\r\nos \"\")", "ID {Params:[{Field:name Value:abc Nil:false} {Field:os Value: Nil:false}]}"}, // Outlook
		{"ID", "!syntax"},
		{`ID ("name")`, "!syntax"},
	})
	c, _, err := parse("a AUTHENTICATE EXTERNAL =\r\n", Options{})
	if err != nil || c.(Authenticate).Initial == nil {
		t.Error("an empty initial response is taken for none")
	}
	if s := (Login{User: "u", Password: "secret"}).LogValue().String(); strings.Contains(s, "secret") {
		t.Error("the log has the password:", s)
	}
}

func TestSASLResponse(t *testing.T) {
	for in, want := range map[string]string{"": "", "AGEAYg==": "\x00a\x00b", "*": "cancelled", "x": "error", "AGEA\rYg==": "error"} {
		d := wire.NewDecoder(strings.NewReader(in+"\r\n"), wire.DecoderOptions{})
		if err := d.Begin(); err != nil {
			t.Fatal(err)
		}
		b, cancelled, err := ParseSASLResponse(d)
		got := string(b)
		if cancelled {
			got = "cancelled"
		} else if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestDone(t *testing.T) {
	for in, ok := range map[string]bool{"DONE": true, "done": true, "DONE ": true, "DONE x": false, "a DONE": false, "": false} {
		d := wire.NewDecoder(strings.NewReader(in+"\r\n"), wire.DecoderOptions{})
		if err := d.Begin(); err != nil {
			t.Fatal(err)
		}
		if err := ParseDone(d); (err == nil) != ok {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestMailboxes(t *testing.T) {
	run(t, Options{Limits: Limits{MailboxName: 30}}, []parseTest{
		{"SELECT inbox", `SELECT "INBOX" false`},
		{"SELECT INBOX  ", `SELECT "INBOX" false`}, // scripted clients
		{`EXAMINE "a b"`, `EXAMINE "a b" false`},
		{"SELECT Entw&APw-rfe", `SELECT "Entwürfe" false`},
		{"SELECT Entw&AHUDCA-rfe", `!name`},
		{"SELECT Entwu&Awg-rfe", "SELECT \"Entwu\u0308rfe\" false"}, // decomposed, as macOS names files
		{"SELECT a&b", "!name"},
		{"SELECT \"ü\"", "!name"},
		{"SELECT x (CONDSTORE)", `SELECT "x" true`},
		// RFC 7162 §3.2.5
		{"SELECT INBOX (QRESYNC (67890007 20050715194045000 41,43:211,214:541))",
			`SELECT "INBOX" false 67890007 20050715194045000 41,43:211,214:541  `},
		{"SELECT INBOX (QRESYNC (67890007 90060115194045000 41:211,214:541))",
			`SELECT "INBOX" false 67890007 90060115194045000 41:211,214:541  `},
		{"SELECT INBOX (QRESYNC (67890007 90060115205545359 (1:3 5:7)) CONDSTORE)",
			`SELECT "INBOX" true 67890007 90060115205545359  1:3 5:7`},
		{"SELECT INBOX (QRESYNC (1 2 3:4 (1 2)))", `SELECT "INBOX" false 1 2 3:4 1 2`},
		{"SELECT INBOX (QRESYNC (1 2))", `SELECT "INBOX" false 1 2   `},
		{"SELECT INBOX (QRESYNC (1 2 3:*))", "!syntax"},
		{"SELECT INBOX (QRESYNC (1 2 (1:3 5)))", "!syntax"},
		{"SELECT INBOX (QRESYNC (0 2))", "!syntax"},
		{"SELECT INBOX (QRESYNC)", "!syntax"},
		{"SELECT INBOX (FOO)", "!syntax"},
		{"SELECT", "!syntax"},
		{"SELECT a b", "!syntax"},
		{"SELECT " + strings.Repeat("a", 31), "!limit"},
		{"CREATE owatagusiam/", "CREATE {Mailbox:owatagusiam/ Use:[]}"},
		{`CREATE MySpecial (USE (\Drafts \Sent))`, `CREATE {Mailbox:MySpecial Use:[\Drafts \Sent]}`}, // RFC 6154 §5.3
		{"CREATE x (USE ())", "CREATE {Mailbox:x Use:[]}"},
		{"CREATE x (FOO)", "!syntax"},
		{"DELETE a/b", "DELETE {Command:DELETE Mailbox:a/b}"},
		{`SUBSCRIBE "#news.x"`, "SUBSCRIBE {Command:SUBSCRIBE Mailbox:#news.x}"},
		{"UNSUBSCRIBE {3+}\r\na b", "UNSUBSCRIBE {Command:UNSUBSCRIBE Mailbox:a b}"},
		{"RENAME inbox old-mail", "RENAME {From:INBOX To:old-mail}"},
		{"RENAME a", "!syntax"},
		{"STATUS blurdybloop (UIDNEXT MESSAGES)", `STATUS "blurdybloop" (MESSAGES UIDNEXT)`}, // RFC 9051 §6.3.11
		{"STATUS x (messages recent uidnext uidvalidity unseen deleted size highestmodseq mailboxid appendlimit)",
			`STATUS "x" (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN DELETED SIZE HIGHESTMODSEQ MAILBOXID APPENDLIMIT)`},
		{"STATUS x ()", "!syntax"},
		{"STATUS x (FOO)", "!syntax"},
		{"STATUS x", "!syntax"},
	})
	run(t, Options{UTF8: true}, []parseTest{
		{"SELECT \"Entwürfe\"", `SELECT "Entwürfe" false`},
		{"SELECT a&b", `SELECT "a&b" false`}, // Thunderbird
		{"SELECT \"Entwu\u0308rfe\"", "SELECT \"Entwu\u0308rfe\" false"},
		{"SELECT \"\xff\"", "!syntax"},
	})
}

func TestList(t *testing.T) {
	run(t, Options{Limits: Limits{ListPatterns: 3}}, []parseTest{
		{`LIST "" *`, `LIST "" ["*"] false/0/0/()`},
		{`LIST "" ""`, `LIST "" [""] false/0/0/()`},
		{`list ~/Mail/ %`, `LIST "~/Mail/" ["%"] false/0/0/()`},
		{`LIST "" Entw&APw-rf%`, `LIST "" ["Entwürf%"] false/0/0/()`},
		{`LIST "" "a&b"`, `LIST "" ["a&b"] false/0/0/()`},
		// RFC 5258 §5, RFC 9051 §6.3.9.8
		{`LIST (SUBSCRIBED) "" "*"`, `LIST "" ["*"] true/1/0/()`},
		{`LIST () "" "%" RETURN (CHILDREN)`, `LIST "" ["%"] true/0/10/()`},
		{`LIST (REMOTE) "" "%" RETURN (CHILDREN)`, `LIST "" ["%"] true/10/10/()`},
		{`LIST (SUBSCRIBED REMOTE RECURSIVEMATCH) "" "*"`, `LIST "" ["*"] true/111/0/()`},
		{`LIST "" ("INBOX" "Drafts" "Sent/%")`, `LIST "" ["INBOX" "Drafts" "Sent/%"] true/0/0/()`},
		{`LIST "" % RETURN (STATUS (MESSAGES UNSEEN))`, `LIST "" ["%"] true/0/0/(MESSAGES UNSEEN)`}, // RFC 5819 §2
		{`LIST (SPECIAL-USE) "" * RETURN (SPECIAL-USE SUBSCRIBED)`, `LIST "" ["*"] true/1000/101/()`},
		{`LIST "" * RETURN ()`, `LIST "" ["*"] true/0/0/()`},
		{`LIST (RECURSIVEMATCH) "" *`, "!syntax"},
		{`LIST (REMOTE RECURSIVEMATCH) "" *`, "!syntax"},
		{`LIST (FOO) "" *`, "!syntax"},
		{`LIST "" ()`, "!syntax"},
		{`LIST "" (a b c d)`, "!limit"},
		{`LIST "" * RETURN (FOO)`, "!syntax"},
		{`LIST "" * FOO`, "!syntax"},
		{`LIST ""`, "!syntax"},
		{`LSUB "#news." "comp.mail.*"`, `LSUB {Command:LSUB Reference:#news. Pattern:comp.mail.*}`},
		{`LSUB "" %`, `LSUB {Command:LSUB Reference: Pattern:%}`},
		{`LSUB ""`, "!syntax"},
		{`rlist "" %`, `RLIST {Command:RLIST Reference: Pattern:%}`}, // RFC 2193 §6
		{`RLSUB "#x" *`, `RLSUB {Command:RLSUB Reference:#x Pattern:*}`},
	})
}

func TestMessages(t *testing.T) {
	run(t, Options{Limits: Limits{SetRanges: 5, Flags: 3}}, []parseTest{
		{`STORE 2:4 +FLAGS (\Deleted)`, `STORE 2:4 +FLAGS false ["\\Deleted"]`}, // RFC 9051 §6.4.6
		{`UID STORE 1:* -flags.silent \seen $Junk`, `UID STORE 1:* -FLAGS true ["\\Seen" "$Junk"]`},
		{`STORE 1 FLAGS ()`, `STORE 1 FLAGS false []`},
		{`STORE 1 FLAGS (\Recent \Seen)`, `STORE 1 FLAGS false ["\\Seen"]`},
		{`STORE $ +FLAGS (\Deleted)`, `STORE $ +FLAGS false ["\\Deleted"]`},
		// RFC 7162 §3.1.3
		{`STORE 6,4,8 (UNCHANGEDSINCE 12121230045) +FLAGS.SILENT (\Deleted)`, `STORE 4,6,8 +FLAGS true ["\\Deleted"] since 12121230045`},
		{`UID STORE 6 (UNCHANGEDSINCE 0) FLAGS (x)`, `UID STORE 6 FLAGS false ["x"] since 0`},
		{`STORE 1 (UNCHANGEDSINCE 1 UNCHANGEDSINCE 2) FLAGS (x)`, "!syntax"},
		{`STORE 1 (FOO 1) FLAGS (x)`, "!syntax"},
		{`STORE 1 FLAGS`, "!syntax"},
		{`STORE 1 FLAGS (a b c d)`, "!limit"},
		{`STORE 1 FLAGS (a(b)`, "!syntax"},
		{`STORE 1 FLAGS (\)`, "!syntax"},
		{`STORE 1,3,5,7,9,11 FLAGS (a)`, "!limit"},
		{`STORE 0 FLAGS (a)`, "!syntax"},
		{`STORE a FLAGS (a)`, "!syntax"},
		{"COPY 2:4 MEETING", `COPY 2:4 "MEETING"`},
		{"UID COPY 2:4 inbox", `UID COPY 2:4 "INBOX"`},
		{`MOVE 42:69 "a b"`, `MOVE 42:69 "a b"`},
		{"UID MOVE 42:69 foo", `UID MOVE 42:69 "foo"`},
		{"COPY 2:4", "!syntax"},
		{"UID EXPUNGE 3000:3002", "UID EXPUNGE 3000:3002"}, // RFC 9051 §6.4.9
		{"UID EXPUNGE", "!syntax"},
		{"UIDBATCHES 500", "UIDBATCHES {Size:500 First:0 Last:0}"}, // RFC 10022 §4
		{"uidbatches 2000 10:20", "UIDBATCHES {Size:2000 First:10 Last:20}"},
		{"UIDBATCHES 500 4:1 ", "UIDBATCHES {Size:500 First:4 Last:1}"},
		{"UIDBATCHES 500 1:*", "!syntax"},
		{"UIDBATCHES 500 2", "!syntax"},
		{"UIDBATCHES 0", "!syntax"},
		{"EXPUNGE 1", "!syntax"},
	})
}

func TestErrorResponse(t *testing.T) {
	for kind, want := range map[wire.ErrorKind]string{
		wire.Syntax: "BAD x", wire.OverLimit: "NO [LIMIT] x", wire.TooBig: "NO [TOOBIG] x",
		wire.BadCharset: "NO [BADCHARSET (US-ASCII UTF-8)] x", wire.BadName: "NO [CANNOT] x",
	} {
		e := &wire.Error{Kind: kind, Text: "x"}
		if got := e.Response().Error(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := imap.CodeCopyUID(1, imap.NumSetOf(1, 2), imap.NumSetOf(5, 6)); got != "COPYUID 1 1:2 5:6" || got.Name() != "COPYUID" {
		t.Error(got)
	}
}
