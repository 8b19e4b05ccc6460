package mailstore

import (
	"maps"
	"slices"

	"github.com/restante/restante"
)

// mailbox opens the draft of a mailbox. One that is not there is made if it may be;
// else there is no draft.
func (s *labelStore) mailbox(mb NewMailbox, mayMake bool) (*draft, error) {
	name, err := s.tx.limits.newName(mb.Name)
	if err != nil {
		return nil, err
	}
	d := s.tx.named(name)
	if d == nil || d.mailbox.NoSelect {
		if !mayMake {
			return nil, nil
		}
		if err := s.tx.createTree(name, mb.SpecialUse); err != nil {
			return nil, err
		}
		d = s.tx.named(name)
	}
	return d, s.tx.load(d)
}

// putIn copies the chosen messages that a mailbox does not hold.
func (s *labelStore) putIn(d *draft, rights Rights) error {
	there := make(map[restante.EmailID]bool)
	for _, p := range d.pages {
		for _, id := range p.EmailIDs() {
			if s.chosen[id] {
				there[id] = true
			}
		}
	}
	return s.copy(d, rights, func(m Message) bool {
		if there[m.EmailID] {
			return false
		}
		there[m.EmailID], s.changed[m.EmailID] = true, true
		return true
	})
}

// copy puts those of the messages that are wanted in a mailbox, as COPY does, with
// the flags that they have after the change.
func (s *labelStore) copy(d *draft, rights Rights, wanted func(Message) bool) error {
	flags, err := s.tx.carrier(s.own, d, s.account.seer(), rights)
	if err != nil {
		return err
	}
	notes, err := s.tx.annotations(s.own, d, s.account.who(), rights)
	if err != nil {
		return err
	}
	defer notes.close()
	now := TimeOf(s.tx.now)
	err = s.each(func(m Message) error {
		if !wanted(m) {
			return nil
		}
		if s.tx.row.quota != (Quota{}) {
			if err := fits(s.tx.row, int64(m.Size), 1); err != nil {
				return err
			}
		}
		if err := s.tx.retain(m.EmailID); err != nil {
			return err
		}
		from := m.UID
		system, err := flags.carry(&m)
		if err != nil {
			return err
		}
		if m.FlagSet, err = s.become(m.FlagSet); err != nil {
			return err
		}
		m.SaveDate = now
		uid, err := s.tx.add(d, m)
		if err != nil {
			return err
		}
		flags.arrived(uid, system)
		return notes.carry(from, uid)
	})
	if err == nil {
		err = notes.fit()
	}
	return err
}

// takeFrom takes the chosen messages out of another mailbox.
func (s *labelStore) takeFrom(d *draft) error {
	if s.change.Fixed[d.mailbox.ID] {
		return nil
	}
	var gone UIDSet
	for _, p := range d.pages {
		for j, id := range p.EmailIDs() {
			if s.chosen[id] {
				gone, s.changed[id] = gone.Add(p.UID(j)), true
			}
		}
	}
	if len(gone) == 0 {
		return nil
	}
	return s.tx.expunge(d, gone)
}

// takeFromOthers takes the chosen messages out of all mailboxes that hold one and are
// not named.
func (s *labelStore) takeFromOthers(named map[restante.MailboxID]bool) error {
	var holders []restante.MailboxID
	for id := range s.chosen {
		holders = s.known.Mailboxes(holders, id)
	}
	slices.Sort(holders)
	for _, id := range slices.Compact(holders) {
		d := s.tx.draftOf(id)
		if named[id] || d == nil || d == s.own || d.gone || d.mailbox.NoSelect {
			continue
		}
		if err := s.tx.load(d); err != nil {
			return err
		}
		if err := s.takeFrom(d); err != nil {
			return err
		}
	}
	return nil
}

// leave takes the messages out of the mailbox itself, and puts those of which no other
// copy is left into the archive.
func (s *labelStore) leave() error {
	if s.change.Fixed[s.own.mailbox.ID] {
		return nil
	}
	here := make(map[restante.EmailID]uint32) // copies that go
	if err := s.each(func(m Message) error { here[m.EmailID]++; return nil }); err != nil {
		return err
	}
	going := s.uids
	last := make(map[restante.UID]bool) // no other copy is left
	err := s.each(func(m Message) error {
		block, err := s.tx.refBlock(m.EmailID)
		if err != nil {
			return err
		}
		if block.counts[m.EmailID%refBlockSize]+1 <= here[m.EmailID] {
			last[m.UID] = true
			here[m.EmailID]-- // the next one of it has this one
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(last) > 0 {
		archive, err := s.mailbox(s.change.Archive, true)
		if err != nil {
			return err
		}
		if archive == s.own {
			var stay UIDSet
			for _, uid := range slices.Sorted(maps.Keys(last)) {
				stay = stay.Add(uid)
			}
			going = going.Minus(stay)
		} else if err := s.copy(archive, AllRights, func(m Message) bool { return last[m.UID] }); err != nil {
			return err
		}
	}
	if len(going) == 0 {
		return nil
	}
	s.result.Gone, s.result.ModSeq = going, s.tx.modSeq
	return s.tx.expunge(s.own, going)
}
