package mailstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// RepairOptions say what is repaired.
type RepairOptions struct {
	CheckOptions
	// DropLost also removes messages whose content is gone and pages that
	// cannot be read. Each is reported. Without it they stay as they are.
	DropLost bool
}

// maxRepair bounds the bytes of one commit of Repair; what is beyond waits for
// the next.
const maxRepair = 8 << 20

// Repair checks as Check does and puts right what can be without losing mail:
// counts, copies, thread rows and summaries are made again from the messages,
// rows that nothing names and abandoned uploads are removed, names are made
// valid, mailboxes that pages or the hierarchy need are made. Findings say
// what was done, and those that are not Fixed what was not. Accounts may be in
// use meanwhile.
func (s *Store) Repair(ctx context.Context, o RepairOptions) (Report, error) {
	run := &checkRun{ctx: ctx, store: s, options: o.CheckOptions, listed: make(map[restante.AccountID]bool)}
	err := run.accounts(func(id restante.AccountID) error { return run.repair(id, o.DropLost) })
	if err == nil {
		err = run.otherObjects()
	}
	return run.report, err
}

// maxRepairs bounds the commits of one account's repair.
const maxRepairs = 1000

// repair puts one account right in as many commits as it takes, until a check
// finds nothing more to do.
func (r *checkRun) repair(id restante.AccountID, dropLost bool) error {
	for commits, conflicts := 0, 0; ; {
		c, err := r.repairOnce(id, dropLost)
		switch {
		case errors.Is(err, kv.ErrConflict) && conflicts < maxAttempts:
			conflicts++
		case err != nil:
			return err
		case len(c.fix.batch.Ops()) > 0 && commits < maxRepairs:
			r.addFixed(c)
			commits++
		default:
			r.add(c)
			return nil
		}
	}
}

// repairOnce does one commit's worth.
func (r *checkRun) repairOnce(id restante.AccountID, dropLost bool) (*checker, error) {
	// An account in use must not commit in between, and has to read again what
	// is changed under it. One that cannot be opened is in nobody's use here.
	a, err := r.store.Account(r.ctx, id)
	if err == nil {
		defer a.Release()
		a.writer.Lock()
		defer a.unlock()
	} else {
		a = nil
	}
	snap, err := r.store.kv.Snapshot(r.ctx, kv.Partition(id))
	if err != nil {
		return nil, err
	}
	defer snap.Close()
	c := newChecker(r, id, snap)
	c.fix = &fixes{dropLost: dropLost}
	if err := c.run(); err != nil {
		if !c.unreadable(err) {
			return nil, err
		}
		c.fix.batch.Reset() // what was gathered rests on half of the account
		c.unfix()
		return c, nil
	}
	c.writeHead()
	if len(c.fix.batch.Ops()) == 0 {
		return c, nil
	}
	if a != nil {
		a.stale.Store(true)
	}
	if _, err := r.store.kv.Commit(r.ctx, kv.Partition(id), snap.Version(), &c.fix.batch, kv.Durable); err != nil {
		return nil, fmt.Errorf("commit: %w", err)
	}
	if c.account.objects {
		r.store.reaper.note(id, r.store.now().Add(r.store.options.DeleteAfter))
	}
	if a != nil {
		return c, a.reloadLocked(r.ctx)
	}
	return c, nil
}

// addFixed takes over what a commit has put right.
func (r *checkRun) addFixed(c *checker) {
	part := &checker{more: c.moreFixed, moreFixed: c.moreFixed}
	for _, f := range c.findings {
		if f.Fixed {
			part.findings = append(part.findings, f)
		}
	}
	r.add(part)
}

// unfix takes back that anything is put right.
func (c *checker) unfix() {
	for i := range c.findings {
		c.findings[i].Fixed = false
	}
	c.moreFixed = 0
}

// fixes gathers what a repair writes.
type fixes struct {
	batch    kv.Batch
	dropLost bool
	account  bool // the account row changes
	rescue   bool // contents that nothing names are put into a new mailbox
	full     bool // there was more than a commit takes
}

// The methods below do nothing in a check.

// set gives a row its right value.
func (c *checker) set(key, value []byte) {
	if c.fix != nil && !c.full() {
		c.fix.batch.Set(key, value)
	}
}

// delete removes a row of about size bytes. It keeps no hold of key.
func (c *checker) delete(key []byte, size int) {
	if c.fix != nil && !c.full() {
		c.fix.batch.Delete(append([]byte(nil), key...), size)
	}
}

// full reports whether the commit has taken its fill, which is noted.
func (c *checker) full() bool {
	if c.fix == nil || c.fix.batch.Size() < maxRepair {
		return false
	}
	c.fix.full = true
	return true
}

// dirty makes a mailbox's row be written.
func (c *checker) dirty(cb *checkedBox) { cb.changed = true }

// dirtyAccount makes the account row be written.
func (c *checker) dirtyAccount() {
	if c.fix != nil {
		c.fix.account = true
	}
}

// forgetHistory makes clients that ask for what vanished until now get the
// complement of the mailbox.
func (c *checker) forgetHistory(cb *checkedBox) {
	if c.fix == nil {
		return
	}
	c.fix.batch.DeleteRange(expungedRange(cb.mailbox.ID))
	cb.floor, cb.box.history, cb.history = c.version+1, 0, nil
	cb.forgotten = true
	c.dirty(cb)
}

// writeHead writes the mailbox rows that change, and the account row. In a
// commit that is not the last the counts are right already, for pages come
// before contents.
func (c *checker) writeHead() {
	if !c.exists {
		return
	}
	for _, cb := range c.order {
		if cb.changed {
			cb.mailbox.HighestModSeq = c.version + 1
			c.fix.batch.Set(mailboxKey(cb.mailbox.ID), appendMailboxRow(nil, cb.box))
		}
	}
	if c.fix.account {
		c.fix.batch.Set(accountKey(), c.account.appendTo(nil))
	}
}
