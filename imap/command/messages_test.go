package command

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante/imap/wire"
)

func TestFetch(t *testing.T) {
	run(t, Options{Limits: Limits{HeaderFields: 3, PartDepth: 4, FetchSections: 3}}, []parseTest{
		// RFC 9051 §6.4.5
		{"FETCH 2:4 (FLAGS BODY[HEADER.FIELDS (DATE FROM)])", "FETCH 2:4 (FLAGS BODY[HEADER.FIELDS (DATE FROM)])"},
		{"UID FETCH 1:* (FLAGS)", "UID FETCH 1:* (FLAGS)"},
		{"uid fetch 1:* (uid flags)", "UID FETCH 1:* (UID FLAGS)"},
		{"FETCH 1 ALL", "FETCH 1 (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)"},
		{"FETCH 1 FAST", "FETCH 1 (FLAGS INTERNALDATE RFC822.SIZE)"},
		{"FETCH 1 FULL", "FETCH 1 (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY)"},
		{"FETCH $ (BODYSTRUCTURE body modseq EMAILID THREADID SAVEDATE)", "FETCH $ (BODY BODYSTRUCTURE MODSEQ EMAILID THREADID SAVEDATE)"},
		{"FETCH 1 BODY[]", "FETCH 1 (BODY[])"},
		{"FETCH 1 BODY.PEEK[1]<0.393216>", "FETCH 1 (BODY.PEEK[1]<0.393216>)"}, // iOS
		{"FETCH 1 (BODY[4.2.2.1] BODY[3.MIME] BODY[4.2.HEADER])", "FETCH 1 (BODY[4.2.2.1] BODY[3.MIME] BODY[4.2.HEADER])"},
		{"FETCH 1 body.peek[1.header.fields.not (To \"a b\" {2+}\r\ncc)]", `FETCH 1 (BODY.PEEK[1.HEADER.FIELDS.NOT (To "a b" cc)])`},
		{"FETCH 1 (RFC822 RFC822.HEADER RFC822.TEXT)", "FETCH 1 (RFC822 RFC822.HEADER RFC822.TEXT)"},
		{"FETCH 1 (RFC822.SIZE BINARY[1.2] BINARY.PEEK[]<5.10> BINARY.SIZE[1])",
			"FETCH 1 (RFC822.SIZE BINARY[1.2] BINARY.PEEK[]<5.10> BINARY.SIZE[1])"},
		{"FETCH 1 BODY[TEXT]<9223372036854775807.1>", "FETCH 1 (BODY[TEXT]<9223372036854775807.1>)"},
		// RFC 7162 §3.1.4.1, §3.2.6
		{"FETCH 1,2,3 (FLAGS) (CHANGEDSINCE 12345)", "FETCH 1:3 (FLAGS MODSEQ) since 12345"},
		{"UID FETCH 300:500 (FLAGS) (CHANGEDSINCE 12345 VANISHED)", "UID FETCH 300:500 (FLAGS MODSEQ) since 12345 vanished"},
		{"FETCH 1 FLAGS (CHANGEDSINCE 0)", "FETCH 1 (FLAGS MODSEQ) since 0"}, // iOS Mail 16.5
		{"FETCH 1 FLAGS (CHANGEDSINCE 1 VANISHED)", "!syntax"},
		{"UID FETCH 1 FLAGS (VANISHED)", "!syntax"},
		{"FETCH 1 FLAGS (FOO)", "!syntax"},
		// RFC 9394 §3.3
		{"UID FETCH 1:9 FLAGS (PARTIAL -1:-3)", "UID FETCH 1:9 (FLAGS) partial -1:-3"},
		{"UID FETCH 1:9 FLAGS (PARTIAL 9:3 CHANGEDSINCE 5)", "UID FETCH 1:9 (FLAGS MODSEQ) since 5 partial 9:3"},
		{"FETCH 1:9 FLAGS (PARTIAL 1:3)", "!syntax"},
		{"UID FETCH 1:9 FLAGS (PARTIAL 1:3 PARTIAL 1:3)", "!syntax"},
		{"UID FETCH 1:9 FLAGS (PARTIAL -1:3)", "!syntax"},
		{"UID FETCH 1:9 FLAGS (PARTIAL 1)", "!syntax"},
		// RFC 8970 §6
		{"FETCH 1 PREVIEW", "FETCH 1 (PREVIEW)"},
		{"FETCH 1 (RFC822.SIZE preview UID)", "FETCH 1 (UID RFC822.SIZE PREVIEW)"},
		{"FETCH 1:4 (ENVELOPE PREVIEW (lazy))", "FETCH 1:4 (ENVELOPE PREVIEW (LAZY))"},
		{"FETCH 1 PREVIEW (LAZY LAZY)", "FETCH 1 (PREVIEW (LAZY))"},
		{"FETCH 1 PREVIEW (LAZY) (CHANGEDSINCE 5)", "FETCH 1 (MODSEQ PREVIEW (LAZY)) since 5"},
		{"FETCH 1 PREVIEW (CHANGEDSINCE 5)", "FETCH 1 (MODSEQ PREVIEW) since 5"},
		{"FETCH 1 (PREVIEW (LAZY) PREVIEW)", "FETCH 1 (PREVIEW PREVIEW (LAZY))"},
		{"FETCH 1 (PREVIEW (EAGER))", "!syntax"},
		{"FETCH 1 (PREVIEW (LAZY EAGER))", "!syntax"},
		{"FETCH 1 (PREVIEW ())", "!syntax"},
		{"FETCH 1 PREVIEW (LAZY", "!syntax"},
		{"FETCH 1", "!syntax"},
		{"FETCH 1 ()", "!syntax"},
		{"FETCH 1 FOO", "!syntax"},
		{"FETCH 1 (ALL)", "!syntax"},
		{"FETCH 1 FOO[]", "!syntax"},
		{"FETCH 1 BODY[", "!syntax"},
		{"FETCH 1 BODY[MIME]", "!syntax"},
		{"FETCH 1 BODY[0]", "!syntax"},
		{"FETCH 1 BODY[1.]", "!syntax"},
		{"FETCH 1 BODY[1..2]", "!syntax"},
		{"FETCH 1 BODY[4294967296]", "!syntax"},
		{"FETCH 1 BODY[1.FOO]", "!syntax"},
		{"FETCH 1 BODY[HEADER.FIELDS]", "!syntax"},
		{"FETCH 1 BODY[HEADER.FIELDS ()]", "!syntax"},
		{"FETCH 1 BODY[HEADER.FIELDS ({3+}\r\na\r\n)]", "!syntax"},
		{"FETCH 1 BODY[HEADER.FIELDS (a b c d)]", "!limit"},
		{"FETCH 1 BODY[1.2.3.4.5]", "!limit"},
		{"FETCH 1 (BODY[] BODY[] BODY[] BODY[])", "!limit"},
		{"FETCH 1 BODY[]<0.0>", "!syntax"},
		{"FETCH 1 BODY[]<0>", "!syntax"},
		{"FETCH 1 BINARY[TEXT]", "!syntax"},
		{"FETCH 1 BINARY.SIZE[1]<0.1>", "!syntax"},
		{"FETCH 1 (FLAGS UID", "!syntax"},
	})
}

func TestSearch(t *testing.T) {
	o := testOptions(false)
	o.Limits = Limits{SearchKeys: 20}
	run(t, o, []parseTest{
		// RFC 9051 §6.4.4.4
		{`SEARCH RETURN (MIN COUNT) FLAGGED SINCE 1-Feb-1994 NOT FROM "Smith"`,
			`SEARCH true/1001 "" (FLAGGED SINCE 1-Feb-1994 NOT FROM "Smith")`},
		{`SEARCH RETURN () 1:*`, `SEARCH true/0100 "" 1:*`},
		{`SEARCH RETURN (SAVE) $`, `SEARCH true/10000 "" $`},
		{"SEARCH CHARSET UTF-8 TEXT {13}\r\nмать да", `SEARCH false/0000 "UTF-8" TEXT "мать да"`},
		{"UID SEARCH 5:9 NOT DELETED", `UID SEARCH false/0000 "" (5:9 NOT DELETED)`}, // K-9
		{"SEARCH ALL", `SEARCH false/0000 "" ALL`},
		{"SEARCH (ALL)", `SEARCH false/0000 "" ALL`},
		{"SEARCH (SEEN DRAFT) UNSEEN", `SEARCH false/0000 "" ((SEEN DRAFT) UNSEEN)`},
		{"SEARCH OR (SEEN 1) NOT OR NEW OLD", `SEARCH false/0000 "" OR (SEEN 1) NOT OR NEW OLD`},
		{"SEARCH KEYWORD $Junk UNKEYWORD x RECENT", `SEARCH false/0000 "" (KEYWORD $Junk UNKEYWORD x RECENT)`},
		{`SEARCH BEFORE 1-Jan-2000 ON "2-Jan-2000" SENTBEFORE 3-jan-2000 SENTON 4-Jan-2000 SENTSINCE 05-Jan-2000`,
			`SEARCH false/0000 "" (BEFORE 1-Jan-2000 ON 2-Jan-2000 SENTBEFORE 3-Jan-2000 SENTON 4-Jan-2000 SENTSINCE 5-Jan-2000)`},
		{"SEARCH SAVEDBEFORE 1-Jan-2000 SAVEDON 1-Jan-2000 SAVEDSINCE 1-Jan-2000 SAVEDATESUPPORTED",
			`SEARCH false/0000 "" (SAVEDBEFORE 1-Jan-2000 SAVEDON 1-Jan-2000 SAVEDSINCE 1-Jan-2000 SAVEDATESUPPORTED)`},
		{"SEARCH LARGER 9000000000 SMALLER 0 OLDER 5 YOUNGER 6", `SEARCH false/0000 "" (LARGER 9000000000 SMALLER 0 OLDER 5 YOUNGER 6)`},
		{`SEARCH FROM a TO b CC c BCC d SUBJECT e BODY f TEXT "g h"`,
			`SEARCH false/0000 "" (FROM "a" TO "b" CC "c" BCC "d" SUBJECT "e" BODY "f" TEXT "g h")`},
		{`SEARCH HEADER X-OfflineIMAP "" HEADER a b`, `SEARCH false/0000 "" (HEADER "X-OfflineIMAP" "" HEADER "a" "b")`},
		{"SEARCH EMAILID M6d99ac3275bb4e THREADID T64b478a75b7ea9", `SEARCH false/0000 "" (EMAILID M6d99ac3275bb4e THREADID T64b478a75b7ea9)`},
		// RFC 7162 §3.1.5
		{`SEARCH MODSEQ "/flags/\\draft" all 620162338`, `SEARCH false/0000 "" MODSEQ "/flags/\\draft" all 620162338`},
		{"SEARCH OR NOT MODSEQ 720162338 LARGER 50000", `SEARCH false/0000 "" OR NOT MODSEQ 720162338 LARGER 50000`},
		// RFC 9738 §3.2
		{"SEARCH UIDAFTER 25000", `SEARCH false/0000 "" UID 25001:4294967295`},
		{"SEARCH UIDAFTER 4294967295", `SEARCH false/0000 "" NOT ALL`},
		{"SEARCH UIDBEFORE 10", `SEARCH false/0000 "" UID 1:9`},
		{"SEARCH UIDBEFORE 1", `SEARCH false/0000 "" NOT ALL`},
		{"SEARCH UIDBEFORE 0", "!syntax"},
		{"SEARCH UIDAFTER *", "!syntax"},
		{"SEARCH UID 1:5,7:* ", `SEARCH false/0000 "" UID 1:5,7:*`},
		{`SEARCH SUBJECT "grün"`, `SEARCH false/0000 "" SUBJECT "grün"`}, // no CHARSET, as many clients send
		{"SEARCH CHARSET \"x-upper\" SUBJECT abc", `SEARCH false/0000 "x-upper" SUBJECT "ABC"`},
		{"SEARCH RETURN (ALL) CHARSET us-ascii SUBJECT abc", `SEARCH true/0100 "us-ascii" SUBJECT "abc"`},
		{"SEARCH RETURN (ALL) (SEEN)", `SEARCH true/0100 "" SEEN`},
		{"SEARCH RETURN (PARTIAL 1:0) ALL", "!syntax"},
		{"SEARCH RETURN (PARTIAL 1:-2) ALL", "!syntax"},
		{"SEARCH RETURN (PARTIAL 1:2 ALL) ALL", "!syntax"},
		{"SEARCH RETURN (PARTIAL) ALL", "!syntax"},
		// draft-ietf-morg-inthread-01
		{"UID SEARCH INTHREAD (SUBJECT meeting BODY fizzle)", `UID SEARCH false/0000 "" INTHREAD (SUBJECT "meeting" BODY "fizzle")`},
		{"UID SEARCH THREADROOT INTHREAD UNSEEN", `UID SEARCH false/0000 "" (THREADROOT INTHREAD UNSEEN)`},
		{"UID SEARCH INTHREAD MESSAGEID <4321.1234321@example.com>", `UID SEARCH false/0000 "" INTHREAD MESSAGEID "<4321.1234321@example.com>"`},
		{"SEARCH RETURN (THREAD=REFERENCES) THREADLEAF", `SEARCH true/0100 "" THREADLEAF`},
		{"SEARCH RETURN (THREAD=JWZ) THREADLEAF", "!syntax"},
		{"SEARCH MESSAGEID a@b", "!syntax"},
		{"SEARCH MESSAGEID <ab>", "!syntax"},
		{"SEARCH INTHREAD", "!syntax"},
		{"SEARCH CHARSET KOI8-R SUBJECT {3+}\r\nabc", "!charset"},
		{"SEARCH CHARSET KOI8-R SUBJECT {3}", "!charset"},
		{"SEARCH CHARSET x-upper SUBJECT bad", "!syntax"},
		{"SEARCH SUBJECT \"\xff\"", "!syntax"},
		{"SEARCH", "!syntax"},
		{"SEARCH ", "!syntax"},
		{"SEARCH FOO", "!syntax"},
		{"SEARCH ()", "!syntax"},
		{"SEARCH (SEEN", "!syntax"},
		{"SEARCH SEEN)", "!syntax"},
		{"SEARCH NOT", "!syntax"},
		{"SEARCH OR SEEN", "!syntax"},
		{"SEARCH RETURN (FOO) ALL", "!syntax"},
		{"SEARCH RETURN ALL", "!syntax"},
		{"SEARCH RETURN (ALL)", "!syntax"},
		{"SEARCH CHARSET UTF-8", "!syntax"},
		{"SEARCH ALL CHARSET UTF-8 ALL", "!syntax"},
		{"SEARCH BEFORE yesterday", "!syntax"},
		{"SEARCH OLDER 0", "!syntax"},
		{"SEARCH EMAILID a.b", "!syntax"},
		{"SEARCH MODSEQ \"/flags/x\" some 5", "!syntax"},
		{"SEARCH" + strings.Repeat(" ALL", 21), "!limit"},
		{"SEARCH " + strings.Repeat("NOT ", 60) + "ALL", "!limit"},
	})
	run(t, Options{}, []parseTest{
		{"SEARCH " + strings.Repeat("(", 60) + "ALL" + strings.Repeat(")", 60), "!limit"},
		{"SEARCH " + strings.Repeat("NOT ", 60) + "ALL", "!limit"},
		{"SEARCH " + strings.Repeat("NOT ", 40) + "ALL", `SEARCH false/0000 "" ` + strings.Repeat("NOT ", 40) + "ALL"},
	})
}

// appendAll runs an APPEND and gives its messages in one line.
func appendAll(t *testing.T, in string, o Options) (string, *wire.Decoder, error) {
	t.Helper()
	c, d, err := parse(in, o)
	if err != nil {
		return "", d, err
	}
	var got []string
	for {
		m, ok, err := c.(*Append).Next(d)
		if err != nil || !ok {
			return strings.Join(got, "; "), d, err
		}
		r, err := d.AcceptLiteral()
		if err != nil {
			return "", d, err
		}
		b, err := io.ReadAll(r)
		if err != nil {
			return "", d, err
		}
		s := strings.Join(m.Flags, ",") + " "
		if !m.Date.IsZero() {
			s += m.Date.Format(time.RFC3339)
		}
		if m.UTF8 {
			s += " utf8"
		}
		got = append(got, s+" "+string(b))
	}
}

func TestAppend(t *testing.T) {
	for in, want := range map[string]string{
		"a APPEND saved-messages (\\Seen) {5}\r\nhello\r\n":                                 `\Seen  hello`,
		"a APPEND x {5+}\r\nhello \r\n":                                                     `  hello`,
		"a APPEND x (\\Seen $a) \"17-Jul-1996 02:44:25 -0700\" ~{3+}\r\n\x00b\n\r\n":        "\\Seen,$a 1996-07-17T02:44:25-07:00 \x00b\n",
		"a APPEND x \" 7-Jul-1996 02:44:25 +0000\" {0+}\r\n\r\n":                            "1996-07-07T02:44:25Z ",
		"a APPEND \"saved messages\" (\\Seen) {3}\r\nabc (\\Draft) {2+}\r\nde {1}\r\nf\r\n": `\Seen  abc; \Draft  de;   f`, // RFC 3502
		"a APPEND x (\\Seen) UTF8 (~{3+}\r\nabc)\r\n":                                       `\Seen  utf8 abc`,             // RFC 6855 §4, Thunderbird
		"a APPEND x utf8 (~{3}\r\nabc) {2}\r\nde UTF8 (~{1}\r\nf)\r\n":                      `utf8 abc;   de;   utf8 f`,
		"a APPEND x (\\Recent \\Seen) {1+}\r\nx\r\n":                                        `\Seen  x`,
		"a APPEND {1+}\r\nx {1+}\r\ny\r\n":                                                  `  y`,
	} {
		got, d, err := appendAll(t, in+"z NOOP\r\n", Options{})
		want = strings.TrimSpace(want)
		if err != nil || strings.TrimSpace(got) != want {
			t.Errorf("%q: %q, want %q, %v", in, got, want, err)
		}
		next(t, d)
	}
	for _, in := range []string{
		"a APPEND x\r\n", "a APPEND x (\\Seen)\r\n", "a APPEND x foo\r\n", "a APPEND x \"yesterday\" {3+}\r\nabc\r\n",
		"a APPEND x {3+}\r\nabc)\r\n", "a APPEND x UTF8 (~{3+}\r\nabc\r\n", "a APPEND x UTF8 ({3+}\r\nabc)\r\n",
		"a APPEND x CATENATE (TEXT {3+}\r\nabc)\r\n", "a APPEND x {3+}\r\nabc foo {4+}\r\ndefg\r\n", "a APPEND x {3+} \r\n",
		"a APPEND x (\\Seen {3}\r\n", "a APPEND &x {8+}\r\nb EVIL\r\n\r\n", "a APPEND x {1+}\r\na {1+}\r\nb {1+}\r\nc\r\n",
	} {
		got, d, err := appendAll(t, in+"z NOOP\r\n", Options{Limits: Limits{AppendMessages: 2}})
		if err == nil {
			t.Errorf("%q: %q", in, got)
		}
		next(t, d)
	}
}

// next holds that the decoder finds the command behind a finished one.
func next(t *testing.T, d *wire.Decoder) {
	t.Helper()
	if err := d.Finish(); err != nil {
		t.Errorf("Finish: %v", err)
	} else if err := d.Begin(); err != nil || string(d.Rest()) != "z NOOP" {
		t.Errorf("out of step: %v", err)
	}
}
