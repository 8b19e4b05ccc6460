package mailstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// mergedAppend bounds the bytes of appends that share a commit.
const mergedAppend = 16 << 20

// appendQueue holds the appends that wait for the account's writer lock: while
// one commit is on its way to the disk, those that come meanwhile gather here,
// and the first of them to get the lock commits them all.
type appendQueue struct {
	sync.Mutex
	waiting []*appendRequest
}

// appendRequest is one Append to be committed.
type appendRequest struct {
	mailbox restante.MailboxID
	viewer  restante.AccountID // whose \Seen it is; 0: the owner's
	who     restante.AccountID // whose private annotations it has
	step    *Step              // where its commit is noted; nil for most
	uploads []*upload
	// replaced is what goes, nil for most. It is for replace, not for the queue.
	replaced *replaced
	done     bool // guarded by the writer lock, as are the two below
	result   AppendResult
	err      error
}

// push adds a request.
func (q *appendQueue) push(r *appendRequest) {
	q.Lock()
	defer q.Unlock()
	q.waiting = append(q.waiting, r)
}

// take answers the requests to commit next, the oldest first.
func (q *appendQueue) take() []*appendRequest {
	q.Lock()
	defer q.Unlock()
	n, size := 0, 0
	for n < len(q.waiting) {
		for _, u := range q.waiting[n].uploads {
			size += u.held()
		}
		if n > 0 && size > mergedAppend {
			break
		}
		n++
	}
	batch := q.waiting[:n:n]
	if q.waiting = q.waiting[n:]; len(q.waiting) == 0 {
		q.waiting = nil // lets go of those that were taken
	}
	return batch
}

// appendQueued commits a request, perhaps with others in one commit.
func (a *Account) appendQueued(ctx context.Context, req *appendRequest) error {
	if err := a.enter(ctx); err != nil {
		return err
	}
	a.appends.push(req)
	a.writer.Lock()
	defer a.unlock()
	for !req.done {
		a.appendLocked(ctx, a.appends.take())
	}
	return req.err
}

// appendLocked commits requests and notes each one's result. It goes on if
// ctx, which is only one caller's, ends.
func (a *Account) appendLocked(ctx context.Context, batch []*appendRequest) {
	var step Step // not the caller's, whose request may be in another batch
	var state *State
	err := errAppendPanicked
	defer func() { a.answerLocked(batch, state, step, err) }()
	state, err = a.owner.Noting(&step).updateLocked(context.WithoutCancel(ctx), kv.Durable, func(tx *txn) error {
		t := tx.threader()
		if hashes := hashesOf(batch); tx.mayExpect() && !anyReply(batch) {
			t.expect(hashes)
		} else if err := t.find(hashes); err != nil {
			return err
		}
		for _, r := range batch {
			r.result = AppendResult{}
			if r.err = a.As(r.who).enteredLocked(); r.err == nil {
				r.err = r.apply(tx, t)
			}
			if errors.Is(r.err, kv.ErrConflict) || tx.sweepable(r.err) {
				return r.err
			}
		}
		return nil
	})
}

// errAppendPanicked is answered to those whose requests were taken by one that panicked,
// which is the end of one session and not of theirs.
var errAppendPanicked = fmt.Errorf("mailstore: panic in an append: %w", restante.ErrUnavailable)

// answerLocked notes the results of requests that were committed together, or err.
func (a *Account) answerLocked(batch []*appendRequest, state *State, step Step, err error) {
	step.Shared = len(batch) > 1
	for _, r := range batch {
		r.done = true
		switch {
		case err != nil:
			r.result, r.err = AppendResult{}, err
		case r.err == nil:
			a.store.counters.appended(r.uploads)
			r.result.Snapshot, _ = state.loaded(r.mailbox) // it is there: the append went well
			if r.step != nil {
				*r.step = step
			}
		}
	}
}

// apply makes the request part of the change. If it answers an error it has
// changed nothing.
func (r *appendRequest) apply(tx *txn, t *threader) error {
	d, err := tx.open(r.mailbox)
	if err != nil {
		return err
	}
	if err := tx.loadTail(d); err != nil {
		return err
	}
	uploads, err := r.wanted(tx)
	if err != nil {
		return err
	}
	r.result.UIDValidity = d.mailbox.UIDValidity
	r.result.Skipped = len(r.uploads) - len(uploads)
	if err := tx.admit(d, uploads); err != nil {
		return err
	}
	if err := tx.admitAnnotations(d, r.who, uploads); err != nil {
		return err
	}
	seen, err := tx.viewersDraft(r.mailbox, r.viewer)
	if err != nil {
		return err
	}
	sets := make([]FlagSetID, len(uploads))
	for i, u := range uploads {
		if sets[i], err = tx.intern(nil, seen.ownersFlags(u.system), u.keywords); err != nil {
			return err
		}
		if err := t.find(u.hashes); err != nil {
			return err
		}
	}
	for i, u := range uploads {
		uid, err := u.apply(tx, t, d, sets[i])
		if err != nil {
			return err
		}
		seen.add(uid, u.system, tx.modSeq)
		tx.writeAnnotations(d, uid, r.who, u.annotations)
		if i == 0 {
			r.result.First = uid
		}
		r.result.Last = uid
	}
	return nil
}

// hashesOf gives those of the ids of all messages.
func hashesOf(batch []*appendRequest) (hashes []uint64) {
	for _, r := range batch {
		for _, u := range r.uploads {
			hashes = append(hashes, u.hashes...)
		}
	}
	return hashes
}

// anyReply reports whether any of the messages names another one. Such a one is mostly
// known, and the message's own id, if that is all it has, mostly is not.
func anyReply(batch []*appendRequest) bool {
	return slices.ContainsFunc(batch, func(r *appendRequest) bool {
		return slices.ContainsFunc(r.uploads, func(u *upload) bool { return len(u.hashes) > 1 || len(u.hashes) == 1 && !u.own })
	})
}

// wanted leaves out what was imported before, and makes sure that what was
// staged is still there.
func (r *appendRequest) wanted(tx *txn) ([]*upload, error) {
	list := make([]*upload, 0, len(r.uploads))
	var keys map[string]struct{}
	for _, u := range r.uploads {
		if u.staged {
			if err := tx.mustBeStaged(u); err != nil {
				return nil, err
			}
		}
		if u.importKey != nil {
			known, err := tx.imported(u.importKey)
			if err != nil {
				return nil, err
			}
			_, twice := keys[string(u.importKey)]
			if u.skipped = known || twice || tx.importing[string(u.importKey)]; u.skipped {
				continue
			}
			if u.known {
				return nil, fmt.Errorf("mailstore: an import was known and is not any more: %w", restante.ErrUnavailable)
			}
			if keys == nil {
				keys = make(map[string]struct{})
			}
			keys[string(u.importKey)] = struct{}{}
		}
		list = append(list, u)
	}
	return list, nil
}

// imported reports whether the import ledger has a key.
func (tx *txn) imported(key []byte) (bool, error) {
	_, known, err := tx.lookUp(importedKey(key))
	return known, err
}

// admit holds the uploads against the quota and what a mailbox can hold.
func (tx *txn) admit(d *draft, uploads []*upload) error {
	var size int64
	for _, u := range uploads {
		size += u.size
	}
	if int64(d.mailbox.UIDNext)+int64(len(uploads)) >= 1<<32 {
		return fmt.Errorf("mailstore: mailbox %q has no UIDs left: %w", d.mailbox.Name, restante.ErrLimit)
	}
	return fits(tx.row, size, int64(len(uploads)))
}

// apply writes the upload's content and adds it to a mailbox.
func (u *upload) apply(tx *txn, t *threader, d *draft, set FlagSetID) (restante.UID, error) {
	id := u.id
	if u.staged {
		tx.batch.Delete(stagingKey(id), stagingRow)
	} else {
		id = tx.row.nextEmail
		tx.row.nextEmail++
	}
	if !u.stored {
		setContent(&tx.batch, id, u.summary, u.data, u.headerSize)
		u.setRest(&tx.batch)
		u.setObject(&tx.batch)
	}
	if u.importKey != nil {
		tx.batch.Add(importedKey(u.importKey), nil)
		if tx.importing == nil {
			tx.importing = make(map[string]bool)
		}
		tx.importing[string(u.importKey)] = true
	}
	return tx.add(d, Message{
		FlagSet: set, EmailID: id, ThreadID: t.assign(id, u.hashes, u.own),
		InternalDate: u.internalDate, SentDate: u.sentDate, SaveDate: u.saveDate, Size: uint32(u.size),
	})
}
