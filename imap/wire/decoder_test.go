package wire

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

// newTest gives a decoder of the text and counts the continuation requests.
func newTest(in string, l Limits) (*Decoder, *int) {
	n := new(int)
	d := NewDecoder(strings.NewReader(in), DecoderOptions{
		Limits: l, Buffers: NewBuffers(64),
		Continue: func() error { *n++; return nil },
	})
	return d, n
}

func begin(t *testing.T, d *Decoder) {
	t.Helper()
	if err := d.Begin(); err != nil {
		t.Fatalf("Begin: %v", err)
	}
}

func TestAString(t *testing.T) {
	for _, c := range []struct {
		in, want string
		cont     int
		bad      bool
	}{
		{in: "abc]\r\n", want: "abc]"},
		{in: "\"a \\\"b\\\\ c\"\r\n", want: `a "b\ c`},
		{in: "\"\"\r\n", want: ""},
		{in: "\"grün\"\r\n", want: "grün"},
		{in: "{3}\r\na\r\n\r\n", want: "a\r\n", cont: 1},
		{in: "{3+}\r\nabc\r\n", want: "abc"},
		{in: "{0+}\r\n\r\n", want: ""},
		{in: "{200+}\r\n" + strings.Repeat("x", 200) + "\r\n", want: strings.Repeat("x", 200)},
		{in: "abc\n", want: "abc"},
		{in: "~{3+}\r\nabc\r\n", bad: true},
		{in: "{3+}\r\na\x00c\r\n", bad: true},
		{in: "\"a\r\n", bad: true},
		{in: "\"a\\x\"\r\n", bad: true},
		{in: "\"a\x00\"\r\n", bad: true},
		{in: "\"a\rb\"\r\n", bad: true},
		{in: "{3\r\nabc\r\n", bad: true},
		{in: "{x}\r\n", bad: true},
		{in: "{3} \r\n", bad: true},
		{in: "(\r\n", bad: true},
		{in: "\r\n", bad: true},
	} {
		d, cont := newTest(c.in, Limits{})
		begin(t, d)
		b, ok := d.AString()
		got := string(b)
		ok = ok && d.ExpectEnd()
		if ok == c.bad || ok && got != c.want || *cont != c.cont {
			t.Errorf("%q: %q, %v, %d continuations, %v", c.in, got, ok, *cont, d.Err())
		}
		var e *Error
		if c.bad && (!errors.As(d.Err(), &e) || e.Kind != Syntax) {
			t.Errorf("%q: error %v", c.in, d.Err())
		}
	}
}

func TestNil(t *testing.T) {
	for in, want := range map[string]bool{"NIL": true, "nil)": true, "Nil ": true, "NILS": false, "NI": false, "\"NIL\"": false} {
		d, _ := newTest(in+"\r\n", Limits{})
		begin(t, d)
		if got := d.Nil(); got != want {
			t.Errorf("%q: %v", in, got)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		in    string
		n     uint64
		ok32  bool
		ok64  bool
		okNZ  bool
		okMod bool
	}{
		{"0", 0, true, true, false, true},
		{"007", 7, true, true, true, true},
		{"4294967295", 4294967295, true, true, true, true},
		{"4294967296", 4294967296, false, true, false, true},
		{"9223372036854775807", 9223372036854775807, false, true, false, true},
		{"9223372036854775808", 0, false, false, false, false},
		{"x", 0, false, false, false, false},
	} {
		read := func(f func(*Decoder) (uint64, bool)) (uint64, bool) {
			d, _ := newTest(c.in+"\r\n", Limits{})
			begin(t, d)
			return f(d)
		}
		check := func(what string, want bool, f func(*Decoder) (uint64, bool)) {
			if n, ok := read(f); ok != want || ok && n != c.n {
				t.Errorf("%s %q: %d, %v", what, c.in, n, ok)
			}
		}
		check("Number", c.ok32, func(d *Decoder) (uint64, bool) { n, ok := d.Number(); return uint64(n), ok })
		check("NZNumber", c.okNZ, func(d *Decoder) (uint64, bool) { n, ok := d.NZNumber(); return uint64(n), ok })
		check("Number64", c.ok64, (*Decoder).Number64)
		check("ModSeq", c.okMod, (*Decoder).ModSeq)
	}
}

func TestMessageLiteral(t *testing.T) {
	body := strings.Repeat("0123456789", 50)
	d, cont := newTest("a {500}\r\n"+body+" next\r\nz NOOP\r\n", Limits{})
	begin(t, d)
	d.Tag()
	d.ExpectSP()
	l, ok := d.ExpectMessageLiteral()
	if !ok || l.Size != 500 || l.NonSync || l.Binary {
		t.Fatal(l, ok)
	}
	if *cont != 0 {
		t.Fatal("asked before it was accepted")
	}
	r, err := d.AcceptLiteral()
	if err != nil || *cont != 1 {
		t.Fatal(err, *cont)
	}
	got, err := io.ReadAll(r)
	if err != nil || string(got) != body {
		t.Fatalf("%q, %v", got, err)
	}
	if !d.EndLiteral() || !d.ExpectSP() {
		t.Fatal(d.Err())
	}
	if b, _ := d.Atom(); string(b) != "next" || !d.ExpectEnd() {
		t.Fatal(string(b), d.Err())
	}
	if err := d.Finish(); err != nil {
		t.Fatal(err)
	}
	begin(t, d)
	if got := string(d.Rest()); got != "z NOOP" {
		t.Fatal(got)
	}
}

// TestMessageLiteralUnread holds that a literal given up half way is skipped.
func TestMessageLiteralUnread(t *testing.T) {
	for _, read := range []int{0, 3, 10} {
		d, _ := newTest("{10}\r\nb NOOP\r\nxx tail {3+}\r\nccc\r\nz NOOP\r\n", Limits{})
		begin(t, d)
		d.ExpectMessageLiteral()
		r, err := d.AcceptLiteral()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(r, make([]byte, read)); err != nil {
			t.Fatal(err)
		}
		d.Fail(Syntax, "given up")
		if err := d.Finish(); err != nil {
			t.Fatal(err)
		}
		begin(t, d)
		if got := string(d.Rest()); got != "z NOOP" {
			t.Errorf("after %d: %q", read, got)
		}
	}
}

// TestMessageLiteralMemory holds that a large message is never in the buffer.
func TestMessageLiteralMemory(t *testing.T) {
	const size = 60 << 20
	r := io.MultiReader(strings.NewReader("{62914560+}\r\n"), io.LimitReader(zeros{}, size), strings.NewReader("\r\n"))
	d := NewDecoder(r, DecoderOptions{})
	begin(t, d)
	d.ExpectMessageLiteral()
	lr, err := d.AcceptLiteral()
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, lr); n != size || err != nil {
		t.Fatal(n, err)
	}
	if !d.EndLiteral() || !d.ExpectEnd() || cap(d.buf) > 8<<10 {
		t.Fatal(d.Err(), cap(d.buf))
	}
}

func TestMessageLiteralCut(t *testing.T) {
	d, _ := newTest("{10+}\r\nabc", Limits{})
	begin(t, d)
	d.ExpectMessageLiteral()
	r, _ := d.AcceptLiteral()
	if _, err := io.ReadAll(r); err != io.ErrUnexpectedEOF {
		t.Fatal(err)
	}
	if err := d.Finish(); err != io.ErrUnexpectedEOF {
		t.Fatal(err)
	}
}

func TestPending(t *testing.T) {
	d, _ := newTest("a NOOP\r\nb NOOP\r\nc NO", Limits{})
	begin(t, d)
	if !d.Pending() {
		t.Error("b not pending")
	}
	d.Rest()
	begin(t, d)
	if d.Pending() || d.Buffered() != 4 {
		t.Error("half a line is pending")
	}
	d.Rest()
	if err := d.Begin(); err != io.ErrUnexpectedEOF {
		t.Error(err)
	}
}

func TestEOFBetweenCommands(t *testing.T) {
	d, _ := newTest("a NOOP\r\n", Limits{})
	begin(t, d)
	d.Rest()
	if err := d.Finish(); err != nil {
		t.Fatal(err)
	}
	if err := d.Begin(); err != io.EOF {
		t.Fatal(err)
	}
}

// TestRelease holds that an idle decoder has no buffer, and that waiting takes
// none.
func TestRelease(t *testing.T) {
	pr, pw := io.Pipe()
	d := NewDecoder(pr, DecoderOptions{})
	done := make(chan error, 1)
	go func() {
		_, err := pw.Write([]byte("a NOOP\r\n"))
		done <- err
	}()
	if d.lent != nil {
		t.Error("holds a buffer before the first octet")
	}
	if err := d.Wait(); err != nil {
		t.Fatal(err)
	}
	begin(t, d)
	if got := string(d.Rest()); got != "a NOOP" {
		t.Fatal(got)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	d.Release()
	if d.lent != nil || d.buf != nil {
		t.Error("holds a buffer after Release")
	}
	go func() {
		_, err := pw.Write([]byte("b NOOP\r\nc NOOP\r\n"))
		done <- err
	}()
	begin(t, d)
	d.Release()
	if got := string(d.Rest()); got != "b NOOP" {
		t.Error("Release dropped what waited:", got)
	}
}

// timeouts fails every second read with a timeout.
type timeouts struct {
	r    io.Reader
	next bool
}

func (r *timeouts) Read(p []byte) (int, error) {
	if r.next = !r.next; r.next {
		return 0, os.ErrDeadlineExceeded
	}
	return r.r.Read(p[:1])
}

func TestTimeoutLosesNothing(t *testing.T) {
	d := NewDecoder(&timeouts{r: strings.NewReader("a NOOP\r\nb X\r\n")}, DecoderOptions{})
	for _, want := range []string{"a NOOP", "b X"} {
		n := 0
		for d.Begin() != nil {
			if n++; n > 100 {
				t.Fatal("never ends")
			}
		}
		if got := string(d.Rest()); got != want {
			t.Fatalf("%q, want %q", got, want)
		}
		if err := d.Finish(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReset holds that what was sent before STARTTLS was answered is dropped.
func TestReset(t *testing.T) {
	d, _ := newTest("a STARTTLS\r\nb EVIL\r\n", Limits{})
	begin(t, d)
	d.Reset(strings.NewReader("c NOOP\r\n"))
	begin(t, d)
	if got := string(d.Rest()); got != "c NOOP" {
		t.Fatal(got)
	}
}

func TestCommandLimit(t *testing.T) {
	in := strings.Repeat("{10+}\r\n0123456789 ", 20) + "\r\nz NOOP\r\n"
	d, _ := newTest(in, Limits{Command: 150})
	begin(t, d)
	for {
		if _, ok := d.AString(); !ok {
			break
		}
		d.ExpectSP()
	}
	var e *Error
	if !errors.As(d.Err(), &e) || e.Kind != OverLimit {
		t.Fatal(d.Err())
	}
	if err := d.Finish(); err != nil {
		t.Fatal(err)
	}
	begin(t, d)
	if got := string(d.Rest()); got != "z NOOP" {
		t.Fatal(got)
	}
}

func TestList(t *testing.T) {
	for in, want := range map[string]string{
		"()": "", "(a)": "a", "(a b c)": "a,b,c",
		"(": "!", "(a": "!", "(a b": "!", "( a)": "!", "(a )": "!", "(a  b)": "!", "a": "!",
	} {
		d, _ := newTest(in+"\r\n", Limits{})
		begin(t, d)
		var got []string
		ok := d.List(func() bool {
			b, ok := d.Atom()
			got = append(got, string(b))
			return ok
		})
		s := strings.Join(got, ",")
		if ok = ok && d.ExpectEnd(); ok == (want == "!") || ok && s != want {
			t.Errorf("%q: %q, %v", in, s, ok)
		}
	}
}

func FuzzDecoder(f *testing.F) {
	for _, s := range []string{
		"a LOGIN x y\r\nb NOOP\r\n", "a X {3+}\r\nabc {2}\r\nde\r\n", "a \"x\\\"y\" (a b (c)) NIL\r\n",
		"a ~{3+}\r\n\x00\x01\x02\r\n", "a 1:*,3 1-Feb-1994 \"17-Jul-1996 02:44:25 -0700\"\r\n",
		"\n\n\r\n", "a {99999999999999999999+}\r\n", strings.Repeat("x", 500),
	} {
		f.Add([]byte(s), []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})
	}
	f.Fuzz(func(t *testing.T, in, ops []byte) {
		limits := Limits{Line: 128, String: 64, Command: 512, Discard: 256}
		d := NewDecoder(bytes.NewReader(in), DecoderOptions{Limits: limits, Buffers: NewBuffers(32),
			Continue: func() error { return nil }})
		for range len(in) + 2 {
			if d.Begin() == nil {
				for _, op := range ops {
					lexOne(d, op)
				}
			}
			if cap(d.buf) > 4096 {
				t.Fatalf("buffer of %d octets", cap(d.buf))
			}
			if d.Finish() != nil {
				return
			}
			d.Release()
		}
		t.Fatal("more commands than octets")
	})
}

// lexOne calls the method that the number stands for.
func lexOne(d *Decoder, op byte) {
	switch op % 16 {
	case 0:
		d.SP()
	case 1:
		d.Atom()
	case 2:
		d.AString()
	case 3:
		d.NString()
	case 4:
		d.NumSet(10)
	case 5:
		d.Date()
	case 6:
		d.DateTime()
	case 7:
		d.Flag()
	case 8:
		d.List(func() bool { _, ok := d.AString(); return ok })
	case 9:
		if _, ok := d.ExpectMessageLiteral(); ok {
			if r, err := d.AcceptLiteral(); err == nil {
				_, _ = io.ReadFull(r, make([]byte, op/16))
				if op >= 128 {
					d.EndLiteral()
				}
			}
		}
	case 10:
		d.Number()
	case 11:
		d.Keyword()
	case 12:
		d.ListMailbox()
	case 13:
		d.Special('(')
	case 14:
		d.ModSeq()
	case 15:
		d.Tag()
	}
}
