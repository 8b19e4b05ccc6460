package search

import "testing"

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
