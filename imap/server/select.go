package server

import (
	"context"
	"iter"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/imap/view"
	"github.com/restante/restante/mailstore"
)

// selectMailbox handles SELECT and EXAMINE (RFC 9051 §6.3.2, §6.3.3, RFC 7162
// §3.1.8, §3.2.5).
func (s *session) selectMailbox(ctx context.Context, c command.Select) (imap.StatusResponse, error) {
	if c.QResync != nil && !s.enabled.has(featureQResync) {
		return done, imap.Bad("QRESYNC needs ENABLE QRESYNC")
	}
	s.closePrevious()
	name, err := s.identified(ctx, c)
	if err != nil {
		return done, err
	}
	at, err := s.selectable(ctx, name)
	if err != nil {
		return done, err
	}
	snap, err := at.account.Snapshot(ctx, at.mailbox.ID)
	if err != nil {
		return done, err
	}
	if c.CondStore || c.QResync != nil {
		s.enabled |= featureCondStore
	}
	if c.ObjectID != nil {
		s.enableObjectID()
	}
	s.selected = &selected{
		collation: s.collation,
		account:   at.account, owner: at.owner, rights: at.rights, id: at.mailbox.ID, view: view.New(snap), readOnly: c.ReadOnly,
		annotate: c.Annotate, noted: snap.ModSeq(),
	}
	s.state = stateSelected
	s.followSelected()
	s.describeMailbox(ctx, snap, c.Mailbox)
	s.describeURLMech()
	if c.QResync != nil {
		if err := s.resynchronize(ctx, c.QResync); err != nil {
			s.leaveMailbox()
			return done, err
		}
	}
	if c.ReadOnly {
		return ok(imap.CodeReadOnly, "EXAMINE completed"), nil
	}
	if at.rights&s.srv.store.WriteRights() == 0 {
		return ok(imap.CodeReadOnly, "SELECT completed"), nil
	}
	return ok(imap.CodeReadWrite, "SELECT completed"), nil
}

// closePrevious leaves the mailbox that is selected, if one is: also when the new
// one cannot be selected, none is (RFC 9051 §6.3.2).
func (s *session) closePrevious() {
	if s.selected != nil {
		s.leaveMailbox()
		s.untaggedOK(imap.CodeClosed, "Previous mailbox is now closed")
	}
}

// selectable finds a mailbox that holds messages which the user may read.
func (s *session) selectable(ctx context.Context, name string) (place, error) {
	p, err := s.place(ctx, name, mailstore.RightRead)
	if err == nil && p.mailbox.NoSelect {
		err = imap.No(imap.CodeCannot, "This name only has mailboxes below it and cannot be selected")
	}
	return p, err
}

// describeMailbox writes the untagged responses of SELECT (RFC 9051 §6.3.2).
// RECENT and UNSEEN are for clients of RFC 3501 only, LIST for those of RFC 9051.
func (s *session) describeMailbox(ctx context.Context, snap *mailstore.Snapshot, asked string) {
	mb := snap.Mailbox()
	s.writeFlags()
	s.untaggedNumber(snap.Len(), "EXISTS")
	if !s.enabled.has(featureRev2) {
		s.claimRecent()
		s.untaggedNumber(s.selected.view.RecentCount(), "RECENT")
		if n := snap.FirstUnseen(); n > 0 && !s.uidOnly() {
			s.untaggedOK(imap.CodeUnseen(uint32(n)), "First unseen message")
		}
	}
	s.untaggedOK(imap.CodeUIDValidity(mb.UIDValidity), "UIDs are valid for good")
	s.untaggedOK(imap.CodeUIDNext(uint32(mb.UIDNext)), "Predicted next UID")
	s.untaggedOK(imap.CodeHighestModSeq(uint64(mb.HighestModSeq)), "Highest modification sequence")
	s.untaggedOK(s.mailboxCode(s.selected.account, mb.ID), "Object identifier of the mailbox")
	s.describeAnnotations()
	if s.enabled.has(featureRev2) {
		at := site{owner: s.selected.owner, account: s.selected.account, local: mb.Name}
		e := listEntry{name: s.selected.place(mb).name, mailbox: mb, children: s.hasChildren(ctx, at)}
		if asked != e.name && mb.Name != "INBOX" {
			s.writeRenamed(e, asked)
		} else {
			s.writeListed(e, imap.ListOptions{})
		}
	}
}

// resynchronize tells a client that knows an earlier state of the mailbox what
// has changed since: first what has vanished, then the flags of what changed
// (RFC 7162 §3.2.5.1).
func (s *session) resynchronize(ctx context.Context, q *imap.QResync) error {
	snap := s.selected.view.Shown()
	mb := snap.Mailbox()
	if q.UIDValidity != mb.UIDValidity {
		return nil
	}
	known := q.KnownUIDs
	if known.IsEmpty() {
		if mb.UIDNext <= 1 {
			return nil
		}
		known = imap.NumSetRange(1, uint32(mb.UIDNext-1))
	}
	gone, err := s.selected.account.Vanished(ctx, mb.ID, restante.ModSeq(q.ModSeq))
	if err != nil {
		return err
	}
	vanished := known.Intersect(numSet(gone))
	if told := matched(snap, q); told > 0 {
		vanished = vanished.Clip(uint32(told)+1, ^uint32(0))
	}
	s.writeVanishedEarlier(vanished)
	t := targets{snap: snap}
	for _, r := range known.Ranges() {
		t.addUIDRange(restante.UID(r.Start), restante.UID(r.Stop))
	}
	w := s.newFlagWriter(true)
	defer w.close()
	if s.tellsAnnotations() {
		w.notes, err = s.selected.account.ChangedAnnotations(ctx, mb, t.uids(), mailstore.AnnotationSpan{Since: restante.ModSeq(q.ModSeq)})
		if err != nil {
			return err
		}
	}
	return w.fetchFlags(&t, restante.ModSeq(q.ModSeq), nil)
}

// matched gives the highest UID up to which the client knows of all expunges,
// since its number for that message is still the right one (RFC 7162 §3.2.5.2);
// 0 where none is.
func matched(snap *mailstore.Snapshot, q *imap.QResync) restante.UID {
	var told restante.UID
	uids, stop := iter.Pull(q.MatchUIDs.Numbers())
	defer stop()
	for seq := range q.MatchSeqs.Numbers() {
		uid, more := uids()
		if !more || int64(seq) > int64(snap.Len()) {
			break
		}
		if snap.UIDAt(int(seq)) == restante.UID(uid) {
			told = restante.UID(uid)
		}
	}
	return told
}
