package search

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// Fuzzy is a text to be found as people remember it: its words in any order,
// without case and accents, in other forms of the same stem, and with a letter or
// two wrong (RFC 6203 §3).
type Fuzzy struct{ words [][]rune }

const (
	fuzzyWords = 32 // words of a key that count
	fuzzyRunes = 48 // characters of a word that count
)

// NewFuzzy prepares the text, in UTF-8, of a search key.
func NewFuzzy(text []byte) *Fuzzy {
	f := &Fuzzy{}
	s := f.Scan()
	s.each = func(word []rune) {
		if len(f.words) < fuzzyWords {
			f.words = append(f.words, append([]rune(nil), word...))
		}
	}
	s.Write(Fold(nil, text))
	s.Score()
	return f
}

// FuzzyScan reads texts and keeps how well each word was found.
type FuzzyScan struct {
	fuzzy *Fuzzy
	best  []int
	word  []rune
	rest  []byte // octets of a character that is cut
	each  func(word []rune)
}

// Scan begins to look for the text.
func (f *Fuzzy) Scan() *FuzzyScan {
	s := &FuzzyScan{fuzzy: f, best: make([]int, len(f.words)), word: make([]rune, 0, fuzzyRunes)}
	s.each = s.compare
	return s
}

// Reset begins anew.
func (s *FuzzyScan) Reset() {
	clear(s.best)
	s.word, s.rest = s.word[:0], s.rest[:0]
}

// Write looks in a piece of text that [Fold] has made, which may end within a
// word or a character. It never fails.
func (s *FuzzyScan) Write(folded []byte) (int, error) {
	n := len(folded)
	if len(s.rest) > 0 {
		folded = append(s.rest, folded...)
		s.rest = nil
	}
	for len(folded) > 0 {
		r, size := utf8.DecodeRune(folded)
		if r == utf8.RuneError && size == 1 && len(folded) < utf8.UTFMax && !utf8.FullRune(folded) {
			s.rest = append([]byte(nil), folded...)
			break
		}
		folded = folded[size:]
		switch {
		case r == 'ß', r == 'ẞ':
			if len(s.word)+2 <= fuzzyRunes {
				s.word = append(s.word, 'S', 'S')
			}
		case unicode.IsLetter(r), unicode.IsDigit(r):
			if len(s.word) < fuzzyRunes {
				s.word = append(s.word, unicode.ToUpper(r))
			}
		case unicode.Is(unicode.Mn, r): // an accent
		default:
			s.end()
		}
	}
	return n, nil
}

// end ends a word.
func (s *FuzzyScan) end() {
	if len(s.word) > 0 {
		s.each(s.word)
		s.word = s.word[:0]
	}
}

// compare keeps how like the words of the key a word is.
func (s *FuzzyScan) compare(word []rune) {
	for i, want := range s.fuzzy.words {
		if s.best[i] < 100 {
			s.best[i] = max(s.best[i], likeness(want, word))
		}
	}
}

// Score ends the text and gives how well it matches, from 1 to 100; 0 where a
// word of the key is not in it. A key without words is in every text.
func (s *FuzzyScan) Score() int {
	s.end()
	if len(s.best) == 0 {
		return 100
	}
	sum := 0
	for _, b := range s.best {
		if b == 0 {
			return 0
		}
		sum += b
	}
	return max(sum/len(s.best), 1)
}

// likeness gives how like the word that is wanted another one is: 100 for the
// same, less for one of its stem, one that holds it, and one with letters wrong;
// 0 for a different one.
func likeness(want, word []rune) int {
	if slices.Equal(want, word) {
		return 100
	}
	switch {
	case slices.Equal(stem(want), stem(word)):
		return 90
	case len(want) >= 3 && holds(word, want):
		return 40 + 40*len(want)/len(word)
	}
	allowed := 0
	switch {
	case len(want) >= 8:
		allowed = 2
	case len(want) >= 4:
		allowed = 1
	}
	if d := len(want) - len(word); allowed == 0 || d > allowed || -d > allowed {
		return 0
	}
	if d := distance(want, word, allowed); d <= allowed {
		return 80 - 160*d/(len(want)+2)
	}
	return 0
}

func holds(word, part []rune) bool {
	for i := 0; i+len(part) <= len(word); i++ {
		if slices.Equal(word[i:i+len(part)], part) {
			return true
		}
	}
	return false
}

// stem takes a common ending off a word of some length.
func stem(w []rune) []rune {
	for _, ending := range [...]string{"INGS", "ING", "EN", "ED", "ERS", "ER", "ES", "S", "E"} {
		if n := len(w) - len(ending); n >= 3 && string(w[n:]) == ending {
			return w[:n]
		}
	}
	return w
}

// distance counts the letters that are wrong, missing or too many, and neighbours
// that are swapped (Damerau and Levenshtein), up to a limit: above it, it is limit+1.
// So no more is looked at than what is that near the diagonal.
func distance(a, b []rune, limit int) int {
	var rows [3][fuzzyRunes + 1]int
	two, one, now := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		one[j] = j
	}
	for i := 1; i <= len(a); i++ {
		first, last := max(1, i-limit), min(len(b), i+limit)
		now[first-1] = limit + 1
		if first == 1 {
			now[0] = i
		}
		least := now[first-1]
		for j := first; j <= last; j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			now[j] = min(one[j]+1, now[j-1]+1, one[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				now[j] = min(now[j], two[j-2]+1)
			}
			least = min(least, now[j])
		}
		if least > limit {
			return limit + 1
		}
		if last < len(b) {
			now[last+1] = limit + 1
		}
		two, one, now = one, now, two
	}
	return min(one[len(b)], limit+1)
}
