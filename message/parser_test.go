package message

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// crlf writes a message of a test in the form of the wire.
func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

// checkMessage verifies what holds for every message: the parts nest and stand
// in order, the wire forms are legal, and the summary tells the same.
func checkMessage(raw []byte, m *Message) error {
	if m.Size != int64(len(raw)) {
		return fmt.Errorf("size is %d, want %d", m.Size, len(raw))
	}
	if m.Root.HeaderStart != 0 || m.Root.BodyEnd != m.Size {
		return fmt.Errorf("root is %d..%d of %d", m.Root.HeaderStart, m.Root.BodyEnd, m.Size)
	}
	if err := checkPart(raw, m.Root); err != nil {
		return err
	}
	s := Summary(m.AppendSummary(nil))
	if err := s.Valid(); err != nil {
		return err
	}
	if err := checkWire(s.Envelope(), (*wireChecker).envelope); err != nil {
		return fmt.Errorf("ENVELOPE: %w in %q", err, s.Envelope())
	}
	if err := checkWire(s.BodyStructure(), func(c *wireChecker) { c.body(true) }); err != nil {
		return fmt.Errorf("BODYSTRUCTURE: %w in %q", err, s.BodyStructure())
	}
	body := m.Root.AppendBodyStructure(nil, false)
	if err := checkWire(body, func(c *wireChecker) { c.body(false) }); err != nil {
		return fmt.Errorf("BODY: %w in %q", err, body)
	}
	if got := s.AppendBody(nil); !bytes.Equal(got, body) {
		return fmt.Errorf("AppendBody = %q, want %q", got, body)
	}
	if s.Size() != m.Size || s.HeaderSize() != m.HeaderSize() {
		return fmt.Errorf("summary has size %d, header %d", s.Size(), s.HeaderSize())
	}
	return checkSummaryParts(s, m)
}

func checkPart(raw []byte, p *Part) error {
	if p.HeaderStart > p.BodyStart || p.BodyStart > p.BodyEnd || p.Lines < 0 {
		return fmt.Errorf("part %d..%d..%d with %d lines", p.HeaderStart, p.BodyStart, p.BodyEnd, p.Lines)
	}
	if n := int64(bytes.Count(raw[p.BodyStart:p.BodyEnd], []byte{'\n'})); n != p.Lines {
		return fmt.Errorf("part at %d has %d lines, want %d", p.HeaderStart, p.Lines, n)
	}
	if p.IsMessage() && (len(p.Children) != 1 || p.Children[0].Envelope == nil) {
		return fmt.Errorf("message part with %d children", len(p.Children))
	}
	if !p.IsMessage() && !p.IsMultipart() && len(p.Children) > 0 {
		return fmt.Errorf("leaf %s/%s with children", p.Type, p.Subtype)
	}
	at := p.BodyStart
	for _, c := range p.Children {
		if c.HeaderStart < at || c.BodyEnd > p.BodyEnd {
			return fmt.Errorf("child %d..%d leaves parent %d..%d", c.HeaderStart, c.BodyEnd, at, p.BodyEnd)
		}
		if p.IsMessage() && (c.HeaderStart != p.BodyStart || c.BodyEnd != p.BodyEnd) {
			return fmt.Errorf("message %d..%d is not the body %d..%d", c.HeaderStart, c.BodyEnd, p.BodyStart, p.BodyEnd)
		}
		if err := checkPart(raw, c); err != nil {
			return err
		}
		at = c.BodyEnd
	}
	return nil
}

// checkSummaryParts compares the summary's parts, by order and by path, with
// the tree.
func checkSummaryParts(s Summary, m *Message) error {
	var infos []PartInfo
	for p := range s.Parts() {
		infos = append(infos, p)
	}
	i := 0
	var walk func(p *Part, path []int, inMessage bool) error
	walk = func(p *Part, path []int, inMessage bool) error {
		if i >= len(infos) {
			return fmt.Errorf("only %d parts", len(infos))
		}
		info := infos[i]
		i++
		if info.Type != p.Type || info.Subtype != p.Subtype || info.Lines != p.Lines ||
			info.MIME != (Range{p.HeaderStart, p.BodyStart}) || info.Body != (Range{p.BodyStart, p.BodyEnd}) {
			return fmt.Errorf("part %v is %+v", path, info)
		}
		if i < 100 {
			own := path
			if inMessage && !p.IsMultipart() {
				own = append(own[:len(own):len(own)], 1)
			}
			if len(own) > 0 && !(inMessage && p.IsMultipart()) {
				got, ok := s.Part(own)
				got.Depth = info.Depth
				if !ok || got != info {
					return fmt.Errorf("Part(%v) = %+v %v, want %+v", own, got, ok, info)
				}
			}
			path = own
		}
		for n, c := range p.Children {
			next := path
			if p.IsMultipart() {
				next = append(path[:len(path):len(path)], n+1)
			}
			if err := walk(c, next, p.IsMessage()); err != nil {
				return err
			}
		}
		return nil
	}
	if err := walk(m.Root, nil, true); err != nil {
		return err
	}
	if i != len(infos) {
		return fmt.Errorf("%d parts, want %d", len(infos), i)
	}
	return nil
}

func parseChunks(raw []byte, size func() int, l Limits) *Message {
	p := NewParser(l)
	for len(raw) > 0 {
		n := max(1, min(size(), len(raw)))
		chunk := bytes.Clone(raw[:n])
		_, _ = p.Write(chunk)
		for i := range chunk {
			chunk[i] = 0xAA // the parser must not keep it
		}
		raw = raw[n:]
	}
	return p.Finish()
}

var structureTests = []struct {
	name, in, want string // want is BODYSTRUCTURE
}{
	{"empty", "", `("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL)`},
	{"plain", "Subject: x\n\nHello\nWorld\n", `("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 14 2 NIL NIL NIL NIL)`},
	{"header only", "Subject: x\n", `("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL)`},
	{"no last line end", "A: b\n\nHello", `("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 5 0 NIL NIL NIL NIL)`},
	{"RFC 9051 §7.5.2", `Content-Type: MULTIPART/MIXED; boundary="b"

--b
Content-Type: TEXT/PLAIN; CHARSET=US-ASCII

one
two
--b
Content-Type: text/plain; charset="US-ASCII"; name="cc.diff"
Content-ID: <960723163407.20117h@cac.washington.edu>
Content-Description: Compiler diff
Content-Transfer-Encoding: BASE64

AAAA
--b--
`, `(("text" "plain" ("charset" "US-ASCII") NIL NIL "7bit" 8 1 NIL NIL NIL NIL)` +
		`("text" "plain" ("charset" "US-ASCII" "name" "cc.diff") "<960723163407.20117h@cac.washington.edu>" "Compiler diff" "base64" 4 0 NIL NIL NIL NIL)` +
		` "mixed" ("boundary" "b") NIL NIL NIL)`},
	{"all extension fields", `Content-Type: application/pdf
Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==
Content-Disposition: attachment; filename="a \"b\".pdf"; size=12
Content-Language: en, de (Deutsch)
Content-Location: http://example.com/
 a.pdf

x`, `("application" "pdf" NIL NIL NIL "7bit" 1 "Q2hlY2sgSW50ZWdyaXR5IQ==" ("attachment" ("filename" "a \"b\".pdf" "size" "12")) ("en" "de") "http://example.com/a.pdf")`},
	{"no final boundary", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\n\ny\n",
		`(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 0 NIL NIL NIL NIL)` +
			`("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3 1 NIL NIL NIL NIL) "mixed" ("boundary" "b") NIL NIL NIL)`},
	{"no boundary parameter", "Content-Type: multipart/mixed\n\n--b\n\nx\n",
		`(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 10 3 NIL NIL NIL NIL) "mixed" NIL NIL NIL NIL)`},
	{"boundary not in body", "Content-Type: multipart/mixed; boundary=b\n\nhello\n",
		`(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 7 1 NIL NIL NIL NIL) "mixed" ("boundary" "b") NIL NIL NIL)`},
	{"closed at once", "Content-Type: multipart/mixed; boundary=b\n\n--b--\n",
		`(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 7 1 NIL NIL NIL NIL) "mixed" ("boundary" "b") NIL NIL NIL)`},
	{"parts without header or body", "Content-Type: multipart/mixed; boundary=b\n\n--b\n--b\n\n--b\nContent-Type: text/html\n--b--\n",
		`(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL)` +
			`("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL)` +
			`("text" "html" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL) "mixed" ("boundary" "b") NIL NIL NIL)`},
	{"outer boundary ends inner parts", `Content-Type: multipart/mixed; boundary=out

--out
Content-Type: multipart/alternative; boundary=in

--in

x
--out

y
--in
--out--
`, `((("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 0 NIL NIL NIL NIL) "alternative" ("boundary" "in") NIL NIL NIL)` +
		`("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 7 1 NIL NIL NIL NIL) "mixed" ("boundary" "out") NIL NIL NIL)`},
	{"a boundary that starts with the outer one", `Content-Type: multipart/mixed; boundary=b

--b
Content-Type: multipart/alternative; boundary=b1

--b1

x
--b1--
--b

y
--b--
`, `((("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 0 NIL NIL NIL NIL) "alternative" ("boundary" "b1") NIL NIL NIL)` +
		`("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 0 NIL NIL NIL NIL) "mixed" ("boundary" "b") NIL NIL NIL)`},
	{"a boundary that ends with a space", "Content-Type: multipart/mixed; boundary=\"b \"\n\n--b \n\nx\n--b\n\ny\n--b --\n",
		`(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 0 NIL NIL NIL NIL)` +
			`("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 0 NIL NIL NIL NIL) "mixed" ("boundary" "b ") NIL NIL NIL)`},
	{"a boundary that has lost its space", "Content-Type: multipart/mixed; boundary=\"b \"\n\n--b\n\nx\n--b--\ny\n",
		`(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 0 NIL NIL NIL NIL) "mixed" ("boundary" "b ") NIL NIL NIL)`},
	{"epilogue holds the boundary again", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n--b\n\ny\n",
		`(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 0 NIL NIL NIL NIL) "mixed" ("boundary" "b") NIL NIL NIL)`},
	{"digest", `Content-Type: multipart/digest; boundary=b

--b

Subject: one
From: a@example.com

hi
--b
Content-Type: text/plain

x
--b--
`, `(("message" "rfc822" NIL NIL NIL "7bit" 39 ` +
		`(NIL "one" ((NIL NIL "a" "example.com")) ((NIL NIL "a" "example.com")) ((NIL NIL "a" "example.com")) NIL NIL NIL NIL NIL) ` +
		`("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 2 0 NIL NIL NIL NIL) 3 NIL NIL NIL NIL)` +
		`("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 0 NIL NIL NIL NIL) "digest" ("boundary" "b") NIL NIL NIL)`},
	{"message without body", "Content-Type: message/rfc822\n",
		`("message" "rfc822" NIL NIL NIL "7bit" 0 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) ` +
			`("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL) 0 NIL NIL NIL NIL)`},
	{"broken types", "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: foo\n\n--b\nContent-Type: text\n\n--b\n" +
		"Content-Type: te\xffxt/plain\n\n--b\nContent-Type: ; charset=x\n\n--b\nContent-Type: text/html; charset=utf-8 name=x; ;junk; a=\n\n--b--",
		`(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL)` +
			`("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL)` +
			`("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL)` +
			`("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL)` +
			`("text" "html" ("charset" "utf-8" "name" "x" "a" "") NIL NIL "7bit" 0 0 NIL NIL NIL NIL)` +
			` "mixed" ("boundary" "b") NIL NIL NIL)`},
	{"RFC 2231 §3, §4, §4.1", `Content-Type: application/x-stuff;
 title*0*=us-ascii'en'This%20is%20even%20more%20;
 title*1*=%2A%2A%2Afun%2A%2A%2A%20;
 title*2="isn't it!"; url*1="b"; url*0=a;
 name*=iso-8859-1''Gr%FC%DFe.txt

`, `("application" "x-stuff" ("title*" "utf-8'en'This%20is%20even%20more%20%2A%2A%2Afun%2A%2A%2A%20isn%27t%20it!" "url" "ab" "name*" "utf-8''Gr%C3%BC%C3%9Fe.txt") NIL NIL "7bit" 0 NIL NIL NIL NIL)`},
	{"8-bit parameter", "Content-Type: image/png; name=\"gr\xc3\xbcn.png\"\nContent-Description: a\x00b\n\n",
		"(\"image\" \"png\" (\"name\" {9}\r\ngr\xc3\xbcn.png) NIL \"a?b\" \"7bit\" 0 NIL NIL NIL NIL)"},
}

func TestBodyStructure(t *testing.T) {
	for _, c := range structureTests {
		t.Run(c.name, func(t *testing.T) {
			raw := []byte(crlf(c.in))
			m := Parse(raw)
			if got := string(m.Root.AppendBodyStructure(nil, true)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if err := checkMessage(raw, m); err != nil {
				t.Error(err)
			}
			// With bare line ends the structure is the same but for sizes.
			raw = []byte(c.in)
			if err := checkMessage(raw, Parse(raw)); err != nil {
				t.Errorf("with bare LF: %v", err)
			}
		})
	}
}

func TestOffsets(t *testing.T) {
	raw := []byte("Content-Type: multipart/mixed; boundary=b\n\npre\r\n--b\nA: b\n\none\r\r\n--b  \r\n\ntwo\n\n--b--\nend")
	m := Parse(raw)
	var got []string
	for _, p := range m.Root.Children {
		got = append(got, string(raw[p.HeaderStart:p.BodyStart])+"|"+string(raw[p.BodyStart:p.BodyEnd]))
	}
	want := []string{"A: b\n\n|one\r", "\n|two\n"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLimits(t *testing.T) {
	deep := &strings.Builder{}
	for i := range 300 {
		fmt.Fprintf(deep, "Content-Type: multipart/mixed; boundary=b%d.\n\n--b%d.\n", i, i)
	}
	nested := strings.Repeat("Content-Type: message/rfc822\n\n", 300)
	many := "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n\nx\n", 20000) + "--b--\n"
	long := "Subject: " + strings.Repeat("x", 1<<20) + "\nFrom: a@example.com\n\nbody\n"
	for name, c := range map[string]struct {
		in    string
		check func(m *Message) bool
	}{
		"deep":   {deep.String(), func(m *Message) bool { return depthOf(m.Root) == 128 }},
		"nested": {nested, func(m *Message) bool { return depthOf(m.Root) == 128 }},
		"many":   {many, func(m *Message) bool { return len(m.Root.Children) == 16384-1 }},
		"long": {long, func(m *Message) bool {
			return m.Truncated && len(m.Root.Envelope.Subject) == 256<<10 && len(m.Root.Envelope.From) > 0
		}},
	} {
		m := Parse([]byte(c.in))
		if !c.check(m) {
			t.Errorf("%s: depth %d, children %d", name, depthOf(m.Root), len(m.Root.Children))
		}
		if err := checkMessage([]byte(c.in), m); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A message made to swell must not make a summary of another order of size.
func TestSummaryIsBounded(t *testing.T) {
	addresses := strings.Repeat("a,", 4000)
	inner := "--b\nContent-Type: message/rfc822\n\nFrom: " + addresses + "\nTo: " + addresses + "\n\nx\n"
	for name, in := range map[string]string{
		"one list":      "From: " + strings.Repeat("a,", 1<<20) + "\n\n",
		"one group":     "From: g:" + strings.Repeat("a,", 1<<20) + "\n\n",
		"empty fields":  strings.Repeat("To:\n", 1<<20) + "\n",
		"many fields":   strings.Repeat("From: "+addresses+"\n", 1000) + "\n",
		"many messages": "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat(inner, 2000),
		"parameters":    "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\nContent-Type: a/b; n*="+strings.Repeat("\xff", 9000)+"''\n\n", 2000),
	} {
		m := Parse([]byte(in))
		if err := checkMessage([]byte(in), m); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if n := len(m.AppendSummary(nil)); n > 20<<20 {
			t.Errorf("%s: summary of %d octets", name, n)
		}
	}
}

func depthOf(p *Part) int {
	d := 0
	for _, c := range p.Children {
		d = max(d, depthOf(c))
	}
	return d + 1
}

func FuzzParser(f *testing.F) {
	for _, c := range structureTests {
		f.Add([]byte(c.in), uint16(1))
		f.Add([]byte(crlf(c.in)), uint16(7))
	}
	files, _ := filepath.Glob("testdata/*.eml")
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw, uint16(len(raw)))
	}
	f.Add([]byte("From: =?utf-8?Q?a,b?= <x@y>, z:;\nDate: 1 Jan 2000\nReferences: <a> <b>\n\n"), uint16(3))
	f.Fuzz(func(t *testing.T, raw []byte, seed uint16) {
		small := Limits{Parts: 20, Depth: 5, FieldBytes: 300, PartHeaderBytes: 600, HeaderBytes: 2000}
		for _, l := range []Limits{{}, small} {
			m := parseChunks(raw, func() int { return len(raw) }, l)
			if err := checkMessage(raw, m); err != nil {
				t.Fatal(err)
			}
			state := uint32(seed)
			random := parseChunks(raw, func() int {
				state = state*1664525 + 1013904223
				return int(state>>16) % (1 + int(seed)%2048)
			}, l)
			if !reflect.DeepEqual(m, random) {
				t.Fatalf("chunks make a difference:\n%+v\n%+v", m.Root, random.Root)
			}
		}
	})
}
