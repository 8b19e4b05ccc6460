package wire

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante/imap"
)

func encode(utf8 bool, f func(*Encoder)) string {
	var b bytes.Buffer
	e := NewEncoder(&b, EncoderOptions{Buffers: NewBuffers(64)})
	e.SetUTF8(utf8)
	f(e)
	if e.Flush() != nil {
		return "error: " + e.Err().Error()
	}
	e.Release()
	return b.String()
}

func TestEncoder(t *testing.T) {
	long := strings.Repeat("x", 500)
	set, _ := imap.ParseNumSet([]byte("5,1:3,9:*"), 0)
	for _, c := range []struct {
		want string
		f    func(*Encoder)
	}{
		{"* 23 EXISTS\r\n", func(e *Encoder) { e.Untagged().Number(23).SP().Raw("EXISTS").CRLF() }},
		{`"a b"`, func(e *Encoder) { e.String("a b") }},
		{`""`, func(e *Encoder) { e.String("") }},
		{`"a\"\\"`, func(e *Encoder) { e.String(`a"\`) }},
		{"{2}\r\na\n", func(e *Encoder) { e.String("a\n") }},
		{"{3}\r\na\x80b", func(e *Encoder) { e.String("a\x00b") }},
		{"{2}\r\nü", func(e *Encoder) { e.String("ü") }},
		{`"` + long + `"`, func(e *Encoder) { e.String(long) }},
		{"{1500}\r\n" + long + long + long, func(e *Encoder) { e.String(long + long + long) }},
		{"NIL", func(e *Encoder) { e.NString("x", false) }},
		{`"x"`, func(e *Encoder) { e.NString("x", true) }},
		{"abc]", func(e *Encoder) { e.AString("abc]") }},
		{`"nil"`, func(e *Encoder) { e.AString("nil") }},
		{`"a]"`, func(e *Encoder) { e.Atom("a]") }},
		{`"INBOX"`, func(e *Encoder) { e.Mailbox("INBOX") }},
		{`"Entw&APw-rfe/a&-b"`, func(e *Encoder) { e.Mailbox("Entwürfe/a&b") }},
		{`(\Seen $Junk \*)`, func(e *Encoder) { e.Flags([]string{`\Seen`, "bad flag", "$Junk", `\*`, "", `\`}) }},
		{"1:3,5,9:*", func(e *Encoder) { e.NumSet(set) }},
		{"{5}\r\na\x00b\r\n", func(e *Encoder) { e.LiteralBytes([]byte("a\x00b\r\n")) }},
		{"~{2}\r\n\x00\x01", func(e *Encoder) { e.Literal8Bytes([]byte{0, 1}) }},
		{"{500}\r\n" + long, func(e *Encoder) { e.Literal(500, strings.NewReader(long)) }},
		{"{400}\r\n" + long[:400], func(e *Encoder) { e.Literal(400, strings.NewReader(long)) }},
		{"~{500}\r\n" + long, func(e *Encoder) { e.Literal8To(500, strings.NewReader(long)) }},
		{"{500}\r\n" + long, func(e *Encoder) { e.LiteralTo(500, strings.NewReader(long)) }},
		{`" 1-Feb-2000 10:20:30 +0000"`, func(e *Encoder) { e.DateTime(time.Date(2000, 2, 1, 10, 20, 30, 0, time.UTC)) }},
		{"a OK [READ-ONLY] done\r\n", func(e *Encoder) {
			e.Status("a", imap.StatusResponse{Type: imap.StatusOK, Code: imap.CodeReadOnly, Text: "done"})
		}},
		{"* BYE x  y?\r\n", func(e *Encoder) { e.Status("*", imap.StatusResponse{Type: imap.StatusBye, Text: "x\r\ny\xff"}) }},
		{"a OK [HIGHESTMODSEQ 5] -\r\n", func(e *Encoder) {
			e.Status("a", imap.StatusResponse{Type: imap.StatusOK, Code: imap.CodeHighestModSeq(5)})
		}},
		{"+ idling\r\n", func(e *Encoder) { e.Continue("idling") }},
		{"+ \r\n", func(e *Encoder) { e.Continue("") }},
		{strings.Repeat("abcdefg ", 100), func(e *Encoder) {
			for range 100 {
				e.Raw("abc").Raw("defg").SP()
			}
		}},
		{long + "x", func(e *Encoder) { e.Append(10, func(b []byte) []byte { return append(b, long...) }).Byte('x') }},
	} {
		if got := encode(false, c.f); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestEncoderUTF8(t *testing.T) {
	for want, f := range map[string]func(*Encoder){
		`"ü"`:            func(e *Encoder) { e.String("ü") },
		"{1}\r\n\xff":    func(e *Encoder) { e.String("\xff") },
		`"Entwürfe/a&b"`: func(e *Encoder) { e.Mailbox("Entwürfe/a&b") },
		"a NO ü\r\n":     func(e *Encoder) { e.Status("a", *imap.No("", "ü")) },
	} {
		if got := encode(true, f); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestLiteralTooShort(t *testing.T) {
	for _, f := range []func(*Encoder){
		func(e *Encoder) { e.Literal(10, strings.NewReader("abc")) },
		func(e *Encoder) { e.LiteralTo(10, strings.NewReader("abc")) },
	} {
		e := NewEncoder(io.Discard, EncoderOptions{})
		f(e)
		if !errors.Is(e.Err(), io.ErrUnexpectedEOF) {
			t.Error(e.Err())
		}
	}
	e := NewEncoder(io.Discard, EncoderOptions{})
	if e.LiteralTo(2, strings.NewReader("abc")); e.Err() == nil {
		t.Error("more octets than announced were written")
	}
}

func TestEncoderRelease(t *testing.T) {
	e := NewEncoder(io.Discard, EncoderOptions{})
	if e.lent != nil {
		t.Error("holds a buffer at first")
	}
	e.Raw("abc")
	e.Release()
	if e.Buffered() != 3 {
		t.Error("Release dropped what was not flushed")
	}
	if err := e.Flush(); err != nil {
		t.Fatal(err)
	}
	e.Release()
	if e.lent != nil || e.buf != nil {
		t.Error("holds a buffer after Release")
	}
}

func TestEncoderError(t *testing.T) {
	want := errors.New("gone")
	e := NewEncoder(failWriter{want}, EncoderOptions{})
	e.Raw("x")
	if err := e.Flush(); err != want {
		t.Error(err)
	}
	e.Literal(1<<40, zeros{}) // must end
	if err := e.Raw("y").Flush(); err != want {
		t.Error(err)
	}
}

type failWriter struct{ err error }

func (w failWriter) Write([]byte) (int, error) { return 0, w.err }

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// FuzzEncoderString holds that any string is read back as it was written, but
// for NUL.
func FuzzEncoderString(f *testing.F) {
	for _, s := range []string{"", "a", `a"b\`, "ü", "\xff", "a\r\n{3}", "a\x00", "NIL", strings.Repeat("x", 2000)} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, s string, utf8 bool) {
		want := strings.ReplaceAll(s, "\x00", "\x80")
		for _, write := range []func(*Encoder){func(e *Encoder) { e.String(s) }, func(e *Encoder) { e.AString(s) }} {
			out := encode(utf8, write)
			d := NewDecoder(strings.NewReader(out+"\r\n"), DecoderOptions{Continue: func() error { return nil },
				Limits: Limits{String: 1 << 20, Line: 1 << 20}})
			if err := d.Begin(); err != nil {
				t.Fatal(err)
			}
			b, ok := d.AString()
			if got := string(b); !ok || !d.ExpectEnd() || got != want {
				t.Fatalf("%q was written %q and read %q, %v", s, out, got, d.Err())
			}
		}
	})
}
