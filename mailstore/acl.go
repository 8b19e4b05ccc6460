package mailstore

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// Grant gives an identifier rights, or with a dash before it takes them away (RFC
// 4314 §2).
type Grant struct {
	Identifier string
	Rights     Rights
}

// ACL is a mailbox's access control list: each identifier stands in it once. It
// is immutable. Who an identifier is, and what it means that there is no list,
// the store does not know.
type ACL []Grant

// Rights gives what the list grants to somebody: the union of what it grants to
// the identifiers that apply to him, less what it takes from them.
func (l ACL) Rights(applies func(identifier string) bool) Rights {
	var granted, denied Rights
	for _, g := range l {
		if who, negative := strings.CutPrefix(g.Identifier, "-"); negative {
			if g.Rights&^denied != 0 && applies(who) {
				denied |= g.Rights
			}
		} else if g.Rights&^granted != 0 && applies(who) {
			granted |= g.Rights
		}
	}
	return granted &^ denied
}

// Of gives the rights that an identifier has in the list, and whether it stands
// in it.
func (l ACL) Of(identifier string) (Rights, bool) {
	for _, g := range l {
		if g.Identifier == identifier {
			return g.Rights, true
		}
	}
	return 0, false
}

// With gives the list with other rights for an identifier, which comes last if it
// is new. Without rights it stays in the list: what it has was said.
func (l ACL) With(identifier string, r Rights) ACL {
	next := slices.Clone(l)
	for i := range next {
		if next[i].Identifier == identifier {
			next[i].Rights = r
			return next
		}
	}
	return append(next, Grant{Identifier: identifier, Rights: r})
}

// Without gives the list without an identifier.
func (l ACL) Without(identifier string) ACL {
	next := make(ACL, 0, len(l))
	for _, g := range l {
		if g.Identifier != identifier {
			next = append(next, g)
		}
	}
	return next
}

// ACL answers a mailbox's access control list; has is false if it never got one,
// and it may be empty if it has. Not to be changed.
func (s *State) ACL(id restante.MailboxID) (list ACL, has bool) {
	list, has = s.acls[id]
	return list, has
}

// HasACLs reports whether any mailbox of the account has an access control list.
func (s *State) HasACLs() bool { return len(s.acls) > 0 }

// ACLs calls yield for each mailbox that has an access control list.
func (s *State) ACLs(yield func(restante.MailboxID, ACL) bool) {
	for id, l := range s.acls {
		if !yield(id, l) {
			return
		}
	}
}

// SetACL changes a mailbox's access control list in one durable commit: change
// gets the one there is, as [State.ACL] answers it, and gives the new one; nil
// removes it. It may be called more than once. Errors are change's,
// restante.ErrNotFound (the mailbox), ErrInvalid and ErrLimit.
func (a *Account) SetACL(ctx context.Context, id restante.MailboxID, change func(list ACL, has bool) (ACL, error)) error {
	_, err := a.update(ctx, kv.Durable, func(tx *txn) error {
		if tx.base.Mailbox(id) == nil {
			return notFound("mailbox", uint64(id))
		}
		old, has := tx.base.ACL(id)
		next, err := change(old, has)
		if err != nil {
			return err
		}
		if err := tx.limits.checkACL(next); err != nil {
			return err
		}
		if has == (next != nil) && slices.Equal(old, next) {
			return nil
		}
		tx.setACL(id, next)
		return nil
	})
	return err
}

// checkACL holds a list against the limits and the form that it must have.
func (l Limits) checkACL(list ACL) error {
	if len(list) > l.ACLEntries {
		return fmt.Errorf("mailstore: access control list of more than %d identifiers: %w", l.ACLEntries, restante.ErrLimit)
	}
	return formOfACL(list)
}

// formOfACL says whether a list is one.
func formOfACL(list ACL) error {
	seen := make(map[string]bool, len(list))
	for _, g := range list {
		if strings.TrimPrefix(g.Identifier, "-") == "" || g.Rights&^AllRights != 0 || seen[g.Identifier] {
			return fmt.Errorf("mailstore: grant of %q to %q: %w", g.Rights, g.Identifier, restante.ErrInvalid)
		}
		if len(g.Identifier) > maxIdentifier {
			return fmt.Errorf("mailstore: identifier of more than %d bytes: %w", maxIdentifier, restante.ErrLimit)
		}
		seen[g.Identifier] = true
	}
	return nil
}

// maxIdentifier is the longest identifier of an access control list, in bytes.
const maxIdentifier = 1 << 10

// setACL makes list the mailbox's as part of a change; nil removes it.
func (tx *txn) setACL(id restante.MailboxID, list ACL) {
	if !tx.ownACLs {
		tx.acls, tx.ownACLs = maps.Clone(tx.acls), true
	}
	tx.structure = true
	if list == nil {
		delete(tx.acls, id)
		tx.batch.Delete(aclKey(id), 0)
		return
	}
	if tx.acls == nil {
		tx.acls = make(map[restante.MailboxID]ACL)
	}
	tx.acls[id] = list
	tx.batch.Set(aclKey(id), appendACL(nil, list))
}

// inheritACL gives a new mailbox the access control list of the nearest one above
// it (RFC 4314 §4, CREATE).
func (tx *txn) inheritACL(d *draft) {
	if len(tx.acls) == 0 {
		return
	}
	above := superiors(d.mailbox.Name)
	for i := len(above) - 1; i >= 0; i-- {
		if parent := tx.named(above[i]); parent != nil {
			if list, has := tx.acls[parent.mailbox.ID]; has {
				tx.setACL(d.mailbox.ID, list)
			}
			return
		}
	}
}

// dropACL removes the list of a mailbox that is deleted (RFC 4314 §4, DELETE).
func (tx *txn) dropACL(id restante.MailboxID) {
	if _, has := tx.acls[id]; has {
		tx.setACL(id, nil)
	}
}

// appendACL encodes a list: for each grant the rights and the identifier with its
// length.
func appendACL(dst []byte, list ACL) []byte {
	for _, g := range list {
		dst = binary.AppendUvarint(dst, uint64(g.Rights))
		dst = append(binary.AppendUvarint(dst, uint64(len(g.Identifier))), g.Identifier...)
	}
	return dst
}

// parseACL reads a list. It is never nil.
func parseACL(b []byte) (ACL, bool) {
	f := fields{b: b}
	list := ACL{}
	for len(f.b) > 0 {
		r := f.next()
		g := Grant{Rights: Rights(r), Identifier: f.text()}
		if f.bad || r&^uint64(AllRights) != 0 || g.Identifier == "" {
			return nil, false
		}
		list = append(list, g)
	}
	return list, !f.bad
}

// readACL takes the row of an access control list.
func (s *State) readACL(key, value []byte) bool {
	n, rest, ok := keyNumber(key)
	if !ok || len(rest) > 0 {
		return false
	}
	list, ok := parseACL(value)
	if !ok {
		return false
	}
	if s.acls == nil {
		s.acls = make(map[restante.MailboxID]ACL)
	}
	s.acls[restante.MailboxID(n)] = list
	return true
}
