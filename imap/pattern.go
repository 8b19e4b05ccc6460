package imap

import "strings"

// Pattern is a LIST pattern joined to its reference (RFC 9051 §6.3.9): "*"
// stands for any octets, "%" for any but the hierarchy delimiter.
type Pattern struct {
	text   string
	delim  byte
	places *places  // of what is behind Prefix; nil where that is at most a wildcard
	inbox  *Pattern // that INBOX and its inferiors are held against too; nil: none
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
	p := compilePattern(CanonMailbox(squeeze(text), delim), delim)
	// INBOX has no case, so "Inbox*", as FairEmail and Roundcube have it, means it
	// too, beside names such as "Inboxes".
	const inbox = "INBOX"
	if rest := p.text[min(len(inbox), len(p.text)):]; len(rest) > 0 && (rest[0] == '*' || rest[0] == '%') &&
		strings.EqualFold(p.text[:len(inbox)], inbox) {
		q := compilePattern(inbox+rest, delim)
		p.inbox = &q
	}
	return p
}

func compilePattern(text string, delim byte) Pattern {
	p := Pattern{text: text, delim: delim}
	if rest := p.text[len(p.Prefix()):]; len(rest) > 1 {
		p.places = newPlaces(rest)
	}
	return p
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

// Match reports whether the name, canonical and in UTF-8, matches. Its time is at
// most the product of both lengths divided by 64, whatever the pattern.
func (p Pattern) Match(name string) bool {
	return p.match(name) || p.inbox != nil && isInbox(name, p.delim) && p.inbox.match(name)
}

// isInbox reports whether the name is INBOX or below it.
func isInbox(name string, delim byte) bool {
	rest, ok := strings.CutPrefix(name, "INBOX")
	return ok && (rest == "" || rest[0] == delim)
}

func (p Pattern) match(name string) bool {
	prefix := p.Prefix()
	if !strings.HasPrefix(name, prefix) {
		return false
	}
	switch rest := name[len(prefix):]; p.text[len(prefix):] {
	case "":
		return rest == ""
	case "*":
		return true
	case "%":
		return strings.IndexByte(rest, p.delim) < 0
	default:
		return p.places.match(rest, p.delim)
	}
}

// places are the octets of a pattern behind its prefix as sets of bits, bit i for
// the octet at i, so that all the places to which a name may have come are held
// and moved together.
type places struct {
	end     int               // behind the last octet
	octets  map[byte][]uint64 // where each octet stands
	any     []uint64          // "*"
	inLevel []uint64          // "%"
}

func newPlaces(text string) *places {
	words := len(text)/64 + 1
	p := &places{end: len(text), octets: map[byte][]uint64{}, any: make([]uint64, words), inLevel: make([]uint64, words)}
	for i := range len(text) {
		var set []uint64
		switch c := text[i]; c {
		case '*':
			set = p.any
		case '%':
			set = p.inLevel
		default:
			if set = p.octets[c]; set == nil {
				set = make([]uint64, words)
				p.octets[c] = set
			}
		}
		set[i/64] |= 1 << (i % 64)
	}
	return p
}

func (p *places) match(name string, delim byte) bool {
	var space [4]uint64
	at := space[:]
	if n := len(p.any); n > len(space) {
		at = make([]uint64, n)
	} else {
		at = at[:n]
	}
	at[0] = 1
	p.passWildcards(at)
	for i := range len(name) {
		if !p.step(at, name[i], delim) {
			return false
		}
		p.passWildcards(at)
	}
	return at[p.end/64]>>(p.end%64)&1 != 0
}

// passWildcards lets each wildcard stand for nothing. No two stand side by side.
func (p *places) passWildcards(at []uint64) {
	carry := uint64(0)
	for w, here := range at {
		wild := here & (p.any[w] | p.inLevel[w])
		at[w] = here | wild<<1 | carry
		carry = wild >> 63
	}
}

// step takes one octet from all places, and reports whether there are any
// behind it.
func (p *places) step(at []uint64, c, delim byte) bool {
	octet := p.octets[c]
	carry, some := uint64(0), uint64(0)
	for w, here := range at {
		stay := here & p.any[w]
		if c != delim {
			stay |= here & p.inLevel[w]
		}
		then := stay | carry
		carry = 0
		if octet != nil {
			then |= here & octet[w] << 1
			carry = here & octet[w] >> 63
		}
		at[w] = then
		some |= then
	}
	return some != 0
}
