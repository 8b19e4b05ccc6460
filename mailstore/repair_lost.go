package mailstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// entriesAgain are the contents whose messages are to be looked at once more.
type entriesAgain struct {
	lost  map[restante.EmailID]string    // why
	sizes map[restante.EmailID]uint32    // of whole contents that messages give another size
	sent  map[restante.EmailID]sentAgain // of those that messages give another sent date
}

// sentAgain is the date of a content, if it is dated.
type sentAgain struct {
	Time
	dated bool
}

// of is the sent date that a message must have.
func (d sentAgain) of(m *Message) Time {
	if d.dated {
		return d.Time
	}
	return m.InternalDate
}

// checkEntriesAgain finds the messages whose content is not whole, which are
// expunged with DropLost, so that clients hear of it, and those that give a
// whole content another size or sent date than it has, which is put right.
func (c *checker) checkEntriesAgain(again *entriesAgain) error {
	if c.fix != nil && c.full() {
		c.fix.dropLost = false // the next commit does it, which has room for all of it
	}
	start, end := kindRange(kindPage)
	gone := make(map[*checkedBox]UIDSet)
	err := c.scan(start, end, func(key, value []byte) error {
		n, rest, _ := keyNumber(key)
		cb := c.boxes[restante.MailboxID(n)]
		if cb == nil || len(rest) != 4 {
			return nil
		}
		p, err := parsePage(restante.UID(binary.BigEndian.Uint32(rest)), bytes.Clone(value))
		if err != nil || !rising(p.UIDs()) {
			return nil // told before
		}
		c.checkPageAgain(cb, p, again, gone)
		return nil
	})
	if err != nil || !c.drops() {
		return err
	}
	for cb, uids := range gone {
		if !cb.forgotten {
			c.fix.batch.Set(expungedKey(cb.mailbox.ID, c.version+1), appendUIDSet(nil, uids))
			cb.box.history += uint32(len(uids))
		}
	}
	for id := range again.lost {
		for _, kind := range [...]byte{kindSummary, kindHeader, kindBody, kindObject} {
			c.fix.batch.DeleteRange(contentRange(kind, id, id))
		}
		if row := c.emails.refs(uint64(id) / refBlockSize); len(row) > 0 {
			c.fix.batch.Set(refsKey(uint64(id)/refBlockSize), row)
		} else {
			c.fix.batch.Delete(refsKey(uint64(id)/refBlockSize), 0)
		}
	}
	return nil
}

// checkPageAgain does so for one page and writes it if it changes.
func (c *checker) checkPageAgain(cb *checkedBox, p *Page, again *entriesAgain, gone map[*checkedBox]UIDSet) {
	// What checkEntries has put right is in p as it was.
	sets, modSeqs, _ := (&checker{flags: c.flags, account: c.account, version: c.version}).checkEntries(cb, p)
	keep := make([]Message, 0, p.n)
	changed := false
	for i := range p.n {
		m := p.Message(i)
		m.FlagSet, m.ModSeq = sets[i], modSeqs[i]
		f := Finding{Kind: FindContent, Mailbox: cb.mailbox.Name, UID: m.UID, Email: m.EmailID}
		if why, ok := again.lost[m.EmailID]; ok {
			f.Text = "the content is not whole: " + why
			if c.drops() {
				f.Text += "; the message is removed"
				c.drop(cb, m)
				gone[cb] = gone[cb].Add(m.UID)
				changed = true
			}
			c.found(f, c.drops())
			if c.drops() {
				continue
			}
		}
		if size, ok := again.sizes[m.EmailID]; ok && size != m.Size {
			f.Kind, f.Text = FindMessage, fmt.Sprintf("its size is given as %d octets, the content has %d", m.Size, size)
			c.found(f, true)
			if c.fix != nil && !c.fix.full {
				c.resize(cb, m, size)
				m.Size, m.ModSeq, changed = size, c.version+1, true
			}
		}
		if date, ok := again.sent[m.EmailID]; ok && date.of(&m) != m.SentDate {
			f.Kind, f.Text = FindMessage, "its sent date is not that of the content"
			c.found(f, true)
			if c.fix != nil && !c.fix.full {
				m.SentDate, m.ModSeq, changed = date.of(&m), c.version+1, true
			}
		}
		keep = append(keep, m)
	}
	switch key := pageKey(cb.mailbox.ID, p.key); {
	case !changed || c.fix == nil:
	case len(keep) == 0:
		c.fix.batch.Delete(key, len(p.raw))
	default:
		c.fix.batch.Set(key, newPage(p.key, keep, c.flags).row())
	}
	if changed {
		c.dirty(cb)
		c.dirtyAccount()
	}
}

// drops reports whether messages without content and pages that cannot be read
// are removed. All of that is part of one commit whatever its size, so that it
// is whole.
func (c *checker) drops() bool { return c.fix != nil && c.fix.dropLost }

// drop takes a message out of all counts.
func (c *checker) drop(cb *checkedBox, m Message) {
	mb, system := cb.mailbox, c.flags.system(m.FlagSet)
	mb.Messages--
	mb.Size -= uint64(m.Size)
	if system&Seen == 0 {
		mb.Unseen--
	}
	if system&Deleted != 0 {
		mb.Deleted--
		mb.DeletedSize -= uint64(m.Size)
	}
	c.account.usage.Bytes -= int64(m.Size)
	c.account.usage.Messages--
	c.emails.remove(m.EmailID)
}

// resize counts a message with another size.
func (c *checker) resize(cb *checkedBox, m Message, size uint32) {
	delta := int64(size) - int64(m.Size)
	cb.mailbox.Size += uint64(delta)
	if c.flags.system(m.FlagSet)&Deleted != 0 {
		cb.mailbox.DeletedSize += uint64(delta)
	}
	c.account.usage.Bytes += delta
}

// rescue gives a content that dropped pages may have named a new message, if
// it is whole; else it is removed.
func (s *contentCheck) rescue(id restante.EmailID) error {
	parser, size, why, err := s.read(id)
	if err != nil {
		return err
	}
	if why != "" {
		s.found(Finding{Kind: FindOrphan, Email: id, Text: "no message names this content, which is not whole and is removed: " + why}, true)
		for _, kind := range [...]byte{kindSummary, kindHeader, kindBody, kindObject} {
			s.fix.batch.DeleteRange(contentRange(kind, id, id))
		}
		return nil
	}
	s.checkSummary(id, parser)
	thread, err := s.threadOf(id)
	if err != nil {
		return err
	}
	at := TimeOf(s.parent.store.now())
	m := Message{EmailID: id, ThreadID: thread, InternalDate: at, SaveDate: at, Size: uint32(size)}
	m.SentDate = sentDate(s.fresh, at)
	m.InternalDate = m.SentDate
	s.rescued = append(s.rescued, m)
	s.emails.add(&m)
	return nil
}

// threadOf is the thread that a content's rows name, or else its own.
func (c *checker) threadOf(id restante.EmailID) (restante.ThreadID, error) {
	of, err := c.snap.Get(threadOfKey(id), nil)
	if err == nil && len(of) >= 8 {
		of, err = c.snap.Get(threadKey(binary.BigEndian.Uint64(of), id), nil)
	}
	if err != nil && !errors.Is(err, kv.ErrNotFound) {
		return 0, err
	}
	if err == nil && len(of) == 8 {
		return restante.ThreadID(binary.BigEndian.Uint64(of)), nil
	}
	return restante.ThreadID(id), nil
}

// addRescued puts contents into a new mailbox.
func (c *checker) addRescued(list []Message) {
	cb := c.newBox(c.freeName("Recovered"))
	c.inBox(cb, FindOrphan, true, "%d messages that damaged pages named are put here; their flags and mailboxes are not known", len(list))
	mb := cb.mailbox
	for len(list) > 0 {
		n := min(len(list), PageSize)
		for i := range list[:n] {
			m := &list[i]
			m.UID, m.ModSeq = mb.UIDNext, c.version+1
			mb.UIDNext++
			mb.Messages++
			mb.Unseen++
			mb.Size += uint64(m.Size)
			c.account.usage.Bytes += int64(m.Size)
			c.account.usage.Messages++
		}
		p := newPage(list[0].UID, list[:n], c.flags)
		c.fix.batch.Set(pageKey(mb.ID, p.key), p.row())
		list = list[n:]
	}
}
