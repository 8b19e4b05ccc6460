package mailstore

import "slices"

// Others may have changed an account as often again as commits of it were lost, before a node
// that knew those looks: then the version has not gone back. But most of what an account holds
// says at which commit it was made or last changed, and what says that it is no newer than
// what the node knew must have been there then, as it is now; and some of it never changes. If
// that does not hold, the account is not what became of the one that was known. It may hold
// all the same: where all that was lost has been overwritten, which clients are told of anyway.

// contradicts reports whether the account cannot be what became of known. It costs what has
// changed.
func (s *State) contradicts(known *State) bool {
	row, was := &s.account, &known.account
	return row.nextMailbox < was.nextMailbox || row.nextEmail < was.nextEmail || row.lastUIDValidity < was.lastUIDValidity ||
		slices.ContainsFunc(s.mailboxes, func(b *box) bool { return b.contradicts(known) })
}

// contradicts is State.contradicts for a mailbox.
func (b *box) contradicts(known *State) bool {
	mb, old := b.mailbox, known.box(b.mailbox.ID)
	if old == nil {
		return mb.UIDValidity <= known.account.lastUIDValidity
	}
	was := old.mailbox
	switch {
	case mb.UIDValidity != was.UIDValidity || mb.UIDNext < was.UIDNext:
		return true
	case mb.HighestModSeq <= known.ModSeq() &&
		(mb.HighestModSeq != was.HighestModSeq || mb.Messages != was.Messages || mb.Size != was.Size):
		return true
	case b.snapshot == nil || old.snapshot == nil:
		return false
	}
	return slices.ContainsFunc(b.snapshot.pages, func(p *Page) bool { return p.contradicts(old.snapshot, known) })
}

// contradicts is State.contradicts for a page of a mailbox that was known.
func (p *Page) contradicts(was *Snapshot, known *State) bool {
	if i := was.pageFor(p.first); i < len(was.pages) && was.pages[i] == p {
		return false
	}
	for i := range p.Len() {
		m := p.Message(i)
		if seq, there := was.SeqOf(m.UID); there {
			if m.contradicts(was.At(seq), known) {
				return true
			}
		} else if m.ModSeq <= known.ModSeq() {
			return true
		}
	}
	return false
}

// contradicts is State.contradicts for a message whose UID was known.
func (m *Message) contradicts(was Message, known *State) bool {
	if m.ModSeq <= known.ModSeq() {
		return *m != was
	}
	return m.EmailID != was.EmailID || m.InternalDate != was.InternalDate || m.SaveDate != was.SaveDate
}
