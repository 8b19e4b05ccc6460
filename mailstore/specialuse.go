package mailstore

import (
	"fmt"
	"slices"
	"strings"

	"github.com/restante/restante"
)

// ErrSpecialUse is the kind of error for a special use that a mailbox cannot
// have (RFC 6154 §3, USEATTR).
var ErrSpecialUse = fmt.Errorf("special use: %w", restante.ErrInvalid)

// specialUses are the attributes that a mailbox can be given: those of
// RFC 6154 §2 and of the registry "IMAP Mailbox Name Attributes" that name a
// place for messages. \All and \Flagged are views, which no mailbox here is.
var specialUses = [...]string{
	`\Archive`, `\Drafts`, `\Important`, `\Junk`, `\Memos`, `\Scheduled`, `\Sent`, `\Snoozed`, `\Trash`,
}

// normalizeUses gives special uses in their registered spelling, sorted, each
// once. An unknown one is ErrSpecialUse.
func normalizeUses(uses []string) ([]string, error) {
	var list []string
	for _, use := range uses {
		i := slices.IndexFunc(specialUses[:], func(s string) bool { return strings.EqualFold(s, use) })
		if i < 0 {
			return nil, fmt.Errorf("mailstore: %q: %w", use, ErrSpecialUse)
		}
		list = append(list, specialUses[i])
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

// SpecialUses are the attributes that a mailbox can be given, whatever the case.
func SpecialUses() []string { return slices.Clone(specialUses[:]) }

// freeUses normalizes special uses and makes sure that no mailbox has them, for
// clients would not know which to take.
func (tx *txn) freeUses(uses []string) ([]string, error) {
	uses, err := normalizeUses(uses)
	if err != nil || len(uses) == 0 {
		return nil, err
	}
	for _, b := range tx.base.mailboxes {
		for _, use := range b.mailbox.SpecialUse {
			if slices.Contains(uses, use) {
				return nil, fmt.Errorf("mailstore: %q has %s already: %w", b.mailbox.Name, use, ErrSpecialUse)
			}
		}
	}
	return uses, nil
}
