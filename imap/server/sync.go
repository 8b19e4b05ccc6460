package server

import (
	"context"
	"errors"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/view"
	"github.com/restante/restante/mailstore"
)

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
	s.selected.changed |= changed
	now, err := s.selected.account.Snapshot(ctx, s.selected.id)
	if errors.Is(err, restante.ErrNotFound) || err == nil && !s.selected.same(now) {
		s.mailboxGone()
		return nil
	}
	if err != nil {
		return err
	}
	hold := s.selected.hold
	s.selected.hold = false
	u, notes, err := s.step(ctx, now, mayExpunge && !hold)
	if err != nil {
		return err
	}
	changed, s.selected.changed = s.selected.changed, 0
	if changed&mailstore.FlagRights != 0 && !u.NewKeywords() {
		s.writeFlags() // RFC 4314 §5.1.1
	}
	s.tellLeft(ctx, &u)
	s.selected.silent = len(u.Expunged()) == 0 && !u.NewKeywords() &&
		(len(s.selected.withheld) == 0 || !s.interest.tells(imap.NotifyFlagChange))
	if !u.Empty() || len(s.selected.withheld) > 0 {
		if err := s.tell(&u, notes, uid); err != nil {
			return err
		}
	}
	if len(s.selected.withheld) == 0 {
		s.selected.view.Heard()
	}
	s.tellURLMech()
	return s.tellWatched(ctx, &u)
}

// step advances the view and gives what has to be told, also of annotations. With an
// error the view stays as it is, so that all of it is told another time.
func (s *session) step(ctx context.Context, now *mailstore.Snapshot, mayExpunge bool) (u view.Update, notes changedNotes, err error) {
	next := *s.selected.view
	u = s.advance(&next, now, mayExpunge)
	if !u.Empty() {
		if notes, err = s.changedAnnotations(ctx, &u, next.Base()); err != nil {
			return view.Update{}, nil, err
		}
	}
	*s.selected.view = next
	return u, notes, nil
}

// tell writes the responses of an update and the names of changed annotations.
func (s *session) tell(u *view.Update, notes changedNotes, uid bool) error {
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
	o.notes = notes
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

// untaggedOK writes an untagged OK with a code.
func (s *session) untaggedOK(code imap.Code, text string) {
	s.enc.Status("*", ok(code, text))
}
