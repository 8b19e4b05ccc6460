package mailstore

import (
	"bytes"
	"encoding/binary"
	"errors"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/message"
)

// checkLost finds the messages whose content is not whole. With DropLost they
// are expunged, so that clients hear of it.
func (c *checker) checkLost(lost map[restante.EmailID]string) error {
	start, end := kindRange(kindPage)
	gone := make(map[*checkedBox]UIDSet)
	err := c.scan(start, end, func(key, value []byte) error {
		n, rest, _ := keyNumber(key)
		cb := c.boxes[restante.MailboxID(n)]
		if cb == nil || len(rest) != 4 {
			return nil
		}
		p, err := parsePage(restante.UID(binary.BigEndian.Uint32(rest)), bytes.Clone(value))
		if err != nil {
			return nil // told before
		}
		var keep []int
		for i, id := range p.EmailIDs() {
			why, ok := lost[id]
			if !ok {
				keep = append(keep, i)
				continue
			}
			text := "the content is not whole: " + why
			if c.drops() {
				text += "; the message is removed"
				gone[cb] = gone[cb].Add(p.UID(i))
				c.drop(cb, p.Message(i))
			}
			c.found(Finding{Kind: FindContent, Mailbox: cb.mailbox.Name, UID: p.UID(i), Email: id, Text: text}, c.drops())
		}
		if len(keep) < p.n && c.drops() {
			c.replacePage(cb, p, keep)
		}
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
		c.dirty(cb)
	}
	c.dirtyAccount()
	for id := range lost {
		for _, kind := range [...]byte{kindSummary, kindHeader, kindBody} {
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

// drops reports whether messages without content are to be removed. That is
// one commit whatever its size, and the first one, so that it is whole.
func (c *checker) drops() bool { return c.fix != nil && c.fix.dropLost && !c.fix.full }

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

// replacePage writes a page with the entries that are kept.
func (c *checker) replacePage(cb *checkedBox, p *Page, keep []int) {
	key := pageKey(cb.mailbox.ID, p.key)
	if len(keep) == 0 {
		c.fix.batch.Delete(key, len(p.raw))
		return
	}
	// Values that checkEntries has put right are in p still.
	sets, modSeqs, _ := (&checker{flags: c.flags, account: c.account, version: c.version}).checkEntries(cb, p)
	c.fix.batch.Set(key, p.withFlags(sets, modSeqs, c.flags).pick(keep, c.flags).row())
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
		for _, kind := range [...]byte{kindSummary, kindHeader, kindBody} {
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
	if unix, zone, ok := message.Summary(s.fresh).SentDate(); ok {
		m.InternalDate = Time{Unix: unix, Zone: int16(zone)}
	}
	s.rescued = append(s.rescued, m)
	s.emails.add(id, m.Size, m.ThreadID)
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
