package server

import (
	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/view"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/namespace"
)

// selected is what a session in the selected state knows of its mailbox.
type selected struct {
	account  *mailstore.Account // whose it is
	owner    namespace.Owner
	rights   mailstore.Rights // of the session's user
	changed  mailstore.Rights // rights that changed and of which the client was not told
	id       restante.MailboxID
	urlReset restante.ModSeq // when its access key was last replaced, as the client knows
	view     *view.View
	readOnly bool
	// collation is what its searches compare texts by, the session's.
	collation collation
	// saved is "$", the result that SEARCH RETURN (SAVE) kept, by UID, so that
	// an expunge takes its message out of it (RFC 9051 §6.4.4.1).
	saved mailstore.UIDSet
	// labels are for the search that runs, where it asks for any.
	labels *labels
	kept   *keptSearch // see there; nil where nothing is kept
	order  *keptOrder  // see there; nil where nothing is kept
	// watches are the searches whose updates are told, oldest first.
	watches []*watch
	// own is the STORE that is being done, nil otherwise.
	own *ownStore
	// annotate says that the client wants to hear of annotations (RFC 5257 §4.2), and
	// noted up to which modification sequence it has.
	annotate bool
	noted    restante.ModSeq
	// lagging says that the client was told a HIGHESTMODSEQ below what it has
	// seen, because expunges are held back.
	lagging bool
	// seen is the modification sequence of the last \Seen that a FETCH of this
	// session set.
	seen restante.ModSeq
	// arrived are messages that the session itself has put in and not been told
	// of, and withheld those whose flags others changed unheard: see NOTIFY.
	arrived, withheld mailstore.UIDSet
	// silent says that the last sync had nothing to tell.
	silent bool
	// hold keeps expunges from being told with the command that runs, though
	// its kind would allow it.
	hold bool
	// batches are the UIDBATCHES that were answered.
	batches []batchRequest
}

// is reports whether a place is the selected mailbox; nil is none.
func (sel *selected) is(at *place) bool {
	return sel != nil && sel.account.ID() == at.account.ID() && sel.id == at.mailbox.ID
}

// same reports whether a snapshot is of the mailbox that was selected, and not
// of what is left of it or was made in its place.
func (sel *selected) same(now *mailstore.Snapshot) bool {
	mb := now.Mailbox()
	return !mb.NoSelect && mb.UIDValidity == sel.view.Base().Mailbox().UIDValidity
}

// mailboxGone ends the session after its mailbox. A command that runs is
// answered first.
func (s *session) mailboxGone() {
	gone := imap.StatusResponse{Type: imap.StatusBye, Code: imap.CodeNonExistent, Text: "The selected mailbox was deleted"}
	if s.selected.closed() {
		gone = imap.StatusResponse{Type: imap.StatusBye, Code: imap.CodeNoPerm, Text: "You may no longer read the selected mailbox"}
	}
	if s.idle.active || s.pushing {
		s.bye(gone.Code, gone.Text)
		return
	}
	s.farewell = &gone
}

// leaveDeleted ends the selected state if the session itself has just deleted
// its mailbox. Unlike others it knows what it did, and can go on.
func (s *session) leaveDeleted() {
	if s.selected == nil {
		return
	}
	if mb := s.selected.mailbox(); mb == nil || mb.NoSelect {
		s.leaveMailbox()
		s.untaggedOK(imap.CodeClosed, "The selected mailbox was deleted")
	}
}
