package wire

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// TestFinish holds that no octet of a bad command is run as a command: the one
// that follows it always is the next.
func TestFinish(t *testing.T) {
	long := strings.Repeat("y", 300)
	for name, in := range map[string]string{
		"plain":                        "a bad line here\r\n",
		"quoted":                       "a \"never ended\r\n",
		"non-synchronizing":            "a bad {6+}\r\nb NOOP\r\n",
		"two of them":                  "a bad {6+}\r\nb NOOP x {8+}\r\nc LOGOUT\r\n",
		"literal8":                     "a bad ~{6+}\r\nb NOOP\r\n",
		"synchronizing, never asked":   "a bad {6}\r\n",
		"after one, synchronizing":     "a bad {6+}\r\nb NOOP {10}\r\n",
		"long line":                    "a " + long + "\r\n",
		"long line with a literal":     "a " + long + " {6+}\r\nb NOOP\r\n",
		"long line with synchronizing": "a " + long + " {6}\r\n",
		"literal with line feeds":      "a bad {13+}\r\nb NOOP\r\nc X\r\nrest\r\n",
	} {
		for _, oneByte := range []bool{false, true} {
			var r io.Reader = strings.NewReader(in + "z NOOP\r\n")
			if oneByte {
				r = iotest.OneByteReader(r)
			}
			d := NewDecoder(r, DecoderOptions{Limits: Limits{Line: 100}, Buffers: NewBuffers(64)})
			if err := d.Begin(); err == nil {
				d.Tag()
				d.ExpectSP()
				d.Expected("something else")
			}
			if err := d.Finish(); err != nil {
				t.Errorf("%s: Finish: %v", name, err)
				continue
			}
			if err := d.Begin(); err != nil || string(d.Rest()) != "z NOOP" {
				t.Errorf("%s: next line %q, %v", name, d.buf[d.line:d.eol], err)
			}
		}
	}
}

// TestFinishRefused holds the same where the fault is the literal's size, so
// that the lexer itself met the announcement.
func TestFinishRefused(t *testing.T) {
	for in, kind := range map[string]ErrorKind{
		"{30+}\r\n" + strings.Repeat("b NOOP\r\n\r\n", 3) + "\r\n": TooBig,
		"{30}\r\n":                   TooBig,
		"{99999999999999999999}\r\n": TooBig,
		"~{2+}\r\nxx\r\n":            Syntax,
	} {
		d, cont := newTest(in+"z NOOP\r\n", Limits{String: 20})
		begin(t, d)
		if _, ok := d.AString(); ok {
			t.Errorf("%q: taken", in)
		}
		var e *Error
		if !errors.As(d.Err(), &e) || e.Kind != kind || *cont != 0 {
			t.Errorf("%q: %v, %d continuations", in, d.Err(), *cont)
		}
		if err := d.Finish(); err != nil {
			t.Fatalf("%q: %v", in, err)
		}
		begin(t, d)
		if got := string(d.Rest()); got != "z NOOP" {
			t.Errorf("%q: next line %q", in, got)
		}
	}
}

func TestFinishOutOfSync(t *testing.T) {
	for _, in := range []string{
		"a {2000+}\r\nxx",
		"a {99999999999999999999+}\r\nxx",
		"a {" + strings.Repeat("0", 300) + "6+}\r\nb NOOP\r\n",
		"a " + strings.Repeat("x", 3000) + "\r\nz NOOP\r\n",
		"a {900+}\r\n" + strings.Repeat("x", 900) + " {900+}\r\n",
	} {
		d, _ := newTest(in, Limits{Line: 100, String: 50, Discard: 1000})
		if d.Begin() == nil {
			d.Tag()
			d.ExpectSP()
			d.AString()
		}
		if err := d.Finish(); err != ErrOutOfSync {
			t.Errorf("%.40q: %v", in, err)
		}
	}
}

// TestFinishWithoutRoom holds the same where the budget runs out, whatever of the
// command is held by then, and that all is given back.
func TestFinishWithoutRoom(t *testing.T) {
	in := "a " + strings.Repeat("x", 300) + " {1200+}\r\n" + strings.Repeat("b NOOP\r\n\r\n", 120) + " c\r\nz NOOP\r\n"
	taken := 0
	for room := range int64(3000) {
		budget := NewBudget(room)
		d := NewDecoder(iotest.HalfReader(strings.NewReader(in)), DecoderOptions{Buffers: NewBuffers(256)})
		d.SetBudget(budget)
		if d.Begin() == nil {
			d.Tag()
			d.ExpectSP()
			d.AString()
			d.ExpectSP()
			if _, ok := d.AString(); ok {
				taken++
			}
		}
		if err := d.Finish(); err != nil {
			t.Fatalf("room for %d: %v", room, err)
		}
		begin(t, d)
		if got := string(d.Rest()); got != "z NOOP" {
			t.Fatalf("room for %d: next line %q", room, got)
		}
		if d.Release(); budget.left.Load() != room {
			t.Fatalf("room for %d: %d are left", room, budget.left.Load())
		}
	}
	if taken == 0 || taken == 3000 {
		t.Errorf("taken %d times", taken)
	}
}
