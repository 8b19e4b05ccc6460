package mailstore

import (
	"fmt"
	"slices"
	"strings"

	"github.com/restante/restante"
)

// SystemFlags are the system flags of RFC 9051 §2.3.2 that are kept.
type SystemFlags uint8

const (
	Answered SystemFlags = 1 << iota
	Flagged
	Deleted
	Seen
	Draft
)

// systemFlagNames are in the order in which flags are shown.
var systemFlagNames = [...]struct {
	flag SystemFlags
	name string
}{
	{Answered, `\Answered`}, {Flagged, `\Flagged`}, {Deleted, `\Deleted`}, {Seen, `\Seen`}, {Draft, `\Draft`},
}

// FlagSetID names a flag set of an account. 0 is the empty set.
type FlagSetID uint32

// FlagSet is a combination of flags that messages of an account have or had.
// It is immutable.
type FlagSet struct {
	ID       FlagSetID
	System   SystemFlags
	Keywords []string // sorted without regard to case; first spelling seen
	Wire     []byte   // `\Seen $Forwarded`: no parentheses, no \Recent
}

// Has reports whether the set has a flag, in any case of letters.
func (f *FlagSet) Has(flag string) bool {
	if strings.HasPrefix(flag, `\`) {
		bit, ok := systemFlag(flag)
		return ok && f.System&bit != 0
	}
	return f.hasKeyword(flag)
}

func (f *FlagSet) hasKeyword(keyword string) bool {
	return slices.ContainsFunc(f.Keywords, func(k string) bool { return strings.EqualFold(k, keyword) })
}

// systemFlag answers the bit of a system flag's name.
func systemFlag(name string) (SystemFlags, bool) {
	for _, s := range systemFlagNames {
		if strings.EqualFold(s.name, name) {
			return s.flag, true
		}
	}
	return 0, false
}

// newFlagSet renders a set. The keywords are sorted and spelled already.
func newFlagSet(id FlagSetID, system SystemFlags, keywords []string) *FlagSet {
	f := &FlagSet{ID: id, System: system, Keywords: keywords}
	for _, s := range systemFlagNames {
		if system&s.flag != 0 {
			f.Wire = appendFlag(f.Wire, s.name)
		}
	}
	for _, k := range keywords {
		f.Wire = appendFlag(f.Wire, k)
	}
	return f
}

func appendFlag(dst []byte, name string) []byte {
	if len(dst) > 0 {
		dst = append(dst, ' ')
	}
	return append(dst, name...)
}

// splitFlags sorts flag names into system flags and keywords. \Recent is left
// out, for no client sets it (RFC 3501 §2.3.2). An unknown system flag or a
// keyword that is no atom (RFC 9051 §9 flag-keyword) is restante.ErrInvalid,
// one longer than limit bytes restante.ErrLimit.
func splitFlags(flags []string, limit int) (system SystemFlags, keywords []string, err error) {
	for _, name := range flags {
		if strings.HasPrefix(name, `\`) {
			bit, ok := systemFlag(name)
			if !ok && !strings.EqualFold(name, `\Recent`) {
				return 0, nil, fmt.Errorf("mailstore: flag %q is not known: %w", name, restante.ErrInvalid)
			}
			system |= bit
			continue
		}
		if !validKeyword(name) {
			return 0, nil, fmt.Errorf("mailstore: keyword %q is not an atom: %w", name, restante.ErrInvalid)
		}
		if len(name) > limit {
			return 0, nil, fmt.Errorf("mailstore: %d bytes, more than %d: %w", len(name), limit, ErrKeywordLimit)
		}
		keywords = append(keywords, name)
	}
	return system, keywords, nil
}

// validKeyword reports whether name is an atom of RFC 9051 §9.
func validKeyword(name string) bool {
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`(){%*"\]`, c) >= 0 {
			return false
		}
	}
	return name != ""
}
