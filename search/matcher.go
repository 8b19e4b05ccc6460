package search

import (
	"bytes"
	"context"
	"io"
	"unicode/utf8"
)

// Needle is a string to be found, in the form of a comparator.
type Needle struct {
	folded []byte
	by     Comparator
}

// Needle makes a needle of the text, in UTF-8, of a search key, to be found as the
// comparator has it.
func (c Comparator) Needle(text []byte) Needle { return Needle{folded: c.Append(nil, text), by: c} }

// Contains says whether folded text holds the needle. The empty needle is in
// every text.
func (n Needle) Contains(folded []byte) bool { return bytes.Contains(folded, n.folded) }

// Matcher looks for needles in streams. It keeps its buffers from one stream
// to the next, so it serves one goroutine at a time.
type Matcher struct {
	needles []Needle
	by      Comparator
	overlap int // what a match may need of the text before
	raw     []byte
	folded  []byte
}

const readSize = 32 << 10

// NewMatcher makes a matcher of the needles, which have one comparator.
func NewMatcher(needles ...Needle) *Matcher {
	m := &Matcher{needles: needles}
	for _, n := range needles {
		m.by = n.by
		m.overlap = max(m.overlap, len(n.folded)-1)
	}
	return m
}

// MatchReader looks for the needles in the UTF-8 text that r reads. found has
// one place for each needle; a needle whose place is true already is not looked
// for, and a place turns true when its needle is found, so that several texts
// can be searched one after another. It reads no further when all are true,
// which it answers. The error is that of r or of ctx.
func (m *Matcher) MatchReader(ctx context.Context, r io.Reader, found []bool) (all bool, err error) {
	if m.raw == nil {
		m.raw = make([]byte, readSize)
	}
	m.folded = m.folded[:0]
	if m.match(found) { // nothing is left to find, or only empty needles
		return true, nil
	}
	held := 0 // octets at the start of raw of a character that is cut
	for {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		n, err := r.Read(m.raw[held:])
		text := m.raw[:held+n]
		cut := len(text)
		if err == nil {
			cut = WholeRunes(text)
		}
		m.folded = m.by.Append(m.folded, text[:cut])
		held = copy(m.raw, text[cut:])
		if m.match(found) {
			return true, nil
		}
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if keep := len(m.folded) - m.overlap; keep > 0 {
			m.folded = m.folded[:copy(m.folded, m.folded[keep:])]
		}
	}
}

// match looks in m.folded and says whether nothing is left to be found.
func (m *Matcher) match(found []bool) bool {
	all := true
	for i, n := range m.needles {
		if !found[i] {
			found[i] = n.Contains(m.folded)
			all = all && found[i]
		}
	}
	return all
}

// WholeRunes is the length of b without a character that is cut at its end.
func WholeRunes(b []byte) int {
	for i := 1; i <= min(utf8.UTFMax-1, len(b)); i++ {
		if c := b[len(b)-i]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(b[len(b)-i:]) {
				return len(b) - i
			}
			break
		}
	}
	return len(b)
}
