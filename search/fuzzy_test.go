package search

import (
	"math/rand/v2"
	"testing"
)

func TestFuzzy(t *testing.T) {
	for _, c := range []struct {
		key, text string
		match     bool
	}{
		{"helo", "Well, hello there", true},
		{"helo", "I need help", true},
		{"helo", "goodbye", false},
		{"IMAP break", "breaking the imap", true},
		{"IMAP break", "imap only", false},
		{"Grüße", "viele grusse", true},
		{"grusse", "Viele Grüße, Anna", true},
		{"resume", "my résumé", true},
		{"recieve", "please receive", true},
		{"work", "homework", true},
		{"cat", "cut", false},
		{"", "anything", true},
		{"...", "anything", true},
	} {
		s := NewFuzzy([]byte(c.key)).Scan()
		for _, b := range Fold(nil, []byte(c.text)) {
			s.Write([]byte{b})
		}
		byOctet := s.Score()
		s.Reset()
		s.Write(Fold(nil, []byte(c.text)))
		if got := s.Score(); got > 0 != c.match || got != byOctet || got > 100 {
			t.Errorf("%q in %q: %d, octet by octet %d", c.key, c.text, got, byOctet)
		}
	}
}

func FuzzFuzzy(f *testing.F) {
	f.Add([]byte("helo"), []byte("hello \xe2\x82 world"))
	f.Fuzz(func(t *testing.T, key, text []byte) {
		s := NewFuzzy(key).Scan()
		s.Write(Fold(nil, text))
		if n := s.Score(); n < 0 || n > 100 {
			t.Fatalf("score %d", n)
		}
	})
}

// TestDistance holds that what is left out of a distance makes no difference.
func TestDistance(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	word := func() []rune {
		w := make([]rune, rng.IntN(10))
		for i := range w {
			w[i] = rune('A' + rng.IntN(3))
		}
		return w
	}
	for range 100_000 {
		a, b := word(), word()
		all := wholeDistance(a, b)
		for limit := range 4 {
			if d := max(len(a)-len(b), len(b)-len(a)); d > limit {
				continue // which is seen without
			}
			if got := distance(a, b, limit); got != min(all, limit+1) {
				t.Fatalf("%s and %s, up to %d: %d, want %d", string(a), string(b), limit, got, all)
			}
		}
	}
}

// wholeDistance is distance without a limit, in the plain way.
func wholeDistance(a, b []rune) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		for j := range d[i] {
			switch {
			case i == 0 || j == 0:
				d[i][j] = i + j
				continue
			case a[i-1] == b[j-1]:
				d[i][j] = d[i-1][j-1]
			default:
				d[i][j] = 1 + min(d[i-1][j], d[i][j-1], d[i-1][j-1])
			}
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}

// TestFuzzyLongWords holds that long words that are much like those of a key make no
// garbage: it was two hundred times the text.
func TestFuzzyLongWords(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	words := func(n int) []byte {
		text := make([]byte, 0, n*fuzzyRunes)
		for range n {
			for range fuzzyRunes - 1 {
				text = append(text, byte('A'+rng.IntN(2)))
			}
			text = append(text, ' ')
		}
		return text
	}
	s := NewFuzzy(words(fuzzyWords)).Scan()
	text := words(200)
	if n := testing.AllocsPerRun(10, func() {
		s.Reset()
		_, _ = s.Write(text) // never fails
		s.Score()
	}); n > 10 {
		t.Error(n, "allocations")
	}
}
