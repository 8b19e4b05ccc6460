package imap

import "strings"

// Pattern is a LIST pattern joined to its reference (RFC 9051 §6.3.9): "*"
// stands for any octets, "%" for any but the hierarchy delimiter.
type Pattern struct {
	text  string
	delim byte
}

// NewPattern gives the pattern of a LIST. Both arguments are UTF-8. A pattern
// that begins with the delimiter is absolute, and the reference is left out;
// otherwise the one is put before the other as it is, so that a reference as
// alpine sends it ends with the delimiter where one is meant. INBOX in any case
// at the beginning becomes INBOX. delim is the hierarchy delimiter.
func NewPattern(reference, pattern string, delim byte) Pattern {
	text := reference + pattern
	if reference != "" && strings.HasPrefix(pattern, string(rune(delim))) {
		text = pattern[1:]
	}
	return Pattern{text: CanonMailbox(squeeze(text), delim), delim: delim}
}

// squeeze makes one wildcard of each run of them: "*" where there is one.
func squeeze(s string) string {
	if !strings.ContainsAny(s, "*%") {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		c := s[i]
		if n := len(out); n > 0 && (c == '*' || c == '%') && (out[n-1] == '*' || out[n-1] == '%') {
			if c == '*' {
				out[n-1] = '*'
			}
			continue
		}
		out = append(out, c)
	}
	return string(out)
}

// String gives the pattern with its reference.
func (p Pattern) String() string { return p.text }

// Literal gives the name that the pattern is, if it has no wildcards.
func (p Pattern) Literal() (string, bool) {
	return p.text, !strings.ContainsAny(p.text, "*%")
}

// Prefix gives what all matching names begin with.
func (p Pattern) Prefix() string {
	if i := strings.IndexAny(p.text, "*%"); i >= 0 {
		return p.text[:i]
	}
	return p.text
}

// Match reports whether the name, canonical and in UTF-8, matches. It keeps all
// places of the pattern where the name so far may have come to, so that its
// time is at most the product of both lengths whatever the pattern.
func (p Pattern) Match(name string) bool {
	if p.text == "*" {
		return true
	}
	if prefix := p.Prefix(); !strings.HasPrefix(name, prefix) {
		return false
	} else if len(prefix) == len(p.text) {
		return name == prefix
	}
	var space [2][128]bool
	at, then := space[0][:], space[1][:]
	if n := len(p.text) + 1; n > len(at) {
		at, then = make([]bool, n), make([]bool, n)
	}
	at[0] = true
	for i := range len(name) {
		p.passWildcards(at)
		if !p.step(at, then, name[i]) {
			return false
		}
		at, then = then, at
		clear(then)
	}
	p.passWildcards(at)
	return at[len(p.text)]
}

// passWildcards lets each wildcard stand for nothing.
func (p Pattern) passWildcards(at []bool) {
	for i := range len(p.text) {
		if at[i] && (p.text[i] == '*' || p.text[i] == '%') {
			at[i+1] = true
		}
	}
}

// step takes one octet from all the places of at to those of then, and reports
// whether there are any.
func (p Pattern) step(at, then []bool, c byte) bool {
	some := false
	for i := range len(p.text) {
		if !at[i] {
			continue
		}
		switch x := p.text[i]; {
		case x == '*', x == '%' && c != p.delim:
			then[i], some = true, true
		case x == c && x != '%':
			then[i+1], some = true, true
		}
	}
	return some
}
