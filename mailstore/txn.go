package mailstore

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/notify"
)

// txn is a change of an account while it is computed: what it starts from, the
// drafts of what changes, and the batch. It is used by one goroutine, which
// holds the account's writer lock.
type txn struct {
	ctx       context.Context
	store     *Store
	partition kv.Partition
	base      *State
	limits    Limits
	now       time.Time
	modSeq    restante.ModSeq // of everything that changes
	batch     kv.Batch
	view      kv.Snapshot // the engine at base's version; nil until asked for

	row           accountRow
	flags         *FlagTable
	drafts        []*draft
	subscriptions []string // if subscribed
	subscribed    bool     // subscriptions replace the base's
	structure     bool     // names or attributes change
	metadata      bool     // metadata of a mailbox or of the server changes
	removed       bool     // the account goes
	forgot        bool     // objects are no longer named
	urlResets     map[URLKeyPlace]restante.ModSeq
	acls          map[restante.MailboxID]ACL
	seen          map[restante.MailboxID]restante.ModSeq
	seenDrafts    []*seenDraft
	cache         *seenCache // of the account
	ownACLs       bool       // acls is not the base's
	refs          refCounts
	swept         bool            // there is nothing to be won by a sweep of flag sets
	importing     map[string]bool // import keys that the change adds
	expected      []kv.Range      // ranges without rows, which the commit finds out
	certain       bool            // expectations were wrong: what is there is looked for
	threads       *threadCache    // of the account
	threaded      []threadedHash  // what has thread rows after the change
	unthreaded    []uint64        // hashes some of whose thread rows go
}

// read answers the engine's view of the partition at the base version. If the
// partition has moved on it answers kv.ErrConflict.
func (tx *txn) read() (kv.Snapshot, error) {
	if tx.view != nil {
		return tx.view, nil
	}
	view, err := tx.store.kv.Snapshot(tx.ctx, tx.partition)
	if err != nil {
		return nil, unavailable("read", err)
	}
	tx.view = view
	if view.Version() != tx.base.version {
		return nil, kv.ErrConflict
	}
	return view, nil
}

func (tx *txn) close() {
	if tx.view != nil {
		// A reader's close has nothing to tell that its reads did not.
		_ = tx.view.Close()
	}
}

// intern answers the number of the set with these flags, which becomes part of
// the change if it is new. from is as for FlagTable.intern.
func (tx *txn) intern(from *FlagSet, system SystemFlags, keywords []string) (FlagSetID, error) {
	table, id, added, err := tx.flags.intern(from, system, keywords, tx.limits)
	if err != nil {
		return 0, err
	}
	tx.flags = table
	if added {
		tx.batch.Set(flagSetKey(id), appendFlagSet(nil, table.Set(id)))
	}
	return id, nil
}

// finish writes the rows that the change's parts have in common.
func (tx *txn) finish() {
	for _, d := range tx.drafts {
		tx.finishDraft(d)
	}
	tx.finishSeen()
	tx.refs.write(&tx.batch)
	if tx.row != tx.base.account || tx.base.version == 0 {
		tx.batch.Set(accountKey(), tx.row.appendTo(nil))
	}
}

// state is what the account is once the change is committed as version.
func (tx *txn) state(version kv.Version) *State {
	next := &State{
		version: version, account: tx.row, index: tx.base.index,
		subscriptions: tx.base.subscriptions, flags: tx.flags, acls: tx.acls, seen: tx.seen, metadata: tx.base.metadata,
		urlResets: tx.urlResets,
		outline:   new(atomic.Pointer[Outline]),
	}
	if tx.metadata {
		next.metadata = next.ModSeq()
	}
	if tx.subscribed {
		next.subscriptions = tx.subscriptions
	}
	next.mailboxes = slices.Clone(tx.base.mailboxes)
	gone := false
	for _, d := range tx.drafts {
		if !d.touched {
			continue
		}
		next.flags = next.flags.filled(false) // perhaps
		b := d.box(next)
		i, ok := next.index[d.mailbox.ID]
		switch {
		case ok:
			next.mailboxes[i] = b // nil if it is gone
			gone = gone || b == nil
		case b != nil:
			next.mailboxes = append(next.mailboxes, b)
		}
	}
	if tx.structure {
		if gone {
			next.mailboxes = slices.DeleteFunc(next.mailboxes, func(b *box) bool { return b == nil })
		}
		next.arrange()
	}
	return next
}

// event describes the change.
func (tx *txn) event(account restante.AccountID, version kv.Version) notify.Event {
	e := notify.Event{Account: account, ModSeq: tx.row.epoch.modSeq(version), Structure: tx.structure || tx.subscribed, Metadata: tx.metadata}
	for _, d := range tx.drafts {
		if d.changed {
			e.Mailboxes = append(e.Mailboxes, d.mailbox.ID)
		}
	}
	for p, at := range tx.urlResets {
		if at == tx.modSeq && p.Owner == 0 && !slices.Contains(e.Mailboxes, p.Mailbox) {
			e.Mailboxes = append(e.Mailboxes, p.Mailbox)
		}
	}
	for _, d := range tx.seenDrafts {
		if !slices.Contains(e.Mailboxes, d.mailbox) {
			e.Mailboxes = append(e.Mailboxes, d.mailbox)
		}
	}
	return e
}

// use notes how much more the account holds after the change, or less.
func (tx *txn) use(bytes, messages int64) {
	tx.row.usage.Bytes += bytes
	tx.row.usage.Messages += messages
}
