package imap

import "strings"

// The system flags of RFC 9051 §2.3.2 and RFC 3501 §2.3.2. Flags are plain
// strings; system flags compare without regard to case, as do keywords.
const (
	FlagSeen     = `\Seen`
	FlagAnswered = `\Answered`
	FlagFlagged  = `\Flagged`
	FlagDeleted  = `\Deleted`
	FlagDraft    = `\Draft`
	FlagRecent   = `\Recent` // RFC 3501 only; cannot be stored
	FlagWildcard = `\*`      // in PERMANENTFLAGS: new keywords may be made
)

// CanonFlag gives a system flag in its usual spelling and any other flag as it
// is.
func CanonFlag(s string) string {
	if len(s) > 0 && s[0] == '\\' {
		for _, f := range [...]string{FlagSeen, FlagAnswered, FlagFlagged, FlagDeleted, FlagDraft, FlagRecent} {
			if len(s) == len(f) && strings.EqualFold(s, f) {
				return f
			}
		}
	}
	return s
}

// IsSystemFlag reports whether s is one of the five system flags that a client
// may store, in any case.
func IsSystemFlag(s string) bool {
	switch CanonFlag(s) {
	case FlagSeen, FlagAnswered, FlagFlagged, FlagDeleted, FlagDraft:
		return true
	}
	return false
}

// IsKeyword reports whether s is a legal keyword: an atom (RFC 9051 §9,
// flag-keyword).
func IsKeyword(s string) bool { return IsAtom(s) }
