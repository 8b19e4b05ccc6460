package mailstore

import "github.com/restante/restante"

// seenFlag is what a change of flags does to a \Seen that is not the owner's. Its
// methods do nothing for nil.
type seenFlag struct {
	draft *seenDraft
	named bool   // the change is about \Seen
	to    bool   // what it becomes
	uids  UIDSet // of the messages that are changed, in rising order
}

// changeOfSeen takes \Seen out of a change of flags by the viewer of a mailbox, whose
// own it is.
func (tx *txn) changeOfSeen(id restante.MailboxID, viewer restante.AccountID, c *flagChange) (*seenFlag, error) {
	draft, err := tx.draftSeen(id, viewer)
	if err != nil {
		return nil, err
	}
	s := &seenFlag{draft: draft, named: c.system&Seen != 0, to: c.system&Seen != 0 && c.op != RemoveFlags}
	if c.op == ReplaceFlags && c.rights.Has(RightSeen) {
		s.named = true
	}
	c.system &^= Seen
	c.rights &^= RightSeen // the owner's stays as it is
	return s, nil
}

// viewersDraft answers the draft of what a viewer has seen of a mailbox, nil for the
// owner, whose \Seen is in the flag sets.
func (tx *txn) viewersDraft(id restante.MailboxID, viewer restante.AccountID) (*seenDraft, error) {
	if viewer == 0 {
		return nil, nil
	}
	return tx.draftSeen(id, viewer)
}

// ownersFlags are the system flags of a new message that are the owner's too.
func (d *seenDraft) ownersFlags(system SystemFlags) SystemFlags {
	if d == nil {
		return system
	}
	return system &^ Seen
}

// add takes a new message that has system flags.
func (d *seenDraft) add(uid restante.UID, system SystemFlags, at restante.ModSeq) {
	if d != nil && system&Seen != 0 {
		d.set(UIDSet{{First: uid, Last: uid}}, true, at)
	}
}

// flagsOf are the system flags of a message as the viewer has them.
func (d *seenDraft) flagsOf(uid restante.UID, system SystemFlags) SystemFlags {
	if d == nil {
		return system
	}
	if seen, _ := d.of(uid); seen {
		return system | Seen
	}
	return system &^ Seen
}

// modSeq is the modseq of a message's \Seen.
func (s *seenFlag) modSeq(uid restante.UID) restante.ModSeq {
	if s == nil {
		return 0
	}
	_, at := s.draft.of(uid)
	return at
}

// note takes a message into the change.
func (s *seenFlag) note(uid restante.UID) {
	if s != nil && s.named {
		s.uids = s.uids.Add(uid)
	}
}

// mergeable reports whether \Seen, if the change is about it, is as the client knows
// it.
func (s *seenFlag) mergeable(uid restante.UID, was *FlagSet) bool {
	if s == nil || !s.named {
		return true
	}
	seen, _ := s.draft.of(uid)
	return seen == (was.System&Seen != 0)
}

// apply makes the change.
func (s *seenFlag) apply(c *flagChange) {
	var differ UIDSet
	for _, r := range s.uids {
		for uid := r.First; ; uid++ {
			if seen, _ := s.draft.of(uid); seen != s.to {
				differ = differ.Add(uid)
			}
			if uid == r.Last {
				break
			}
		}
	}
	if len(differ) > 0 {
		s.draft.set(differ, s.to, c.tx.modSeq)
		c.result.ModSeq = c.tx.modSeq
	}
}
