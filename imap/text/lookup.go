package text

import "strings"

// ValidRange reports whether s is a basic language range (RFC 4647 §2.1):
//
//	language-range = (1*8ALPHA *("-" 1*8alphanum)) / "*"
func ValidRange(s string) bool {
	if s == "*" {
		return true
	}
	for i, subtag := range strings.Split(s, "-") {
		if len(subtag) == 0 || len(subtag) > 8 {
			return false
		}
		for _, c := range []byte(subtag) {
			letter := c|0x20 >= 'a' && c|0x20 <= 'z'
			if !letter && (i == 0 || c < '0' || c > '9') {
				return false
			}
		}
	}
	return true
}

// Lookup gives the language for the first of the ranges that fits one, by the
// lookup of RFC 4647 §3.4: a range that names no language is shortened at its end
// until it does. For the range "default" (RFC 5255 §3.2), and for "*" where no other
// follows, it gives preferred. nil: none fits.
func (c *Catalogue) Lookup(ranges []string, preferred *Language) *Language {
	for i, r := range ranges {
		switch {
		case strings.EqualFold(r, "default"), r == "*" && i == len(ranges)-1:
			return preferred
		case r == "*":
			continue // skipped before other ranges
		}
		for r != "" {
			if l, err := c.Find(r); err == nil {
				return l
			}
			r = shorter(r)
		}
	}
	return nil
}

// shorter leaves out the last subtag of a range, and one before it of a single
// character, which only introduces it (RFC 4647 §3.4).
func shorter(r string) string {
	at := strings.LastIndexByte(r, '-')
	if at < 0 {
		return ""
	}
	r = r[:at]
	if len(r) >= 2 && r[len(r)-2] == '-' {
		return r[:len(r)-2]
	}
	return r
}
