package mailstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// checkStaging reads which contents are uploads under way, and finds those
// that were abandoned.
func (c *checker) checkStaging() error {
	now := c.parent.store.now()
	start, end := kindRange(kindStaging)
	return c.scan(start, end, func(key, value []byte) error {
		n, rest, ok := keyNumber(key)
		id := restante.EmailID(n)
		u, valid := parseStaging(id, value)
		switch {
		case !ok || len(rest) > 0:
			c.foundf(FindUpload, true, "an upload's row has the key %x and is removed", key)
			c.delete(key, len(value))
		case c.emails.get(id).named > 0:
			c.found(Finding{Kind: FindUpload, Email: id, Text: "an upload is marked as unfinished but a message names it; the mark is removed"}, true)
			c.delete(key, len(value))
		case !valid || u.abandoned(now):
			// Without its mark the content is removed as an orphan.
			why := "was never finished"
			if !valid {
				why = "has a row that cannot be read"
			}
			c.found(Finding{Kind: FindUpload, Email: id, Text: "an upload " + why + " and is removed"}, true)
			c.delete(key, len(value))
			c.abandoned[id] = true
		default:
			c.staging[id] = true
		}
		return nil
	})
}

// checkRefs holds the stored counts of copies against the messages.
func (c *checker) checkRefs() error {
	if c.damaged {
		return nil // what the lost pages name is not known
	}
	seen := make(map[uint64]bool)
	start, end := kindRange(kindRefs)
	err := c.scan(start, end, func(key, value []byte) error {
		number, rest, ok := keyNumber(key)
		if !ok || len(rest) > 0 {
			c.foundf(FindRefs, true, "a row of copies has the key %x and is removed", key)
			c.delete(key, len(value))
			return nil
		}
		seen[number] = true
		c.checkRefBlock(number, value)
		return nil
	})
	for number := range c.emails.blocks {
		if !seen[number] {
			c.checkRefBlock(number, nil)
		}
	}
	return err
}

func (c *checker) checkRefBlock(number uint64, row []byte) {
	want := c.emails.refs(number)
	if bytes.Equal(row, want) {
		return
	}
	first := restante.EmailID(number * refBlockSize)
	c.found(Finding{Kind: FindRefs, Email: first, Text: fmt.Sprintf(
		"the copies of contents %d to %d are counted wrongly; they are counted again", first, first+refBlockSize-1)}, true)
	if len(want) == 0 {
		c.delete(refsKey(number), len(row))
	} else {
		c.set(refsKey(number), want)
	}
}

// checkThreads looks at the rows by which messages find their threads: a
// content's list of hashes and the row of each hash name one another.
func (c *checker) checkThreads() error {
	start, end := kindRange(kindThreadOf)
	err := c.scan(start, end, func(key, value []byte) error {
		n, rest, ok := keyNumber(key)
		id := restante.EmailID(n)
		if !ok || len(rest) > 0 || len(value) == 0 || len(value)%8 != 0 || !c.live(id) {
			c.found(Finding{Kind: FindThread, Email: id, Text: "its list of message ids is of no use and is removed"}, !c.damaged)
			if !c.damaged {
				c.delete(key, len(value))
			}
			return nil
		}
		for b := value; len(b) > 0; b = b[8:] {
			if err := c.checkThreadRow(id, binary.BigEndian.Uint64(b)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	var of []byte
	start, end = kindRange(kindThread)
	return c.scan(start, end, func(key, value []byte) error {
		hash, rest, ok := keyNumber(key)
		if !ok || len(rest) != 8 {
			c.foundf(FindThread, true, "a thread row has the key %x and is removed", key)
			c.delete(key, len(value))
			return nil
		}
		id := restante.EmailID(binary.BigEndian.Uint64(rest))
		var err error
		of, err = c.snap.Get(threadOfKey(id), of[:0])
		if err != nil && !errors.Is(err, kv.ErrNotFound) {
			return err
		}
		if err != nil || !lists(of, hash) || !c.live(id) {
			c.found(Finding{Kind: FindThread, Email: id, Text: "a thread row stands that its list does not name, and is removed"}, !c.damaged)
			if !c.damaged {
				c.delete(key, len(value))
			}
		}
		return nil
	})
}

// live reports whether a message or an upload names the content.
func (c *checker) live(id restante.EmailID) bool { return c.emails.get(id).named > 0 || c.staging[id] }

func lists(of []byte, hash uint64) bool {
	for ; len(of) >= 8; of = of[8:] {
		if binary.BigEndian.Uint64(of) == hash {
			return true
		}
	}
	return false
}

// checkThreadRow looks at the row of a hash that a content's list names.
func (c *checker) checkThreadRow(id restante.EmailID, hash uint64) error {
	thread := c.emails.get(id).thread
	want := binary.BigEndian.AppendUint64(nil, uint64(thread))
	value, err := c.snap.Get(threadKey(hash, id), nil)
	switch {
	case errors.Is(err, kv.ErrNotFound):
		c.found(Finding{Kind: FindThread, Email: id, Text: "a thread row is missing and is made again"}, true)
	case err != nil:
		return err
	case !bytes.Equal(value, want):
		c.found(Finding{Kind: FindThread, Email: id, Text: fmt.Sprintf("a thread row names thread %x, the message is in %d; the row is made again", value, thread)}, true)
	default:
		return nil
	}
	c.set(threadKey(hash, id), want)
	return nil
}

// checkForgotten looks at the rows of objects that wait to be deleted.
func (c *checker) checkForgotten() error {
	start, end := kindRange(kindForgotten)
	return c.scan(start, end, func(key, value []byte) error {
		if _, _, ok := parseForgotten(c.id, key, value); !ok {
			c.foundf(FindObject, true, "a row of a forgotten object has the key %x and is removed", key)
			c.delete(key, len(value))
		}
		return nil
	})
}

// checkOthers looks at the import ledger and for rows of unknown kinds.
func (c *checker) checkOthers() error {
	start, end := kindRange(kindImported)
	err := c.scan(start, end, func(key, value []byte) error {
		if len(key) != 17 {
			c.foundf(FindRow, true, "an import row has the key %x and is removed", key)
			c.delete(key, len(value))
		}
		return nil
	})
	if err != nil {
		return err
	}
	known := []byte{
		kindAccount, kindMailbox, kindSubscription, kindFlagSet, kindACL, kindSeenChange, kindPage, kindExpunged, kindSeen, kindAnnotation, kindRefs,
		kindThread, kindThreadOf, kindStaging, kindImported, kindMetadata, kindURLKey, kindForgotten, kindGuest, kindSummary, kindHeader, kindBody, kindObject,
	}
	from := []byte{0}
	for _, kind := range append(known, 0) {
		end := []byte{kind}
		if kind == 0 {
			end = nil
		}
		err := c.scan(from, end, func(key, _ []byte) error {
			c.foundf(FindRow, false, "a row of unknown kind has the key %x", key)
			return nil
		})
		if err != nil {
			return err
		}
		from = []byte{kind + 1}
		if kind == kindAccount {
			from = []byte{kindAccount, 0} // there is one account row
		}
	}
	return nil
}
