package mailstore

import (
	"context"
	"slices"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// What was lost: an engine may come back without commits that it had acknowledged, as a
// standby does that is promoted and was not waited for. A node that knows an account as it
// was sees it by the version, which has gone back. Clients have been told of what is lost,
// so that what was given out is not given out again, with another meaning (RFC 9051
// §2.3.1.1, RFC 8474 §4): UIDs, UIDVALIDITYs and ids go on where they were, and modification
// sequences leave out more than can have been told. All messages of the mailboxes that had
// changed count as changed, and all UIDs that are not there as expunged (RFC 7162 §3.2.5.1),
// so that clients which come back with what they know find out what of it is no more.
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

// surviveLossLocked takes care that nothing of known, which the engine has lost in part,
// gets another meaning.
func (a *Account) surviveLossLocked(ctx context.Context, known *State) error {
	a.store.options.Logger.Error("the store has lost changes of an account that were acknowledged; if it was restored, or a standby promoted, all nodes should be started again",
		"account", uint64(a.id), "version", uint64(a.state.Load().version), "lost", uint64(known.version))
	_, err := a.updateLocked(ctx, kv.Durable, func(tx *txn) error {
		row, was := &tx.row, &known.account
		row.epoch.skipped = max(row.epoch.skipped, was.epoch.skipped) + skippedPerEnd
		row.nextMailbox = max(row.nextMailbox, was.nextMailbox)
		row.nextEmail = max(row.nextEmail, was.nextEmail)
		row.lastUIDValidity = max(row.lastUIDValidity, was.lastUIDValidity)
		tx.modSeq = row.epoch.modSeq(tx.base.version + 1)
		for _, b := range known.mailboxes {
			if err := tx.surviveLoss(b.mailbox); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// surviveLoss is surviveLossLocked for a mailbox as it was known.
func (tx *txn) surviveLoss(was *Mailbox) error {
	d := tx.draftOf(was.ID)
	if d == nil || d.mailbox.UIDValidity != was.UIDValidity || d.mailbox.HighestModSeq >= was.HighestModSeq {
		return nil
	}
	d.touched, d.changed = true, true
	d.mailbox.UIDNext = max(d.mailbox.UIDNext, was.UIDNext)
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
	return nil
}
