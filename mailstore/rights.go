package mailstore

import (
	"fmt"
	"strings"

	"github.com/restante/restante"
)

// Rights is a set of rights on a mailbox (RFC 4314 §2.1).
type Rights uint16

// The rights, in the order in which they are written.
const (
	RightLookup   Rights = 1 << iota // l: the mailbox is seen by LIST, and can be subscribed
	RightRead                        // r: its messages can be read
	RightSeen                        // s: \Seen is kept
	RightWrite                       // w: flags but \Seen and \Deleted can be changed
	RightInsert                      // i: messages can be put in
	RightPost                        // p: mail can be sent to it
	RightCreate                      // k: mailboxes can be made below it
	RightDelete                      // x: it can be deleted or renamed
	RightDeleted                     // t: \Deleted can be changed
	RightExpunge                     // e: messages can be expunged
	RightAdmin                       // a: its rights can be changed
	RightAnnotate                    // n: shared annotations can be changed (RFC 5257 §3.4)
)

// rightLetters has each right's letter at its bit.
const rightLetters = "lrswipkxtean"

// The rights that stand for others in clients of RFC 2086: "c" for the making of
// mailboxes and "d" for the deletion of messages and mailboxes. As RFC 4314
// §2.1.1 lets a server choose, "x" belongs to "c" here, so that who could make
// mailboxes can take them away again.
const (
	rightsCreate = RightCreate | RightDelete
	rightsDelete = RightDeleted | RightExpunge
)

// AllRights is everything that an owner can do.
const AllRights = 1<<len(rightLetters) - 1

// WriteRights are those of which a user needs one for a mailbox to be more than
// read-only to him (RFC 4314 §5.2). The right to \Seen is among them only where that
// is one for all.
func (s *Store) WriteRights() Rights {
	const always = RightInsert | RightExpunge | RightWrite | RightDeleted | RightAnnotate
	if s.options.SharedSeen {
		return always | RightSeen
	}
	return always
}

// OwnerRights are what no ACL takes from the owner: else nobody could give them
// back (RFC 4314 §2).
const OwnerRights = RightLookup | RightAdmin

// ParseRights reads rights of RFC 4314 §2.1 and the obsolete ones of §2.1.1. A
// letter that is none is restante.ErrInvalid.
func ParseRights(letters string) (Rights, error) {
	var set Rights
	for i := range len(letters) {
		switch c := letters[i]; c {
		case 'c':
			set |= rightsCreate
		case 'd':
			set |= rightsDelete
		default:
			bit := strings.IndexByte(rightLetters, c)
			if bit < 0 {
				return 0, fmt.Errorf("mailstore: no right %q: %w", c, restante.ErrInvalid)
			}
			set |= 1 << bit
		}
	}
	return set, nil
}

// String gives the letters of the rights, as they are stored.
func (r Rights) String() string {
	b := make([]byte, 0, len(rightLetters))
	for i := range len(rightLetters) {
		if r&(1<<i) != 0 {
			b = append(b, rightLetters[i])
		}
	}
	return string(b)
}

// Letters gives the rights as a client is told them: with "c" and "d" where it
// has one of the rights that they stand for (RFC 4314 §2.1.1).
func (r Rights) Letters() string {
	s := r.String()
	if r&rightsCreate != 0 {
		s += "c"
	}
	if r&rightsDelete != 0 {
		s += "d"
	}
	return s
}

// Has reports whether all of want are there.
func (r Rights) Has(want Rights) bool { return r&want == want }

// FlagRights are the rights to change flags.
const FlagRights = RightSeen | RightWrite | RightDeleted

// FlagRight is the right that it takes to change a flag (RFC 4314 §4, STORE).
func FlagRight(flag string) Rights {
	switch bit, _ := systemFlag(flag); bit {
	case Seen:
		return RightSeen
	case Deleted:
		return RightDeleted
	}
	return RightWrite
}

// Settable leaves of flags those that the rights allow to be changed.
func (r Rights) Settable(flags []string) []string {
	if r.Has(FlagRights) {
		return flags
	}
	kept := make([]string, 0, len(flags))
	for _, f := range flags {
		if r.Has(FlagRight(f)) {
			kept = append(kept, f)
		}
	}
	return kept
}

// systemFlags are the system flags that the rights allow to be changed.
func (r Rights) systemFlags() SystemFlags {
	var set SystemFlags
	if r.Has(RightSeen) {
		set |= Seen
	}
	if r.Has(RightDeleted) {
		set |= Deleted
	}
	if r.Has(RightWrite) {
		set |= Answered | Flagged | Draft
	}
	return set
}
