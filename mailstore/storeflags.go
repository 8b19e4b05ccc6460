package mailstore

import (
	"context"
	"fmt"
	"slices"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// FlagOp is what StoreFlags does with the flags it is given.
type FlagOp uint8

const (
	ReplaceFlags FlagOp = iota // they become the message's flags
	AddFlags                   // they are added
	RemoveFlags                // they are taken away
)

// StoreResult tells what StoreFlags did.
type StoreResult struct {
	ModSeq   restante.ModSeq // of the messages that changed; 0 if none did
	Modified UIDSet          // left alone: they do not meet the condition (RFC 7162 §3.1.3)
	Merged   UIDSet          // meet it, though other flags of theirs have changed
	Missing  UIDSet          // no such messages
	Snapshot *Snapshot       // the mailbox afterwards, nil if it cannot be read now
}

// Unchanged is the condition of a conditional store.
type Unchanged struct {
	// Since is the highest modseq that a message may have (RFC 7162 §3.1.3).
	Since restante.ModSeq
	// Known is the mailbox as the client knows it; nil if nobody can tell. Flags
	// are added to and taken from a message above Since all the same where Known
	// has it below, and the flags in question are still as they are there: what
	// else was changed is no conflict (RFC 7162 §3.1.12).
	Known *Snapshot
}

// StoreFlags changes the flags of messages in one commit, which is Relaxed
// unless Options.Durable. A message whose flags are already so keeps its
// modseq; if that holds for all there is no commit. Messages that do not meet
// the condition, which may be nil, are left alone and told. Errors are
// restante.ErrNotFound (the mailbox), ErrInvalid and ErrLimit (flags).
func (a *Account) StoreFlags(
	ctx context.Context, mb restante.MailboxID, uids UIDSet, op FlagOp, flags []string, condition *Unchanged,
) (StoreResult, error) {
	return a.StorePermitted(ctx, mb, uids, op, flags, AllRights, condition)
}

// StorePermitted is StoreFlags for somebody who has certain rights: flags that they
// do not allow to be changed stay as they are (RFC 4314 §4, STORE).
func (a *Account) StorePermitted(
	ctx context.Context, mb restante.MailboxID, uids UIDSet, op FlagOp, flags []string, rights Rights, condition *Unchanged,
) (StoreResult, error) {
	system, keywords, err := splitFlags(rights.Settable(flags), a.store.options.Limits.KeywordBytes)
	if err != nil {
		return StoreResult{}, err
	}
	if op > RemoveFlags {
		return StoreResult{}, fmt.Errorf("mailstore: flag operation %d: %w", op, restante.ErrInvalid)
	}
	var result StoreResult
	state, err := a.updateMessages(ctx, kv.Relaxed, mb, func(tx *txn, d *draft) error {
		result = StoreResult{}
		tx.batch.UseReserve() // without \Deleted there is no EXPUNGE
		c := flagChange{tx: tx, op: op, system: system, keywords: keywords, rights: rights, unless: condition, result: &result}
		if seer := a.seer(); seer != 0 {
			var err error
			if c.seen, err = tx.changeOfSeen(mb, seer, &c); err != nil {
				return err
			}
		}
		return c.store(d, uids)
	})
	if err != nil {
		return StoreResult{}, err
	}
	result.Snapshot = a.after(ctx, state, mb)
	return result, nil
}

// flagChange computes what a change of flags does to sets and pages.
type flagChange struct {
	tx       *txn
	op       FlagOp
	system   SystemFlags
	keywords []string
	rights   Rights    // what a replacement does not allow stays
	seen     *seenFlag // \Seen where it is not the owner's, else nil
	unless   *Unchanged
	result   *StoreResult
	memo     map[FlagSetID]FlagSetID // what becomes of a set
}

// store changes the pages that hold uids.
func (c *flagChange) store(d *draft, uids UIDSet) error {
	var found UIDSet
	err := eachOverlap(d.pages, uids, func(i int, spans []span) error {
		found = d.pages[i].addUIDs(found, spans)
		return c.storePage(d, i, spans)
	})
	c.result.Missing = uids.Minus(found)
	if c.seen != nil {
		c.seen.apply(c)
	}
	return err
}

// storePage changes messages of page i.
func (c *flagChange) storePage(d *draft, i int, spans []span) error {
	p := d.pages[i]
	old, oldMods := p.FlagSets(), p.ModSeqs()
	var sets []FlagSetID
	var mods []restante.ModSeq
	var last, to FlagSetID // most messages have the flags of the one before them
	known := false
	for _, s := range spans {
		for j := s.from; j < s.to; j++ {
			if c.unless != nil && max(oldMods[j], c.seen.modSeq(p.UID(j))) > c.unless.Since {
				if !c.mergeable(p.UID(j), old[j]) {
					c.result.Modified = c.result.Modified.Add(p.UID(j))
					continue
				}
				c.result.Merged = c.result.Merged.Add(p.UID(j))
			}
			c.seen.note(p.UID(j))
			if !known || old[j] != last {
				var err error
				if to, err = c.become(old[j]); err != nil {
					return err
				}
				last, known = old[j], true
			}
			if to == old[j] {
				continue
			}
			if sets == nil {
				sets, mods = slices.Clone(old), slices.Clone(oldMods)
			}
			c.recount(d, p, j, old[j], to)
			sets[j], mods[j] = to, c.tx.modSeq
		}
	}
	if sets != nil {
		c.tx.replace(d, i, p.withFlags(sets, mods, c.tx.flags))
		c.result.ModSeq = c.tx.modSeq
	}
	return nil
}

// mergeable reports whether the flags in question of a message, which now has the
// flag set id, are as the client knows them from before unless.Since.
func (c *flagChange) mergeable(uid restante.UID, id FlagSetID) bool {
	known := c.unless.Known
	if known == nil || c.op == ReplaceFlags {
		return false
	}
	seq, there := known.SeqOf(uid)
	if !there {
		return false
	}
	m := known.At(seq)
	was, is := known.Flags().Set(m.FlagSet), c.tx.flags.Set(id)
	if m.ModSeq > c.unless.Since || was == nil || is == nil || (was.System^is.System)&c.system != 0 || !c.seen.mergeable(uid, was) {
		return false
	}
	return !slices.ContainsFunc(c.keywords, func(k string) bool { return was.hasKeyword(k) != is.hasKeyword(k) })
}

// recount changes the mailbox's counts for a message whose set changes.
func (c *flagChange) recount(d *draft, p *Page, j int, from, to FlagSetID) {
	was, is := c.tx.flags.system(from), c.tx.flags.system(to)
	if (was^is)&Seen != 0 {
		if is&Seen != 0 {
			d.mailbox.Unseen--
		} else {
			d.mailbox.Unseen++
		}
	}
	if (was^is)&Deleted != 0 {
		if is&Deleted != 0 {
			d.mailbox.Deleted++
			d.mailbox.DeletedSize += uint64(p.Size(j))
		} else {
			d.mailbox.Deleted--
			d.mailbox.DeletedSize -= uint64(p.Size(j))
		}
	}
}

// become answers what a set becomes.
func (c *flagChange) become(id FlagSetID) (FlagSetID, error) {
	if to, ok := c.memo[id]; ok {
		return to, nil
	}
	set := c.tx.flags.Set(id)
	if set == nil {
		return 0, fmt.Errorf("mailstore: flag set %d: %w", id, restante.ErrCorrupt)
	}
	system, keywords := c.system, c.keywords
	switch c.op {
	case ReplaceFlags:
		system |= set.System &^ c.rights.systemFlags()
		if !c.rights.Has(RightWrite) {
			keywords = set.Keywords
		}
	case AddFlags:
		system |= set.System
		keywords = slices.Concat(set.Keywords, c.keywords)
	case RemoveFlags:
		system = set.System &^ c.system
		keywords = slices.DeleteFunc(slices.Clone(set.Keywords), func(k string) bool {
			return slices.ContainsFunc(c.keywords, func(r string) bool { return lowerKeyword(r) == lowerKeyword(k) })
		})
	}
	to, err := c.tx.intern(set, system, keywords)
	if err != nil {
		return 0, err
	}
	if c.memo == nil {
		c.memo = make(map[FlagSetID]FlagSetID)
	}
	c.memo[id] = to
	return to, nil
}
