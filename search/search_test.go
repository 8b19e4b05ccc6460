package search

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestFold(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"Hello, world 123 [z{`@", "HELLO, WORLD 123 [Z{`@"},
		{"abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
		{"\u01c4", "Dz\u030c"}, // the example of RFC 5051 §2
		{"é", "E\u0301"},
		{"É", "E\u0301"},
		{"e\u0301", "E\u0301"},
		{"straße", "STRAßE"},
		{"ﬁn", "fiN"}, // titlecase first, decomposition after it
		{"Ελλάδα", "ΕΛΛΑ\u0301ΔΑ"},
		{"кириллица й", "КИРИЛЛИЦА И\u0306"},
		{"한글", "\u1112\u1161\u11ab\u1100\u1173\u11af"},
		{"ａｂ", "AB"},
		{"a\xffb\xc3", "A\xffB\xc3"},
	} {
		if got := string(Fold(nil, []byte(c.in))); got != c.want {
			t.Errorf("Fold(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

// Every character folds to what the library's NFKD makes of its title case.
func TestFoldEveryRune(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		want := norm.NFKD.String(string(unicode.ToTitle(r)))
		if got := string(Fold(nil, []byte(string(r)))); got != want {
			t.Fatalf("U+%04X: got %q, want %q", r, got, want)
		}
	}
}

func TestMatchReader(t *testing.T) {
	text := strings.Repeat("x", readSize-3) + "Grüße aus Köln" + strings.Repeat("-", readSize) + "ende"
	m := NewMatcher(UnicodeCasemap.Needle([]byte("GRÜSSE")), UnicodeCasemap.Needle([]byte("grüße AUS")), UnicodeCasemap.Needle([]byte("ENDE")), UnicodeCasemap.Needle(nil))
	for name, r := range map[string]io.Reader{
		"whole": strings.NewReader(text),
		"one":   iotest.OneByteReader(strings.NewReader(text)),
		"half":  iotest.HalfReader(strings.NewReader(text)),
		"eof":   iotest.DataErrReader(strings.NewReader(text)),
	} {
		found := make([]bool, 4)
		all, err := m.MatchReader(t.Context(), r, found)
		if err != nil || all || fmt.Sprint(found) != "[false true true true]" {
			t.Errorf("%s: %v %v %v", name, all, found, err)
		}
	}
}

func TestMatchReaderStopsEarly(t *testing.T) {
	boom := errors.New("boom")
	m := NewMatcher(UnicodeCasemap.Needle([]byte("needle")))
	r := io.MultiReader(strings.NewReader("a NEEDLE here"), iotest.ErrReader(boom))
	if all, err := m.MatchReader(t.Context(), r, []bool{false}); !all || err != nil {
		t.Errorf("got %v, %v", all, err)
	}
	if all, err := m.MatchReader(t.Context(), iotest.ErrReader(boom), []bool{true}); !all || err != nil {
		t.Errorf("already found: got %v, %v", all, err)
	}
	if _, err := m.MatchReader(t.Context(), iotest.ErrReader(boom), []bool{false}); !errors.Is(err, boom) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.MatchReader(ctx, strings.NewReader("x"), []bool{false}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func FuzzMatch(f *testing.F) {
	f.Add([]byte("Grüße aus Köln"), []byte("AUS"), 3)
	f.Add([]byte("a\xe2\x82"), []byte("\xe2"), 1)
	f.Fuzz(func(t *testing.T, text, needle []byte, cut int) {
		folded := Fold(nil, text)
		n := UnicodeCasemap.Needle(needle)
		want := n.Contains(folded)
		at := 0
		if len(text) > 0 {
			at = int(uint(cut) % uint(len(text)+1))
		}
		found := []bool{false}
		r := io.MultiReader(bytes.NewReader(text[:at]), iotest.OneByteReader(bytes.NewReader(text[at:])))
		all, err := NewMatcher(n).MatchReader(t.Context(), r, found)
		if err != nil || all != want || found[0] != want {
			t.Fatalf("got %v %v %v, want %v", all, found, err, want)
		}
		if utf8.Valid(text) && !utf8.Valid(folded) {
			t.Fatalf("fold of %q is not valid", text)
		}
	})
}

func benchmarkMatch(b *testing.B, text string) {
	m := NewMatcher(UnicodeCasemap.Needle([]byte("nowhere")), UnicodeCasemap.Needle([]byte("to be found")))
	found := make([]bool, 2)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		clear(found)
		if all, err := m.MatchReader(b.Context(), strings.NewReader(text), found); all || err != nil {
			b.Fatal(all, err)
		}
	}
}

func BenchmarkMatchASCII(b *testing.B) {
	benchmarkMatch(b, strings.Repeat("The quick brown fox jumps over the lazy dog.\r\n", 20000))
}

func BenchmarkMatchCyrillic(b *testing.B) {
	benchmarkMatch(b, strings.Repeat("Съешь же ещё этих мягких французских булок.\r\n", 10000))
}

func BenchmarkFoldSubject(b *testing.B) {
	s := []byte("Re: [restante] Quarterly report — numbers für März")
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = Fold(buf[:0], s)
	}
}
