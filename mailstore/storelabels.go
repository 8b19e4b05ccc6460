package mailstore

import (
	"context"
	"slices"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// LabelChange is a change of the labels of messages: of the other mailboxes that
// hold them too, and of flags that stand for labels.
type LabelChange struct {
	Op FlagOp
	// Mailboxes are what is added, taken away or put in place of what there was.
	// One that is to be added is made where it is not there, with its special uses.
	Mailboxes []LabelMailbox
	// Flags are the labels among them that are flags, FlagLabels all that are. A
	// replacement takes away the others of them.
	Flags, FlagLabels []string
	// Alone says that the mailboxes are added and the messages are then in no other.
	Alone bool
	// Fixed are mailboxes out of which the user may not take messages; they stay
	// where they are there.
	Fixed map[restante.MailboxID]bool
	// Archive is where a message goes that would be in no mailbox any more.
	Archive NewMailbox
}

// LabelMailbox is a mailbox that stands for a label.
type LabelMailbox struct {
	NewMailbox
	Rights Rights // the user's; what they do not allow to be copied is left out
}

// LabelResult tells what StoreLabels did.
type LabelResult struct {
	ModSeq   restante.ModSeq // of what changed; 0 if nothing did
	Modified UIDSet          // left alone: they do not meet the condition (RFC 7162 §3.1.3)
	Gone     UIDSet          // no longer in the mailbox, whose label was taken away
	Snapshot *Snapshot       // the mailbox afterwards, nil if it cannot be read now
}

// StoreLabels changes the labels of messages of a mailbox in one durable commit. The
// mailbox's own label is among the labels of a change that adds or removes, and stays
// where others replace them. Messages whose labels change get a new modseq; copies of
// them in other mailboxes do not. Nothing that anybody has to do with labels ends a
// message: the last copy goes to the archive. Messages with a modseq above
// condition.Since, where condition is not nil, are left alone and told. Errors are
// restante.ErrNotFound (the mailbox), ErrInvalid and ErrLimit (names and flags) and
// ErrOverQuota.
func (a *Account) StoreLabels(ctx context.Context, mb restante.MailboxID, uids UIDSet, change LabelChange, condition *Unchanged) (LabelResult, error) {
	var known *Labels
	if change.Alone || change.Op == ReplaceFlags {
		var err error
		if known, err = a.Labels(ctx); err != nil { // before the writer's lock
			return LabelResult{}, err
		}
	}
	var result LabelResult
	state, err := a.updateMessages(ctx, kv.Durable, mb, func(tx *txn, d *draft) error {
		result = LabelResult{}
		s := labelStore{tx: tx, account: a, own: d, change: &change, known: known, result: &result, changed: make(map[restante.EmailID]bool)}
		if err := s.choose(uids, condition); err != nil || len(s.chosen) == 0 {
			return err
		}
		return s.store()
	})
	if err != nil {
		return LabelResult{}, err
	}
	result.Snapshot = a.after(ctx, state, mb)
	return result, nil
}

// labelStore is a change of labels while it is computed.
type labelStore struct {
	tx      *txn
	account *Account
	own     *draft
	change  *LabelChange
	known   *Labels // what was held where a moment ago; nil where not needed
	result  *LabelResult
	uids    UIDSet // of the messages that are changed
	chosen  map[restante.EmailID]bool
	changed map[restante.EmailID]bool // contents whose labels change
	become  func(FlagSetID) (FlagSetID, error)
}

// choose finds the messages that meet the condition.
func (s *labelStore) choose(uids UIDSet, condition *Unchanged) error {
	s.chosen = make(map[restante.EmailID]bool)
	return eachOverlap(s.own.pages, uids, func(i int, spans []span) error {
		p := s.own.pages[i]
		for _, r := range spans {
			for j := r.from; j < r.to; j++ {
				if condition != nil && p.ModSeq(j) > condition.Since {
					s.result.Modified = s.result.Modified.Add(p.UID(j))
					continue
				}
				s.uids = s.uids.Add(p.UID(j))
				s.chosen[p.EmailID(j)] = true
			}
		}
		return nil
	})
}

// store makes the change: messages are put in before they are taken out, so that no
// content ends in between.
func (s *labelStore) store() error {
	if err := s.flags(); err != nil {
		return err
	}
	named := make(map[restante.MailboxID]bool)
	leave := s.change.Alone
	for _, mb := range s.change.Mailboxes {
		d, err := s.mailbox(mb.NewMailbox, s.change.Op != RemoveFlags)
		if err != nil {
			return err
		}
		if d == nil || named[d.mailbox.ID] {
			continue
		}
		named[d.mailbox.ID] = true
		switch {
		case d == s.own:
			leave = s.change.Op == RemoveFlags
		case s.change.Op == RemoveFlags:
			err = s.takeFrom(d)
		default:
			err = s.putIn(d, mb.Rights)
		}
		if err != nil {
			return err
		}
	}
	if s.known != nil {
		if err := s.takeFromOthers(named); err != nil {
			return err
		}
	}
	err := eachOverlap(s.own.pages, s.uids, func(i int, spans []span) error { return s.touchPage(i, spans, leave) })
	if err != nil || !leave {
		return err
	}
	return s.leave()
}

// flags makes become, which gives what a flag set is after the change.
func (s *labelStore) flags() error {
	system, keywords, err := splitFlags(s.change.Flags, s.tx.limits.KeywordBytes)
	if err != nil {
		return err
	}
	in := flagChange{tx: s.tx, op: s.change.Op, system: system, keywords: keywords, rights: AllRights}
	s.become = in.become
	if in.op != ReplaceFlags {
		return nil
	}
	in.op = AddFlags
	others := slices.DeleteFunc(slices.Clone(s.change.FlagLabels), func(l string) bool { return slices.Contains(s.change.Flags, l) })
	out := flagChange{tx: s.tx, op: RemoveFlags, rights: AllRights}
	if out.system, out.keywords, err = splitFlags(others, s.tx.limits.KeywordBytes); err != nil {
		return err
	}
	s.become = func(id FlagSetID) (FlagSetID, error) {
		id, err := out.become(id)
		if err == nil {
			id, err = in.become(id)
		}
		return id, err
	}
	return nil
}

// touchPage changes the flags of messages of a page, and gives a new modseq to those
// whose labels change. Those that leave need none for what happens elsewhere. No flag
// that is a label is counted in a mailbox.
func (s *labelStore) touchPage(i int, spans []span, leave bool) error {
	p := s.own.pages[i]
	sets, mods := slices.Clone(p.FlagSets()), slices.Clone(p.ModSeqs())
	touched := false
	for _, r := range spans {
		for j := r.from; j < r.to; j++ {
			to, err := s.become(sets[j])
			if err != nil {
				return err
			}
			if to != sets[j] || s.changed[p.EmailID(j)] && !leave {
				sets[j], mods[j], touched = to, s.tx.modSeq, true
			}
		}
	}
	if touched {
		s.tx.replace(s.own, i, p.withFlags(sets, mods, s.tx.flags))
		s.result.ModSeq = s.tx.modSeq
	}
	return nil
}

// each calls f for each message that is changed.
func (s *labelStore) each(f func(Message) error) error {
	return eachOverlap(s.own.pages, s.uids, func(i int, spans []span) error {
		p := s.own.pages[i]
		for _, r := range spans {
			for j := r.from; j < r.to; j++ {
				if err := f(p.Message(j)); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
