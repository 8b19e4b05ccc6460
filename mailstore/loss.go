package mailstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// What was lost: an engine may come back without commits that it had acknowledged, as a
// standby does that is promoted and was not waited for. A node that knows an account as it
// was sees it by the version, which has gone back, or by what cannot have become of it since
// (see loss_fork.go). Clients have been told of what is lost, so that what was given out is not
// given out again, with another meaning (RFC 9051 §2.3.1.1, RFC 8474 §4): UIDs, UIDVALIDITYs
// and ids go on where they were, and modification sequences leave out more than can have been
// told. All messages of the mailboxes that had changed count as changed, and all UIDs that are
// not there as expunged (RFC 7162 §3.2.5.1), so that clients which come back with what they
// know find out what of it is no more; so do their annotations and metadata. What the node
// holds of the account beside its state is read again.
//
// What no node knows that runs still is not noticed.

// versionNow answers the engine's version of the account, at a moment that is answered
// too. If State is of a version that the engine had and has no more, it is stale.
func (a *Account) versionNow(ctx context.Context) (kv.Version, Moment, error) {
	now, known := a.store.Moment(), a.state.Load()
	version, err := kv.VersionOf(ctx, a.store.kv, a.partition())
	if err != nil {
		return 0, 0, unavailable("refresh", err)
	}
	if known != nil && version < known.version {
		a.stale.Store(true)
	}
	return version, now, nil
}

// dropLost drops what the node holds of the account beside its state if the engine has lost
// commits, or may have, where the old state is not trusted: what was made since may have the
// numbers of what is lost. It is called before anybody sees the next state. old is nil if the
// node has forgotten the account meanwhile.
func (a *Account) dropLost(old, next *State, trusted bool) {
	lost := old != nil && (!trusted || next.version < old.version)
	if lost {
		a.store.columns.dropAhead(a.id, 0)
	} else if old == nil {
		lost = a.store.columns.dropAhead(a.id, next.version)
	}
	if lost {
		a.store.losses.Add(1)
	}
}

// Losses counts how often the engine has lost commits of an account, or may have, for those
// who keep what they have made of its contents: an EmailID may name another one since.
func (s *Store) Losses() uint64 { return s.losses.Load() }

// surviveLossLocked takes care that nothing of a state that the engine has lost in part
// gets another meaning. If that fails now, whoever uses the account next does it. What found
// it out is closed before, for nobody may have one connection and wait for another.
func (a *Account) surviveLossLocked(ctx context.Context, snap kv.Snapshot) error {
	known := a.writer.lost
	if known == nil {
		return nil
	}
	_ = snap.Close()    // what it read was taken
	a.writer.lost = nil // else this began anew if the change has to read the account again
	a.store.options.Logger.Error("the store has lost changes of an account that were acknowledged; if it was restored, or a standby promoted, all nodes should be started again",
		"account", uint64(a.id), "version", uint64(a.state.Load().version), "lost", uint64(known.version))
	_, err := a.updateLocked(ctx, kv.Durable, func(tx *txn) error {
		row, was := &tx.row, &known.account
		row.epoch.skipped = max(row.epoch.skipped, was.epoch.skipped) + skippedPerEnd
		row.nextMailbox = max(row.nextMailbox, was.nextMailbox)
		row.nextEmail = max(row.nextEmail, was.nextEmail)
		row.lastUIDValidity = max(row.lastUIDValidity, was.lastUIDValidity)
		tx.modSeq = row.epoch.modSeq(tx.base.version + 1)
		if known.ModSeq() >= row.metadata {
			if err := tx.renewMetadata(0, nil, max(row.metadata, was.metadata)); err != nil {
				return err
			}
		}
		for _, b := range known.mailboxes {
			if err := tx.surviveLoss(known, b); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		a.writer.lost = known
		a.doubted.Store(true) // so that it is kept, and what it knew
	}
	return err
}

// surviveLoss is surviveLossLocked for a mailbox as it was known. One that is as it was has
// lost nothing; any other may also have been changed anew, by a node that did not know
// what was lost.
func (tx *txn) surviveLoss(known *State, was *box) error {
	d := tx.draftOf(was.mailbox.ID)
	if d == nil || d.mailbox.UIDValidity != was.mailbox.UIDValidity {
		return nil
	}
	seenNow, seen := tx.base.seen[d.mailbox.ID], known.seen[d.mailbox.ID]
	if d.base.unchanged(was) && seenNow == seen {
		return nil
	}
	d.touched = true
	d.mailbox.UIDNext = max(d.mailbox.UIDNext, was.mailbox.UIDNext)
	if d.floor > known.ModSeq() { // another node has taken care of the rest
		return nil
	}
	if max(seenNow, seen) > 0 { // what nodes know of it is read again
		tx.changeSeen(d.mailbox.ID, tx.modSeq)
		tx.batch.Set(seenChangeKey(d.mailbox.ID), binary.AppendUvarint(nil, uint64(tx.modSeq)))
	}
	d.changed = true
	tx.batch.DeleteRange(expungedRange(d.mailbox.ID))
	d.floor, d.history = tx.modSeq, 0
	if err := tx.load(d); err != nil {
		return err
	}
	for i, p := range d.pages {
		c := columnsOf(p)
		c.modSeqs = slices.Repeat([]restante.ModSeq{tx.modSeq}, c.len())
		tx.replace(d, i, c.page(p.key, tx.flags))
	}
	if err := tx.renewAnnotations(d, was.mailbox.AnnotationModSeq); err != nil {
		return err
	}
	return tx.renewMetadata(d.mailbox.ID, d, max(d.mailbox.MetadataModSeq, was.mailbox.MetadataModSeq))
}

// renewMetadata has all metadata of a place count as changed, if there ever was any: of a
// mailbox, or of the server with nil.
func (tx *txn) renewMetadata(mb restante.MailboxID, d *draft, ever restante.ModSeq) error {
	if ever == 0 {
		return nil
	}
	tx.touchMetadata(d)
	view, err := tx.read()
	if err != nil {
		return err
	}
	it := view.Scan(metadataRange(mb))
	for it.Next() {
		_, _, entry, ok := splitMetadataKey(it.Key())
		row, err := parseMetadataRow(entry, it.Value())
		if !ok || err != nil {
			return errors.Join(unavailable("read metadata", restante.ErrCorrupt), it.Close())
		}
		row.modSeq = tx.modSeq
		tx.batch.Set(bytes.Clone(it.Key()), row.appendTo(nil, entry))
	}
	if err := it.Close(); err != nil {
		return unavailable("read metadata", err)
	}
	return nil
}

// renewAnnotations has all annotations of a mailbox's messages count as changed, if there
// ever were any.
func (tx *txn) renewAnnotations(d *draft, known restante.ModSeq) error {
	if max(d.mailbox.AnnotationModSeq, known) == 0 {
		return nil
	}
	d.mailbox.AnnotationModSeq = tx.modSeq
	view, err := tx.read()
	if err != nil {
		return err
	}
	c := newAnnotationCursor(view, d.mailbox.ID)
	defer c.close()
	err = c.each(UIDSet{{1, 1<<32 - 1}}, func(id annotationID, row annotationRow) error {
		row.modSeq = tx.modSeq
		tx.batch.Set(annotationKey(d.mailbox.ID, id), row.appendTo(nil))
		return nil
	})
	if err != nil {
		return unavailable("read annotations", err)
	}
	return nil
}

// unchanged reports whether a mailbox is as it was, as far as this node knew it. That the
// rows are equal is not enough where two nodes have done the like at the same version.
func (b *box) unchanged(was *box) bool {
	return bytes.Equal(b.row, was.row) &&
		(was.snapshot == nil || b.snapshot != nil && slices.Equal(b.snapshot.pages, was.snapshot.pages))
}
