package server

import (
	"context"
	"errors"
	"slices"

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

// sync brings the client up to date on its selected mailbox: EXPUNGE or
// VANISHED, EXISTS, RECENT, FLAGS and FETCH responses for what others did and
// for what the session's own command did (RFC 9051 §5.2). It is called before
// each tagged answer and when IDLE is woken.
//
// mayExpunge says that expunges may be told now (RFC 9051 §7.5.1), uid that the
// command is a UID form, so that FETCH responses carry the UID (RFC 9051
// §6.4.9).
//
// If the mailbox was deleted under the session, the session ends with BYE, which
// RFC 2180 §3.3 allows: its sequence numbers could no longer be answered for, and
// a client that connects again sees what there is.
func (s *session) sync(ctx context.Context, mayExpunge, uid bool) error {
	if s.selected == nil {
		return nil
	}
	if err := s.selected.account.RefreshSince(ctx, s.moment); err != nil {
		return err
	}
	changed, err := s.review(ctx)
	if errors.Is(err, restante.ErrNotFound) {
		s.mailboxGone()
		return nil
	}
	if err != nil {
		return err
	}
	now, err := s.selected.account.Snapshot(ctx, s.selected.id)
	if errors.Is(err, restante.ErrNotFound) || err == nil && !s.selected.same(now) {
		s.mailboxGone()
		return nil
	}
	if err != nil {
		return err
	}
	u := s.advance(now, mayExpunge && !s.selected.hold)
	s.selected.hold = false
	changed |= s.selected.changed
	s.selected.changed = 0
	if changed&mailstore.FlagRights != 0 && !u.NewKeywords() {
		s.writeFlags() // RFC 4314 §5.1.1
	}
	s.tellLeft(ctx, &u)
	s.selected.silent = len(u.Expunged()) == 0 && !u.NewKeywords() &&
		(len(s.selected.withheld) == 0 || !s.interest.tells(imap.NotifyFlagChange))
	if !u.Empty() || len(s.selected.withheld) > 0 {
		if err := s.tell(ctx, &u, uid); err != nil {
			return err
		}
	}
	if len(s.selected.withheld) == 0 {
		s.selected.view.Heard()
	}
	s.tellURLMech()
	return s.tellWatched(ctx, &u)
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

// tell writes the responses of an update.
func (s *session) tell(ctx context.Context, u *view.Update, uid bool) error {
	s.tellExpunged(u)
	s.selected.withheld = s.selected.withheld.Minus(u.Vanished())
	if n, changed := u.Exists(); changed {
		s.selected.silent = false
		s.untaggedNumber(n, "EXISTS")
		if !s.enabled.has(featureRev2) {
			s.claimRecent()
			s.untaggedNumber(s.selected.view.RecentCount(), "RECENT")
		}
	}
	if u.NewKeywords() {
		s.writeFlags()
	}
	o := s.newFlagWriter(uid || s.interest != nil) // RFC 5465 §5.1
	defer o.close()
	if err := s.tellWithheld(&o); err != nil {
		return err
	}
	var err error
	if o.notes, err = s.changedAnnotations(ctx, u); err != nil {
		return err
	}
	if s.selected.own != nil {
		s.selected.own.notes = o.notes
	}
	var withheld mailstore.UIDSet
	defer func() { s.selected.withhold(withheld) }()
	for c := range u.Changed {
		same := len(o.notes[c.New.UID]) == 0 && s.selected.sameForGuest(c)
		if same && (s.withholds(c) || !s.enabled.has(featureCondStore)) {
			continue
		}
		if s.withholds(c) {
			withheld = withheld.Add(c.New.UID)
			s.selected.silent = s.selected.silent && len(o.notes[c.New.UID]) == 0
			o.notesOnly(c.Seq, c.New)
			continue
		}
		s.selected.silent = false
		kind := s.selected.own.echo(c)
		if same && kind == echoFlags {
			kind = echoModSeq
		}
		switch kind {
		case echoNothing:
			continue
		case echoModSeq:
			if !s.enabled.has(featureCondStore) {
				o.notesOnly(c.Seq, c.New)
				continue
			}
			o.modSeqOnly(c.Seq, c.New)
		default:
			o.flags(c.Seq, c.New)
		}
		if err := o.spill(); err != nil {
			return err
		}
	}
	return o.end()
}

// tellExpunged writes the expunges of an update, by UID or by sequence number.
func (s *session) tellExpunged(u *view.Update) {
	if len(u.Expunged()) == 0 {
		return
	}
	if !s.tellsVanished() {
		for _, seq := range u.Expunged() {
			s.untaggedNumber(seq, "EXPUNGE")
		}
		return
	}
	s.enc.Raw("* VANISHED ").NumSet(numSet(u.Vanished())).CRLF()
}

// untaggedNumber writes a response of a number and a word.
func (s *session) untaggedNumber(n int, word string) {
	s.enc.Raw("* ").Number64(uint64(n)).SP().Raw(word).CRLF()
}

// writeFlags tells the flags that are in use and those that may be stored (RFC
// 9051 §7.3.5, §7.1 PERMANENTFLAGS): new keywords too, while there is room for
// one.
func (s *session) writeFlags() {
	const system = `\Answered \Flagged \Deleted \Seen \Draft`
	rights := s.selected.rights
	b := append(s.scratch[:0], "* FLAGS ("+system...)
	words := len(b)
	table := s.selected.view.Shown().Flags()
	keywords := table.Keywords()
	for _, k := range keywords {
		b = append(append(b, ' '), k...)
	}
	end := len(b)
	b = append(b, ")\r\n* OK [PERMANENTFLAGS ("...)
	switch {
	case s.selected.readOnly || rights&mailstore.FlagRights == 0:
		b = append(append(b, ")] "...), s.enc.Text("No flags can be changed here")...)
	case !rights.Has(mailstore.FlagRights):
		b = s.appendSettable(b, rights, keywords)
	default:
		b = append(b, system...)
		b = append(b, b[words:end]...)
		if table.HasRoom(s.srv.store.Limits().Keywords) {
			b = append(b, ` \*`...)
		}
		b = append(append(b, ")] "...), s.enc.Text("Flags that can be changed")...)
	}
	b = append(b, "\r\n"...)
	s.enc.RawBytes(b)
	s.scratch = b[:0]
}

// appendSettable ends the PERMANENTFLAGS of a user who may change some flags only
// (RFC 4314 §5.1.1).
func (s *session) appendSettable(b []byte, rights mailstore.Rights, keywords []string) []byte {
	flags := slices.Concat(systemFlags(), keywords)
	if len(keywords) < s.srv.store.Limits().Keywords {
		flags = append(flags, imap.FlagWildcard)
	}
	for i, f := range rights.Settable(flags) {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, f...)
	}
	return append(append(b, ")] "...), s.enc.Text("Flags that can be changed")...)
}

// claimRecent takes the messages that no session has been told of yet as recent
// to this one (RFC 3501 §2.3.2). A read-only session is shown them as recent too,
// but takes none away from others (RFC 3501 §6.3.2).
func (s *session) claimRecent() {
	v := s.selected.view
	last := v.Base().Mailbox().UIDNext - 1
	if !s.selected.readOnly {
		v.AddRecent(s.selected.account.ClaimRecent(s.selected.id), last)
		return
	}
	from := s.selected.account.Unclaimed(s.selected.id)
	if known := v.RecentSet(); len(known) > 0 {
		from = max(from, known[len(known)-1].Last+1)
	}
	v.AddRecent(from, last)
}

// enableCondStore notes that the client is aware of modification sequences. A
// client that becomes so in the selected state is told the mailbox's (RFC 7162
// §3.1.2.1).
func (s *session) enableCondStore() {
	if s.enabled.has(featureCondStore) {
		return
	}
	s.enabled |= featureCondStore
	if s.selected != nil {
		s.untaggedOK(imap.CodeHighestModSeq(uint64(s.selected.view.HighestModSeq())), "Highest modification sequence")
	}
}

// tellLag tells a client that knows of modification sequences up to which one it
// knows everything, while expunges are held back from it: from MODSEQ items
// above theirs it would conclude that there is nothing more to hear (RFC 7162
// §3.2, §6). Once it has heard of them, it is told that it has caught up.
func (s *session) tellLag() {
	if s.selected == nil || !s.enabled.has(featureCondStore) || s.pushing && s.selected.silent {
		return
	}
	behind := s.selected.view.Behind()
	switch {
	case behind:
		s.untaggedOK(imap.CodeHighestModSeq(uint64(s.selected.view.HighestModSeq())), "Not everything is told")
	case s.selected.lagging:
		s.untaggedOK(imap.CodeHighestModSeq(uint64(s.selected.view.HighestModSeq())), "All is told")
	}
	s.selected.lagging = behind
}

// lagged gives a tagged answer in which HIGHESTMODSEQ is no higher than up to where
// the client was told everything (RFC 7162 §3.2): NOTIFY may have left something out,
// and what the answer says last is what the client keeps (RFC 7162 §6).
func (s *session) lagged(a imap.StatusResponse) imap.StatusResponse {
	if s.selected != nil && a.Code.Name() == "HIGHESTMODSEQ" && s.selected.view.Behind() {
		a.Code = imap.CodeHighestModSeq(uint64(s.selected.view.HighestModSeq()))
	}
	return a
}

// untaggedOK writes an untagged OK with a code.
func (s *session) untaggedOK(code imap.Code, text string) {
	s.enc.Status("*", ok(code, text))
}
