package server

import (
	"slices"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/view"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/notify"
)

// followSelected applies what NOTIFY said of the selected mailbox (RFC 5465 §3.1,
// §6.1) to the one that is selected, if one is: without MessageNew and
// MessageExpunge its messages stay as they are for the client, but for what the
// client does itself, and without FlagChange it hears of no flags that others
// change.
func (s *session) followSelected() {
	w := s.interest
	if w == nil {
		return
	}
	w.unfollow()
	for _, a := range w.accounts {
		a.selected.Store(0)
	}
	sel := s.selected
	if sel == nil {
		return
	}
	if a := w.account(sel.account.ID()); a != nil {
		a.selected.Store(uint64(sel.id))
	}
	id, wanted := sel.id, w.selected.Events != 0
	if wanted || len(w.accounts) > 0 {
		w.following = sel.account.Subscribe(func(e notify.Event) {
			// A change of structure may have deleted the mailbox.
			if e.Structure || e.Removed || wanted && slices.Contains(e.Mailboxes, id) {
				s.wake.wake()
			}
		})
	}
	if w.tells(imap.NotifyMessageNew) {
		sel.view.Thaw()
	} else {
		sel.view.Freeze()
	}
	sel.view.Mute(!w.tells(imap.NotifyFlagChange))
}

// unfollowSelected turns the selected mailbox, which is about to be left, into one
// like the others: its client knows what it was told in the selected state.
func (s *session) unfollowSelected() {
	w := s.interest
	if w == nil || s.selected == nil {
		return
	}
	w.unfollow()
	if a := w.account(s.selected.account.ID()); a != nil {
		a.selected.Store(0)
		a.learned(s.selected.view.Told())
		delete(a.seenAt, s.selected.id)
		a.look(s.selected.id)
	}
}

// ownExpunged notes what the session itself has expunged from its mailbox.
func (s *session) ownExpunged(uids mailstore.UIDSet) { s.selected.view.Expunged(uids) }

// ownArrived notes that the session itself has put messages into a mailbox. Of
// those no FETCH response is sent, if it is the selected one (RFC 5465 §5.2).
func (s *session) ownArrived(to *place, uids mailstore.UIDSet) {
	if (s.interest != nil || s.watchesItems()) && s.selected.is(to) {
		s.selected.arrived = mailstore.NewUIDSet(append(s.selected.arrived, uids...))
	}
}

// withholds reports whether a change of flags is not to be told: somebody else made
// it, and the client does not want to hear of it.
func (s *session) withholds(c view.Change) bool {
	if s.interest.tells(imap.NotifyFlagChange) || c.New.ModSeq == s.selected.seen ||
		s.selected.own != nil && s.selected.own.targets.contains(c.Seq) {
		return false
	}
	return true
}

// withhold remembers messages whose flags the client has not been told. A set of
// very many ranges becomes one range.
func (sel *selected) withhold(uids mailstore.UIDSet) {
	const most = 4096
	if len(uids) == 0 {
		return
	}
	set := mailstore.NewUIDSet(append(uids, sel.withheld...))
	if n := len(set); n > most {
		set = mailstore.UIDSet{{First: set[0].First, Last: set[n-1].Last}}
	}
	sel.withheld = set
}

// tellWithheld writes the flags that were withheld, once the client wants them.
func (s *session) tellWithheld(o *flagWriter) error {
	if len(s.selected.withheld) == 0 || !s.interest.tells(imap.NotifyFlagChange) {
		return nil
	}
	t := targets{snap: s.selected.view.Shown()}
	t.addUIDs(s.selected.withheld)
	s.selected.withheld = nil
	return o.fetchFlags(&t, 0, nil)
}
