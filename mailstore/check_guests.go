package mailstore

import (
	"bytes"

	"github.com/restante/restante"
)

// removed reports whether an account that rows belong to was removed, so that they
// are of no use. One that cannot be looked at was not.
func (c *checker) removed(id restante.AccountID) bool {
	if id == 0 || id == c.id {
		return false
	}
	if _, known := c.gone[id]; !known {
		gone, err := c.parent.store.wasRemoved(c.parent.ctx, id)
		if c.gone == nil {
			c.gone = make(map[restante.AccountID]bool)
		}
		c.gone[id] = err == nil && gone
	}
	return c.gone[id]
}

// checkRemoved looks at a partition without an account row: it must be empty but for
// what a removed account leaves.
func (c *checker) checkRemoved() error {
	others, guests := 0, 0
	err := c.scan(nil, nil, func(key, value []byte) error {
		_, rest, ok := keyNumber(key)
		switch {
		case bytes.Equal(key, goneKey()) && len(value) == 4:
		case key[0] == kindForgotten:
			if name, _, ok := parseForgotten(c.id, key, value); !ok || name != allObjects(c.id) {
				others++
			}
		case key[0] == kindGuest && ok && len(rest) == 0:
			guests++
		default:
			others++
		}
		return nil
	})
	if err != nil {
		return err
	}
	if others > 0 {
		c.foundf(FindAccount, false, "there is no account row, but %d other rows", others)
		return nil
	}
	if guests == 0 {
		return nil
	}
	done := c.fix != nil && c.parent.store.forgetGuest(c.parent.ctx, c.id) == nil
	c.foundf(FindGuest, done, "the account was removed, but not what it has left in %d other accounts; it is removed there", guests)
	return nil
}

// checkGuests looks at the notes of where the account is a guest.
func (c *checker) checkGuests() error {
	start, end := kindRange(kindGuest)
	return c.scan(start, end, func(key, value []byte) error {
		if n, rest, ok := keyNumber(key); !ok || len(rest) > 0 || n == uint64(c.id) {
			c.foundf(FindGuest, true, "the note %x of where this account is a guest is none and is removed", key)
			c.delete(key, len(value))
		}
		return nil
	})
}
