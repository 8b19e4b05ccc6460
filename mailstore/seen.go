package mailstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// Whoever reads another account's mailbox has a \Seen of his own there (RFC 4314
// §4): what is in the flag sets is the owner's. It is kept in the owner's account,
// by blocks of 256 UIDs, of which those that nothing was done with have no row. A
// message that was never touched is unseen. UIDs are never used again, so that what
// is kept of a message that is gone does no harm; it goes with the last message of its
// block.

// seenBlockSize is how many UIDs a block holds.
const seenBlockSize = 256

// seenRun says of neighbouring UIDs of a block whether they are seen, and the modseq
// at which that was set.
type seenRun struct {
	first, last uint8 // counted from the block's first UID
	seen        bool
	modSeq      restante.ModSeq
}

// seenBlock is a block: runs in rising order. It is immutable.
type seenBlock []seenRun

// at gives what is known of a UID's place in the block.
func (b seenBlock) at(i uint8) (seen bool, modSeq restante.ModSeq) {
	j, found := slices.BinarySearchFunc(b, i, func(r seenRun, i uint8) int {
		switch {
		case r.last < i:
			return -1
		case r.first > i:
			return 1
		}
		return 0
	})
	if !found {
		return false, 0
	}
	return b[j].seen, b[j].modSeq
}

// appendTo encodes the block: of each run the distance to the one before, its length
// less one with the bit whether it is seen, and the modseq.
func (b seenBlock) appendTo(dst []byte) []byte {
	next := 0
	for _, r := range b {
		bits := uint64(r.last-r.first) << 1
		if r.seen {
			bits |= 1
		}
		dst = binary.AppendUvarint(dst, uint64(int(r.first)-next))
		dst = binary.AppendUvarint(dst, bits)
		dst = binary.AppendUvarint(dst, uint64(r.modSeq))
		next = int(r.last) + 1
	}
	return dst
}

// parseSeenBlock reads a block.
func parseSeenBlock(row []byte) (seenBlock, bool) {
	f := fields{b: row}
	var b seenBlock
	next := uint64(0)
	for len(f.b) > 0 {
		gap, bits, modSeq := f.next(), f.next(), f.next()
		if f.bad || gap > seenBlockSize || bits>>1 >= seenBlockSize || next+gap+bits>>1 >= seenBlockSize {
			return nil, false
		}
		first := next + gap
		next = first + bits>>1 + 1
		b = append(b, seenRun{first: uint8(first), last: uint8(next - 1), seen: bits&1 != 0, modSeq: restante.ModSeq(modSeq)})
	}
	return b, len(b) > 0
}

// seenBy is what an account has seen of a mailbox of another. It is immutable but
// for derived.
type seenBy struct {
	blocks map[uint32]seenBlock
	modSeq restante.ModSeq // of the last change
	asOf   restante.ModSeq // up to which it is known
}

// of gives what is known of a message.
func (s *seenBy) of(uid restante.UID) (seen bool, modSeq restante.ModSeq) {
	b, there := s.blocks[uint32(uid)/seenBlockSize]
	if !there {
		return false, 0
	}
	return b.at(uint8(uint32(uid) % seenBlockSize))
}

// readSeen reads what an account has seen of a mailbox.
func readSeen(snap kv.Snapshot, id restante.MailboxID, viewer restante.AccountID) (*seenBy, error) {
	s := &seenBy{blocks: make(map[uint32]seenBlock)}
	start, end := seenRange(id, viewer)
	it := snap.Scan(start, end)
	for it.Next() {
		b, ok := parseSeenBlock(it.Value())
		if !ok || len(it.Key()) != 21 {
			return nil, errors.Join(fmt.Errorf("mailstore: row %x: %w", it.Key(), restante.ErrCorrupt), it.Close())
		}
		s.blocks[binary.BigEndian.Uint32(it.Key()[17:])] = b
		for _, r := range b {
			s.modSeq = max(s.modSeq, r.modSeq)
		}
	}
	return s, it.Close()
}

// readSeenChange takes the row of the last change of others' \Seen in a mailbox.
func (s *State) readSeenChange(key, value []byte) bool {
	n, rest, ok := keyNumber(key)
	at, m := binary.Uvarint(value)
	if !ok || len(rest) > 0 || m <= 0 {
		return false
	}
	if s.seen == nil {
		s.seen = make(map[restante.MailboxID]restante.ModSeq)
	}
	s.seen[restante.MailboxID(n)] = restante.ModSeq(at)
	return true
}

// seenDraft is a change of what an account has seen of a mailbox.
type seenDraft struct {
	mailbox restante.MailboxID
	viewer  restante.AccountID
	base    *seenBy
	changed map[uint32]seenBlock // blocks in place of the base's
	gone    bool                 // the mailbox is deleted
}

// of is seenBy.of after the change so far.
func (d *seenDraft) of(uid restante.UID) (seen bool, modSeq restante.ModSeq) {
	if b, there := d.changed[uint32(uid)/seenBlockSize]; there {
		return b.at(uint8(uint32(uid) % seenBlockSize))
	}
	return d.base.of(uid)
}

// draftSeen answers the draft of what an account has seen of a mailbox; one serves
// all of a change.
func (tx *txn) draftSeen(id restante.MailboxID, viewer restante.AccountID) (*seenDraft, error) {
	for _, d := range tx.seenDrafts {
		if d.mailbox == id && d.viewer == viewer {
			return d, nil
		}
	}
	base := tx.cache.get(id, viewer, tx.base)
	if _, any := tx.base.seen[id]; base == nil && !any {
		base = &seenBy{}
	}
	if base == nil {
		view, err := tx.read()
		if err != nil {
			return nil, err
		}
		if base, err = readSeen(view, id, viewer); err != nil {
			return nil, unavailable("read what is seen", err)
		}
	}
	d := &seenDraft{mailbox: id, viewer: viewer, base: base, changed: make(map[uint32]seenBlock)}
	tx.seenDrafts = append(tx.seenDrafts, d)
	return d, nil
}

// set makes messages seen or not, at a modseq. UIDs come in rising order. Those that
// are so already stay as they are.
func (d *seenDraft) set(uids UIDSet, seen bool, at restante.ModSeq) {
	for _, r := range uids {
		for uid := uint64(r.First); uid <= uint64(r.Last); {
			block := uint32(uid) / seenBlockSize
			last := min(uint64(r.Last), (uint64(block)+1)*seenBlockSize-1)
			d.setIn(block, uint8(uid%seenBlockSize), uint8(last%seenBlockSize), func(was bool) (bool, bool) { return seen, was != seen }, at)
			uid = last + 1
		}
	}
}

// touch gives a message a modseq that only the viewer sees, for something else of his
// own.
func (d *seenDraft) touch(uid restante.UID, at restante.ModSeq) {
	i := uint8(uint32(uid) % seenBlockSize)
	d.setIn(uint32(uid)/seenBlockSize, i, i, func(was bool) (bool, bool) { return was, true }, at)
}

// setIn is set for UIDs of one block. become says what \Seen becomes, and whether
// that is a change.
func (d *seenDraft) setIn(block uint32, first, last uint8, become func(was bool) (bool, bool), at restante.ModSeq) {
	old, there := d.changed[block]
	if !there {
		old = d.base.blocks[block]
	}
	var next seenBlock
	add := func(r seenRun) {
		if n := len(next); n > 0 && next[n-1].seen == r.seen && next[n-1].modSeq == r.modSeq && int(next[n-1].last)+1 == int(r.first) {
			next[n-1].last = r.last
			return
		}
		next = append(next, r)
	}
	for i := 0; i < seenBlockSize; i++ {
		was, modSeq := old.at(uint8(i))
		if i >= int(first) && i <= int(last) {
			if seen, changes := become(was); changes {
				was, modSeq = seen, at
			}
		}
		if modSeq != 0 {
			add(seenRun{first: uint8(i), last: uint8(i), seen: was, modSeq: modSeq})
		}
	}
	d.changed[block] = next
}

// finishSeen writes what was seen.
func (tx *txn) finishSeen() {
	drafts := tx.seenDrafts[:0]
	for _, d := range tx.seenDrafts {
		if len(d.changed) == 0 && !d.gone {
			continue
		}
		drafts = append(drafts, d)
		if d.gone {
			continue
		}
		for block, b := range d.changed {
			tx.batch.Set(seenKey(d.mailbox, d.viewer, block), b.appendTo(nil))
		}
		tx.changeSeen(d.mailbox, tx.modSeq)
		tx.batch.Set(seenChangeKey(d.mailbox), binary.AppendUvarint(nil, uint64(tx.modSeq)))
	}
	tx.seenDrafts = drafts
}

// changeSeen notes when what others have seen of a mailbox last changed; 0: nothing
// is kept of it.
func (tx *txn) changeSeen(id restante.MailboxID, at restante.ModSeq) {
	next := maps.Clone(tx.seen)
	if next == nil {
		next = make(map[restante.MailboxID]restante.ModSeq)
	}
	if at == 0 {
		delete(next, id)
	} else {
		next[id] = at
	}
	tx.seen = next
}

// dropSeen forgets what others have seen of a mailbox that is deleted.
func (tx *txn) dropSeen(id restante.MailboxID) {
	if _, any := tx.seen[id]; !any {
		return
	}
	tx.changeSeen(id, 0)
	tx.batch.Delete(seenChangeKey(id), 0)
	tx.batch.DeleteRange(allSeenRange(id))
	tx.seenDrafts = append(tx.seenDrafts, &seenDraft{mailbox: id, gone: true})
}

// seenCache holds what accounts that are at work have seen, with the pages that they
// are shown.
type seenCache struct {
	sync.Mutex
	views map[seenView]*derived
	order []seenView // the last used last
	flags viewersTable
}

// seenView is whose view of which mailbox.
type seenView struct {
	mailbox restante.MailboxID
	viewer  restante.AccountID
}

// maxSeenViews bounds the views that an account keeps; others are read again.
const maxSeenViews = 256

// get answers what an account has seen of a mailbox as of a state, nil if that is
// not known here.
func (c *seenCache) get(id restante.MailboxID, viewer restante.AccountID, s *State) *seenBy {
	c.Lock()
	defer c.Unlock()
	if v := c.views[seenView{id, viewer}]; v != nil && v.seen.asOf >= s.seen[id] {
		return v.seen
	}
	return nil
}

// put keeps what was read or made.
func (c *seenCache) put(key seenView, d *derived) {
	c.Lock()
	defer c.Unlock()
	if c.views == nil {
		c.views = make(map[seenView]*derived)
	}
	if old := c.views[key]; old != nil && old.seen.asOf > d.seen.asOf {
		return // a commit was faster
	}
	if c.views[key] == nil && len(c.order) >= maxSeenViews {
		delete(c.views, c.order[0])
		c.order = c.order[1:]
	}
	c.views[key] = d
	c.order = append(slices.DeleteFunc(c.order, func(k seenView) bool { return k == key }), key)
}

// commit takes over what a change did. Views that it did not concern stay known.
func (c *seenCache) commit(tx *txn, next *State) {
	if len(tx.seenDrafts) == 0 {
		return
	}
	c.Lock()
	defer c.Unlock()
	for _, d := range tx.seenDrafts {
		for key, v := range c.views {
			if key.mailbox != d.mailbox {
				continue
			}
			switch {
			case d.gone || v.seen.asOf < tx.base.seen[d.mailbox]:
				delete(c.views, key)
				c.order = slices.DeleteFunc(c.order, func(k seenView) bool { return k == key })
			case key.viewer == d.viewer:
				c.views[key] = &derived{seen: d.result(next.ModSeq()), base: v.base, pages: v.pages, shown: v.shown}
			default:
				seen := *v.seen
				seen.asOf = max(seen.asOf, next.ModSeq())
				c.views[key] = &derived{seen: &seen, base: v.base, pages: v.pages, shown: v.shown}
			}
		}
	}
}

// result is what the account has seen after the change.
func (d *seenDraft) result(at restante.ModSeq) *seenBy {
	next := &seenBy{blocks: maps.Clone(d.base.blocks), modSeq: at, asOf: at}
	if next.blocks == nil {
		next.blocks = make(map[uint32]seenBlock, len(d.changed))
	}
	for block, b := range d.changed {
		next.blocks[block] = b
	}
	return next
}
