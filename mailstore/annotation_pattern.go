package mailstore

import "strings"

// EntryPattern is a name of an annotation with wildcards: "*" stands for one or more
// octets, "%" for one or more but "/" (RFC 5257 §4.3).
type EntryPattern string

// IsLiteral reports whether the pattern has no wildcards.
func (p EntryPattern) IsLiteral() bool { return !strings.ContainsAny(string(p), "*%") }

// Match reports whether a name matches. Its time is at most the product of both
// lengths.
func (p EntryPattern) Match(name string) bool {
	at := strings.IndexAny(string(p), "*%")
	if at < 0 {
		return string(p) == name
	}
	if !strings.HasPrefix(name, string(p[:at])) {
		return false
	}
	return matchWild(string(p[at:]), name[at:])
}

// matchWild matches the rest of a pattern from its first wildcard on. places are the
// octets of the pattern behind which the name may be; behind a wildcard it may stay.
func matchWild(pattern, name string) bool {
	places, next := make([]bool, len(pattern)+1), make([]bool, len(pattern)+1)
	places[0] = true
	for i := range len(name) {
		c, any := name[i], false
		clear(next)
		for at, here := range places {
			if !here {
				continue
			}
			if at > 0 && wildTakes(pattern[at-1], c) {
				next[at], any = true, true
			}
			if at < len(pattern) && (wildTakes(pattern[at], c) || pattern[at] == c && c != '*' && c != '%') {
				next[at+1], any = true, true
			}
		}
		if !any {
			return false
		}
		places, next = next, places
	}
	return places[len(pattern)]
}

// wildTakes reports whether p is a wildcard that stands for c.
func wildTakes(p, c byte) bool { return p == '*' || p == '%' && c != '/' }
