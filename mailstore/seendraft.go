package mailstore

import (
	"encoding/binary"
	"maps"

	"github.com/restante/restante"
)

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
