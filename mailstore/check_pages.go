package mailstore

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/restante/restante"
)

// checkHistory reads the history of expunges. A client that asks for what
// vanished gets the whole complement of the mailbox for the time up to a
// mailbox's floor, so history that is in doubt is forgotten by raising it.
func (c *checker) checkHistory() error {
	counts := make(map[*checkedBox]uint32)
	start, end := kindRange(kindExpunged)
	err := c.scan(start, end, func(key, value []byte) error {
		n, rest, ok := keyNumber(key)
		cb := c.boxes[restante.MailboxID(n)]
		if !ok || len(rest) != 8 || cb == nil {
			c.foundf(FindOrphan, !c.damaged, "history of mailbox %d, which is not there, is removed", n)
			if !c.damaged {
				c.delete(key, len(value))
			}
			return nil
		}
		if cb.forgotten {
			return nil
		}
		at := restante.ModSeq(binary.BigEndian.Uint64(rest))
		set, ok := parseUIDSet(value)
		switch {
		case !ok || at > c.version || len(set) == 0:
			c.inBox(cb, FindHistory, true, "the expunges of modseq %d cannot be read; the history is forgotten", at)
			c.forgetHistory(cb)
			return nil
		case at <= cb.floor:
			c.inBox(cb, FindHistory, true, "expunges of modseq %d are older than the history goes and are removed", at)
			c.delete(key, len(value))
			return nil
		case set[len(set)-1].Last >= cb.mailbox.UIDNext:
			c.inBox(cb, FindHistory, true, "UID %d is told as expunged but was never given out; the history is forgotten", set[len(set)-1].Last)
			c.forgetHistory(cb)
			return nil
		}
		if at > cb.mailbox.HighestModSeq {
			c.inBox(cb, FindHistory, true, "expunges of modseq %d are after its last change, %d, which is corrected", at, cb.mailbox.HighestModSeq)
			c.dirty(cb)
		}
		cb.history = cb.history.union(set)
		counts[cb] += uint32(len(set))
		return nil
	})
	for _, cb := range c.order {
		if !cb.forgotten && counts[cb] != cb.box.history {
			c.inBox(cb, FindCount, true, "the history has %d ranges, the mailbox row says %d", counts[cb], cb.box.history)
			cb.box.history = counts[cb]
			c.dirty(cb)
		}
	}
	return err
}

// checkPages reads all pages: the order of UIDs and modseqs, the flag sets, and
// what they count. It gathers which contents are named.
func (c *checker) checkPages() error {
	start, end := kindRange(kindPage)
	return c.scan(start, end, func(key, value []byte) error {
		n, rest, ok := keyNumber(key)
		if !ok || len(rest) != 4 {
			c.foundf(FindPage, false, "a page has the key %x", key)
			c.damaged = true
			return nil
		}
		id, first := restante.MailboxID(n), restante.UID(binary.BigEndian.Uint32(rest))
		cb := c.boxes[id]
		if cb == nil {
			name := c.freeName("Recovered")
			c.foundf(FindOrphan, true, "pages of mailbox %d, which is not there, are put into the new mailbox %q", id, name)
			cb = c.boxOf(id, name)
			c.account.nextMailbox = max(c.account.nextMailbox, id+1)
			cb.recovered = true
			cb.floor = c.version + 1 // what was expunged is not known
		}
		p, err := parsePage(first, bytes.Clone(value))
		if err != nil {
			c.lostPage(cb, key, value, err)
			return nil
		}
		c.checkPage(cb, p)
		return nil
	})
}

// lostPage notes a page that cannot be read.
func (c *checker) lostPage(cb *checkedBox, key, value []byte, err error) {
	drop := c.drops() && !c.full()
	c.inBox(cb, FindPage, drop, "the page at UID %d cannot be read: %v", binary.BigEndian.Uint32(key[9:]), err)
	// Which contents it named is not known: none may be removed as orphans.
	c.damaged, cb.damaged = true, !drop
	if drop {
		c.fix.batch.Delete(bytes.Clone(key), len(value))
		c.forgetHistory(cb)
		c.fix.rescue = true
	}
}

func (c *checker) checkPage(cb *checkedBox, p *Page) {
	mb := cb.mailbox
	if mb.NoSelect {
		c.inBox(cb, FindMailbox, true, "it cannot be selected but has messages; it is made a mailbox again")
		mb.NoSelect = false
		c.dirty(cb)
	}
	uids := p.UIDs()
	if p.key > p.first || p.key <= cb.last || uids[0] != p.first || uids[len(uids)-1] != p.last || !rising(uids) {
		c.lostPage(cb, pageKey(mb.ID, p.key), p.raw, fmt.Errorf("its UIDs do not rise, or are not above %d", cb.last))
		return
	}
	for _, uid := range uids {
		cb.noteAbsent(uid)
	}
	if c.overlaps(cb, uids) {
		c.inBox(cb, FindHistory, true, "messages of the page at UID %d are told as expunged; the history is forgotten", p.key)
		c.forgetHistory(cb)
	}
	sets, modSeqs, changed := c.checkEntries(cb, p)
	var fresh Page
	fresh.countFlags(sets, c.flags)
	if p.unseen >= 0 && (p.unseen != fresh.unseen || p.deleted != fresh.deleted) || slices.Max(p.ModSeqs()) != p.maxModSeq {
		c.inBox(cb, FindCount, true, "the page at UID %d miscounts its unseen or deleted messages or its highest modseq", p.key)
		changed = true
	}
	cb.counted.Messages += uint32(p.n)
	cb.counted.Unseen += uint32(fresh.unseen)
	cb.counted.Deleted += uint32(fresh.deleted)
	for i, size := range p.Sizes() {
		cb.counted.Size += uint64(size)
		if c.flags.system(sets[i])&Deleted != 0 {
			cb.counted.DeletedSize += uint64(size)
		}
		if m := p.Message(i); !c.emails.add(&m) {
			c.found(Finding{Kind: FindMessage, Mailbox: mb.Name, UID: uids[i], Email: m.EmailID, Text: "another copy of the message is in a different thread"}, false)
		}
	}
	c.messages += int64(p.n)
	if changed && c.fix != nil {
		c.set(pageKey(mb.ID, p.key), p.withFlags(sets, modSeqs, c.flags).row())
		c.dirty(cb)
	}
}

// noteAbsent goes on to the mailbox's next UID; those that it passes over are of no
// message.
func (cb *checkedBox) noteAbsent(uid restante.UID) {
	if uid > cb.last+1 {
		cb.absent = append(cb.absent, UIDRange{cb.last + 1, uid - 1})
	}
	cb.last = uid
}

// checkAbsent holds the history against the UIDs that no message has. One that was
// never forgotten tells of each of them.
func (c *checker) checkAbsent(cb *checkedBox) {
	if cb.floor > 0 || cb.damaged {
		return
	}
	last := cb.last
	cb.noteAbsent(cb.mailbox.UIDNext)
	cb.last = last
	if untold := cb.absent.Minus(cb.history); len(untold) > 0 {
		c.inBox(cb, FindHistory, true, "UID %d is of no message and is not told as expunged; the history is forgotten", untold[0].First)
		c.forgetHistory(cb)
	}
}

func rising(uids []restante.UID) bool {
	for i := 1; i < len(uids); i++ {
		if uids[i] <= uids[i-1] {
			return false
		}
	}
	return true
}

// overlaps reports whether the history tells one of the UIDs as expunged.
func (c *checker) overlaps(cb *checkedBox, uids []restante.UID) bool {
	if len(cb.history) == 0 || cb.history[len(cb.history)-1].Last < uids[0] || cb.history[0].First > uids[len(uids)-1] {
		return false
	}
	return slices.ContainsFunc(uids, cb.history.Contains)
}

// checkEntries looks at the values of each message and answers the flag sets
// and modseqs as they should be.
func (c *checker) checkEntries(cb *checkedBox, p *Page) (sets []FlagSetID, modSeqs []restante.ModSeq, changed bool) {
	sets, modSeqs = slices.Clone(p.FlagSets()), slices.Clone(p.ModSeqs())
	note := func(i int, kind FindingKind, fixed bool, format string, args ...any) {
		c.found(Finding{Kind: kind, Mailbox: cb.mailbox.Name, UID: p.UID(i), Text: fmt.Sprintf(format, args...)}, fixed)
	}
	for i, id := range p.EmailIDs() {
		switch {
		case c.flags.Set(sets[i]) == nil:
			note(i, FindFlags, true, "flag set %d is not there; the message has no flags now", sets[i])
			sets[i], modSeqs[i], changed = 0, c.version+1, true
		case modSeqs[i] == 0 || modSeqs[i] > min(cb.mailbox.HighestModSeq, c.version):
			note(i, FindMessage, true, "modseq %d is not between 1 and the mailbox's %d", modSeqs[i], cb.mailbox.HighestModSeq)
			modSeqs[i], changed = c.version+1, true
		}
		if id == 0 {
			note(i, FindMessage, false, "it names no content")
		}
		thread := p.ThreadIDs()[i]
		if thread == 0 {
			note(i, FindMessage, false, "it is in no thread")
		}
		c.highest = max(c.highest, id, restante.EmailID(thread))
	}
	return sets, modSeqs, changed
}

// checkCounts holds the mailboxes' counts and the account's usage against what
// the pages make.
func (c *checker) checkCounts() error {
	var usage Usage
	damaged := false
	for _, cb := range c.order {
		mb, n := cb.mailbox, cb.counted
		if cb.last >= mb.UIDNext {
			if !cb.recovered {
				c.inBox(cb, FindMailbox, true, "UIDNEXT %d is not above UID %d and is raised", mb.UIDNext, cb.last)
			}
			mb.UIDNext = cb.last + 1
			c.dirty(cb)
		}
		c.checkAbsent(cb)
		usage.Bytes += int64(n.Size)
		usage.Messages += int64(n.Messages)
		damaged = damaged || cb.damaged
		if mb.Messages == n.Messages && mb.Unseen == n.Unseen && mb.Deleted == n.Deleted &&
			mb.Size == n.Size && mb.DeletedSize == n.DeletedSize || cb.recovered {
			c.setCounts(cb, n)
			continue
		}
		c.inBox(cb, FindCount, !cb.damaged, "the mailbox row counts %d messages, %d unseen, %d deleted, %d and %d octets; the pages make %d, %d, %d, %d and %d",
			mb.Messages, mb.Unseen, mb.Deleted, mb.Size, mb.DeletedSize, n.Messages, n.Unseen, n.Deleted, n.Size, n.DeletedSize)
		if !cb.damaged {
			c.setCounts(cb, n)
			c.dirty(cb)
		}
	}
	if c.highest >= c.account.nextEmail {
		c.foundf(FindAccount, true, "content or thread %d is not below the next number %d, which is raised", c.highest, c.account.nextEmail)
		c.account.nextEmail = c.highest + 1
		c.dirtyAccount()
	}
	if have := c.account.usage; have.Bytes != usage.Bytes || have.Messages != usage.Messages {
		c.foundf(FindCount, !damaged, "the account row counts %d octets in %d messages; the mailboxes make %d in %d",
			have.Bytes, have.Messages, usage.Bytes, usage.Messages)
		if !damaged {
			c.account.usage.Bytes, c.account.usage.Messages = usage.Bytes, usage.Messages
			c.dirtyAccount()
		}
	}
	return nil
}

func (c *checker) setCounts(cb *checkedBox, n Mailbox) {
	mb := cb.mailbox
	mb.Messages, mb.Unseen, mb.Deleted, mb.Size, mb.DeletedSize = n.Messages, n.Unseen, n.Deleted, n.Size, n.DeletedSize
}
