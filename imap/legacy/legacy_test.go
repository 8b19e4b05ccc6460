package legacy

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/imap/wire"
)

// decode gives a decoder behind the tag of a command.
func decode(t testing.TB, line string) (*wire.Decoder, string) {
	t.Helper()
	d := wire.NewDecoder(strings.NewReader(line), wire.DecoderOptions{Continue: func() error { return nil }})
	if err := d.Begin(); err != nil {
		return d, ""
	}
	_, name, _ := command.ParseHeader(d)
	return d, name
}

// parse reads a command as a client of a dialect means it.
func parse(d *wire.Decoder, name string, dialect Dialect) (command.Command, error) {
	o := command.Options{Older: Items{}}
	switch name {
	case "FIND":
		return ParseFind(d, dialect, o)
	case "PARTIAL":
		return ParsePartial(d, o)
	case "SUBSCRIBE":
		c, _, err := ParseSubscribe(d, name, o)
		return c, err
	case "SELECT", "BBOARD":
		return ParseSelect(d, o)
	case "COPY":
		return ParseCopy(d, o)
	case "FETCH":
		return ParseFetch(d, IndexableFields, o)
	case "STORE":
		return ParseStore(d, o)
	case "SEARCH":
		return ParseSearch(d, dialect, o)
	case "SELECT.VERSION":
		return ParseSelectVersion(d)
	case "SELECT.FEATURES":
		return ParseSelectFeatures(d)
	case "SET.FLAGS":
		return ParseSetFlags(d, 3)
	case "ADD.MESSAGE":
		return ParseAddMessage(d, o)
	case "SEND":
		return ParseSend(d, "Outbox", o)
	}
	return command.Parse(d, name, o)
}

func TestParsers(t *testing.T) {
	for _, c := range []struct {
		line    string
		dialect Dialect
		ok      bool
	}{
		{"a FIND MAILBOXES *", IMAP4, true},
		{"a FIND ALL.BBOARDS \"a b*\"", IMAP2bis, true},
		{"a FIND MAILBOXES", IMAP2, false},
		{"a FIND OTHERS *", IMAP2, false},
		{"a FIND MAILBOXES /usr/mail/(x)", IMAP2, true},
		{"a FIND MAILBOXES /usr/mail/(x)", IMAP4, false},
		{"a PARTIAL 1 BODY[1.2.0] 1 10", IMAP4, true},
		{"a PARTIAL 1 BODY[]<0.5> 1 10", IMAP4, false},
		{"a PARTIAL 1 RFC822.HEADER.LINES (a) 1 10", IMAP4, false},
		{"a PARTIAL 1 BINARY[1] 1 10", IMAP4, false},
		{"a PARTIAL 1:2 RFC822 1 10", IMAP4, false},
		{"a SUBSCRIBE MAILBOX ", IMAP4, true},
		{"a SUBSCRIBE BBOARD x y", IMAP4, false},
		{"a SELECT a\\b", IMAP2, true},
		{"a SELECT \"a\\\"", IMAP2, true},
		{"a COPY 1,3:5 x", IMAP2, true},
		{"a COPY * x", IMAP2, false},
		{"a COPY $ x", IMAP2, false},
		{"a FETCH 1 ALL RFC822.TEXT", IMAP3, true},
		{"a FETCH 1 (BODY 0:9 X-MINE)", IMAP3, true},
		{"a FETCH 1 BODY 9:1", IMAP3, false},
		{"a FETCH 1 (TO TO)", IMAP3, false},
		{"a FETCH 1 ()", IMAP3, false},
		{"a FETCH 1 \"x y\"", IMAP3, false},
		{"a STORE 1 +flags \\Seen", IMAP3, true},
		{"a STORE 1 SUBJECT x", IMAP3, false},
		{"a SEARCH ~FROM x ~UNSEEN ON 1-Jan-90", IMAP3, true},
		{"a SEARCH ~FROM x", IMAP2, false},
		{"a SEARCH X-FIELD x", IMAP2, false},
		{"a SEARCH KEYWORD (", IMAP2, false},
		{"a SEARCH", IMAP2, false},
		{"a SELECT.VERSION (3 0)", IMAP2, true},
		{"a SELECT.VERSION 3 0", IMAP2, false},
		{"a SELECT.FEATURES ~ADD.MESSAGE x", IMAP3, true},
		{"a SELECT.FEATURES", IMAP3, false},
		{"a SET.FLAGS (a b \\Seen c)", IMAP3, true},
		{"a SET.FLAGS (a b c d)", IMAP3, false},
		{"a ADD.MESSAGE x RFC822 {5}", IMAP3, true},
		{"a ADD.MESSAGE x RFC822 \"5\"", IMAP3, false},
		{"a ADD.MESSAGE x MIME {5}", IMAP3, false},
		{"a SEND RFC822 {5}", IMAP3, true},
		{"a SEND RFC822 x", IMAP3, false},
		{"a SEND {5}", IMAP3, false},
	} {
		d, name := decode(t, c.line+"\r\n")
		if _, err := parse(d, name, c.dialect); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.line, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, line := range []string{
		"a FIND ALL.MAILBOXES \"*%?\\\\*\"\r\n", "a PARTIAL 1 BODY.PEEK[1.0] 2 3\r\n", "a SEARCH ~FROM {1+}\r\nx HEADER \"y\" SINCE \"1-Oct-87\"\r\n",
		"a FETCH 1:3 ($TO BODY 1:2 SIZE)\r\n", "a SUBSCRIBE MAILBOX {1+}\r\nx\r\n", "a SELECT.FEATURES ~A B\r\n", "a SET.FLAGS (\\Seen a)\r\n",
		"a STORE 1 -FLAGS a b\r\n", "a ADD.MESSAGE x RFC822 {1}\r\n", "a SEND RFC822 {1}\r\n", "a APPEND x \" 1-Jan-90 00:00:00-PST\" {1}\r\n", "a BBOARD \"x\r\n",
	} {
		for dialect := IMAP4; dialect <= IMAP3; dialect++ {
			f.Add(line, byte(dialect))
		}
	}
	f.Fuzz(func(t *testing.T, line string, dialect byte) {
		d, name := decode(t, line)
		c, err := parse(d, name, Dialect(dialect)%(IMAP3+1))
		if err == nil {
			_ = c.LogValue()
		}
		_ = d.Finish()
	})
}

func TestPattern(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		dialect       Dialect
		want          bool
	}{
		{"FOO*BAR", "FOOBAR", IMAP2, true}, {"FOO*BAR", "FOOD.ON.THE.BAR", IMAP2, true}, {"FOO%BAR", "FOO.BAR", IMAP2, true},
		{"FOO%BAR", "FOOBAR", IMAP2, false}, {"*", "", IMAP2, true}, {"?", "ä", IMAP4, true}, {"?", "a", IMAP2, false},
		{`\*x`, "*x", IMAP3, true}, {`\*x`, "yx", IMAP3, false}, {"a*b*c", "aXbYbZc", IMAP4, true}, {"a*b*c", "aXbYbZ", IMAP4, false},
	} {
		if got := newPattern(c.pattern, c.dialect).Match(c.name); got != c.want {
			t.Errorf("%s matches %s: %v", c.pattern, c.name, got)
		}
	}
}

func TestDates(t *testing.T) {
	for in, want := range map[string]string{
		" 9-Jun-88 12:55:44-PDT":    `" 9-Jun-88 12:55:44-PDT"`,
		"9-Jun-1988 12:55:44 EST":   `" 9-Jun-88 12:55:44-CDT"`,
		" 1-Jan-2026 00:00:00-GMT":  `" 1-Jan-2026 00:00:00-GMT"`,
		"31-Dec-99 23:59:59-M":      `"31-Dec-99 11:59:59-GMT"`,
		" 1-Jan-90 00:00:00-XYZ":    "",
		" 1-Jan-90":                 "",
		"99-Jan-90 00:00:00-GMT":    "",
		"17-Jul-1996 02:44:25-0700": "",
	} {
		when, ok := Items{}.DateTime([]byte(in))
		if ok != (want != "") || ok && string(appendDateTime(nil, when)) != want {
			t.Errorf("%q: %s %v", in, appendDateTime(nil, when), ok)
		}
	}
	if d, ok := (Items{}).Date([]byte("1-Oct-87")); !ok || d != (imap.Date{Year: 1987, Month: time.October, Day: 1}) {
		t.Error(d, ok)
	}
	if _, ok := (Items{}).Date([]byte("-87")); ok {
		t.Error("a date without day and month")
	}
}

// responses are what a session may write.
const responses = "* FLAGS (\\Seen)\r\n* OK [UIDVALIDITY 1] x\r\n* 3 EXISTS\r\n+ Ready\r\na1 NO [TRYCREATE] none {3}\r\n" +
	"* 1 FETCH (FLAGS (\\Seen) INTERNALDATE \" 9-Jun-1988 12:55:44 -0700\" RFC822.SIZE 44 ENVELOPE (NIL \"a \\\"b\\\\\" ((NIL NIL {1}\r\nx \"y\")) NIL) " +
	"SUBJECT {14}\r\nSubject: ab\r\n\r BODY[HEADER.FIELDS (\"a]b\" c)] {4}\r\na)\r\n)\r\n* MAILBOX {2}\r\nab\r\na1 OK [READ-WRITE] done\r\n* BYE x\r\n"

// TestShaperPieces writes responses in pieces of every length, which makes no
// difference.
func TestShaperPieces(t *testing.T) {
	for d := IMAP2bis; d <= IMAP3; d++ {
		whole := shaped(d, []byte(responses), len(responses))
		for n := 1; n < 40; n++ {
			if got := shaped(d, []byte(responses), n); !bytes.Equal(got, whole) {
				t.Fatalf("pieces of %d octets: %q, whole %q", n, got, whole)
			}
		}
	}
	got := string(shaped(IMAP3, []byte(responses), 7))
	for _, want := range []string{"a1 NO none {3}\r\na1 1 STORE (FLAGS", `INTERNALDATE " 9-Jun-88 12:55:44-PDT" SIZE 44 ENVELOPE (NIL {5}` + "\r\na \"b\\ ((NIL NIL {1}\r\nx \"y\" NIL)) NIL) SUBJECT \"ab\"", "{4}\r\na)\r\n)\r\n", "a1 MAILBOX {2}\r\nab\r\na1 OK [READ-WRITE] done\r\na1 BYE x"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
}

func shaped(d Dialect, text []byte, n int) []byte {
	var out bytes.Buffer
	s := NewShaper(&out, d)
	s.Tag, s.Fetch = "a1", &Fetch{Keys: []Key{{Name: "SUBJECT", Field: true}, {Name: "SIZE"}}}
	for len(text) > 0 {
		k := min(n, len(text))
		_, _ = s.Write(text[:k])
		text = text[k:]
	}
	return out.Bytes()
}

// FuzzShaper writes anything: the pieces in which it comes make no difference.
func FuzzShaper(f *testing.F) {
	f.Add([]byte("* OK [CAPABILITY IMAP4rev1] ready\r\n* OK [UNSEEN 1] x\r\n"), byte(IMAP2), byte(2))
	f.Add([]byte(responses), byte(IMAP3), byte(3))
	f.Add([]byte("* 1 FETCH (BODY[] {99999999999}\r\nx"), byte(IMAP2), byte(1))
	f.Fuzz(func(t *testing.T, text []byte, dialect, n byte) {
		d := IMAP2bis + Dialect(dialect)%3
		if got, whole := shaped(d, text, int(n)+1), shaped(d, text, len(text)+1); !bytes.Equal(got, whole) {
			t.Fatalf("%q, whole %q", got, whole)
		}
	})
}
