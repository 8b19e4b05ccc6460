package server

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/namespace"
	"github.com/restante/restante/notify"
)

// interest is what the client asked for with NOTIFY (RFC 5465), and what it has been
// told since. A session has none until its client uses the command.
//
// What is kept of the mailboxes is what was told of them: an outline of the account,
// and with it the mailboxes that have been told of since. Commits only note which
// mailboxes they touched and wake the session, which compares those with what was
// told: nothing is queued for a client, so that none can overflow, and a change
// costs what it touches.
type interest struct {
	filter   *eventFilter
	selected imap.NotifyGroup // of the selected mailbox; no events where there is no such group
	status   bool             // STATUS was asked for
	accounts []*watched       // the session's own first; none after NOTIFY NONE

	// later says that nothing is told before the answer to the command that runs.
	later bool
	// everything says that all events of the selected mailbox are told for once.
	everything bool
	// sharers says that somebody may share something who did not before; unshare ends
	// the subscription to that, and is nil where it does not matter.
	sharers atomic.Bool
	unshare func()
	// following is the subscription to the selected mailbox.
	following func()
}

// tells reports whether the events are told of the selected mailbox. Before NOTIFY
// is used all are (RFC 5465 §3.1).
func (w *interest) tells(e imap.NotifyEvents) bool {
	return w == nil || w.everything || w.selected.Events.Has(e)
}

// immediate reports whether expunges are told at once (RFC 5465 §6.1.1), at the
// price of sequence numbers.
func (w *interest) immediate() bool {
	return w != nil && w.selected.Filter == imap.NotifySelected && w.selected.Events.Has(imap.NotifyMessageExpunge)
}

// stop ends the subscriptions.
func (w *interest) stop() {
	if w == nil {
		return
	}
	for _, a := range w.accounts {
		a.stop()
	}
	w.accounts = nil
	if w.unshare != nil {
		w.unshare()
		w.unshare = nil
	}
	w.unfollow()
}

func (w *interest) unfollow() {
	if w.following != nil {
		w.following()
		w.following = nil
	}
}

// account gives what is watched of an account, nil if that is nothing.
func (w *interest) account(id restante.AccountID) *watched {
	if w == nil {
		return nil
	}
	for _, a := range w.accounts {
		if a.account.ID() == id {
			return a
		}
	}
	return nil
}

// watched is an account whose mailboxes are watched.
type watched struct {
	account *mailstore.Account
	owner   namespace.Owner
	cancel  func()
	filter  *eventFilter

	// refused are the mailboxes of which the client was told that it has no access
	// to them any more.
	refused map[string]bool

	// told is what the client knows, but for the mailboxes in since, of which it
	// has been told more.
	told  *mailstore.Outline
	since map[restante.MailboxID]*mailstore.Mailbox

	// seenAt is when the user last changed what he has seen of the mailboxes of
	// somebody else, where that is an event.
	seenAt map[restante.MailboxID]restante.ModSeq

	// selected is the selected mailbox, which has rules of its own; 0 if it is of
	// another account or none.
	selected atomic.Uint64

	pending struct {
		sync.Mutex
		mailboxes []restante.MailboxID // that changed; without order
		all       bool                 // names changed, or too many mailboxes
	}
}

// maxPending is how many mailboxes are noted one by one until the session looks,
// and how many it keeps beside an outline.
const maxPending = 256

// watchAccount begins to watch an account. What is told has yet to be set.
func (s *session) watchAccount(a *mailstore.Account, owner namespace.Owner, f *eventFilter) *watched {
	w := &watched{account: a, owner: owner, filter: f}
	w.cancel = a.Subscribe(func(e notify.Event) {
		if w.note(e) {
			s.wake.wake()
		}
	})
	return w
}

// stop ends the subscription, and gives back the account of somebody else.
func (a *watched) stop() {
	a.cancel()
	if a.shared() {
		a.account.Release()
	}
}

// shared reports whether the account is somebody else's.
func (a *watched) shared() bool { return a.owner.Prefix != "" }

// events gives what is told of a mailbox of the account. The subscriptions are
// those at known, which is an outline of the user's own account, or of now.
func (a *watched) events(name string, known *mailstore.Outline) imap.NotifyEvents {
	if a.shared() {
		known = nil
	}
	return a.filter.events(a.owner.Prefix+name, known)
}

// place gives where a mailbox of the account is.
func (a *watched) place(mb *mailstore.Mailbox) place {
	return place{account: a.account, mailbox: mb, name: a.owner.Prefix + mb.Name, owner: a.owner}
}

// note takes down what a commit has changed and reports whether the session has to
// look. It runs on the goroutine of whoever made the change.
func (a *watched) note(e notify.Event) bool {
	a.pending.Lock()
	defer a.pending.Unlock()
	if e.Structure || e.Removed {
		a.pending.all = true
		return true
	}
	wake := e.Metadata && a.filter.any(metadataEvents)
	if !a.filter.any(imap.NotifyMessageEvents) {
		return wake
	}
	state := a.account.State()
	for _, id := range e.Mailboxes {
		mb := state.Mailbox(id)
		if uint64(id) == a.selected.Load() || mb != nil && !a.events(mb.Name, nil).Any(imap.NotifyMessageEvents) {
			continue
		}
		wake = true
		a.noteLocked(id)
	}
	return wake
}

func (a *watched) noteLocked(id restante.MailboxID) {
	switch p := &a.pending; {
	case p.all || slices.Contains(p.mailboxes, id):
	case len(p.mailboxes) == maxPending:
		p.all, p.mailboxes = true, nil
	default:
		p.mailboxes = append(p.mailboxes, id)
	}
}

// take gives what was noted since the last call.
func (a *watched) take() (mailboxes []restante.MailboxID, all bool) {
	a.pending.Lock()
	defer a.pending.Unlock()
	mailboxes, all = a.pending.mailboxes, a.pending.all
	a.pending.mailboxes, a.pending.all = nil, false
	return mailboxes, all || len(mailboxes)+len(a.since) > maxPending
}

// due reports whether something is noted.
func (a *watched) due() bool {
	a.pending.Lock()
	defer a.pending.Unlock()
	return a.pending.all || len(a.pending.mailboxes) > 0
}

// missed notes that what was taken could not be told.
func (a *watched) missed() {
	a.pending.Lock()
	defer a.pending.Unlock()
	a.pending.mailboxes, a.pending.all = nil, true
}

// look notes that a mailbox has to be looked at.
func (a *watched) look(id restante.MailboxID) {
	a.pending.Lock()
	defer a.pending.Unlock()
	a.noteLocked(id)
}

// known gives what the client has been told of a mailbox, nil for nothing.
func (a *watched) known(id restante.MailboxID) *mailstore.Mailbox {
	if mb, ok := a.since[id]; ok {
		return mb
	}
	return a.told.Mailbox(id)
}

// learned notes what the client has been told of a mailbox.
func (a *watched) learned(mb *mailstore.Mailbox) {
	if a.since == nil {
		a.since = make(map[restante.MailboxID]*mailstore.Mailbox)
	}
	if len(a.since) > maxPending {
		a.missed() // the next look makes a new outline
	}
	a.since[mb.ID] = mb
}
