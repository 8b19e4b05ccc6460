package server

import (
	"context"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/mailstore"
)

// fetch handles FETCH and UID FETCH (RFC 9051 §6.4.5, RFC 7162 §3.1.4, §3.2.6, RFC
// 9394 §3.3).
//
// Messages go from the view's pages to the connection one by one. A message
// whose content cannot be had does not keep the others from being sent: it is
// left out and the tagged answer says so.
func (s *session) fetch(ctx context.Context, c *command.Fetch) (imap.StatusResponse, error) {
	items := c.Items
	if c.Vanished && !s.enabled.has(featureQResync) {
		return done, imap.Bad("VANISHED needs ENABLE QRESYNC")
	}
	s.enableFor(&items)
	if c.Vanished {
		// Before any FETCH response, so also before lookAhead (RFC 7162 §3.2.6).
		if err := s.vanishedEarlier(ctx, c.Set, restante.ModSeq(c.ChangedSince)); err != nil {
			return done, err
		}
	}
	if c.UID {
		if s.addsUID() {
			items.Atts |= imap.FetchUID
		}
		if err := s.lookAhead(ctx, c.Set); err != nil {
			return done, err
		}
	}
	t, err := s.targets(c.Set, c.UID)
	if err != nil {
		return done, err
	}
	if err := s.refusePartial(c.Partial); err != nil {
		return done, err
	}
	if !c.Partial.IsZero() {
		t.cut(c.Partial)
	}
	s.clip(&t)
	f := s.newFetcher(&items)
	defer f.close()
	if c.HasChangedSince {
		f.since = restante.ModSeq(c.ChangedSince)
	}
	f.markSeen = s.marksSeen(&items)
	err = f.fetch(ctx, &t)
	s.markSeen(ctx, f.unseen)
	if err != nil {
		return done, err
	}
	return f.answer(c.UID)
}

// lookAhead shows the client new messages before a UID command that may mean
// them: UIDs above all that it knows, as it may have learnt from APPENDUID on
// another connection. EXISTS may be told at any time (RFC 9051 §7).
func (s *session) lookAhead(ctx context.Context, set imap.NumSet) error {
	if !set.HasStar() && int64(set.Max()) <= int64(s.selected.view.Shown().Last()) {
		return nil
	}
	return s.sync(ctx, false, true)
}

// marksSeen reports whether to fetch these items sets \Seen, which the user may do
// (RFC 4314 §4, FETCH).
func (s *session) marksSeen(items *imap.FetchItems) bool {
	return !s.selected.readOnly && s.selected.rights.Has(mailstore.RightSeen) && items.SetsSeen()
}

// markSeen sets \Seen on what a FETCH has shown of the messages' texts (RFC 9051
// §6.4.5), in one commit. The client is told with what else changed, before the
// tagged answer. The messages have been sent, so that a failure only shows in
// their staying unseen.
func (s *session) markSeen(ctx context.Context, uids mailstore.UIDSet) {
	if len(uids) == 0 {
		return
	}
	r, err := s.selected.account.Since(s.moment).StoreFlags(ctx, s.selected.id, uids, mailstore.AddFlags, []string{imap.FlagSeen}, nil)
	s.selected.seen = r.ModSeq
	if err != nil {
		s.log.WarnContext(ctx, "fetched messages could not be marked as seen", "error", err)
	}
}

// vanishedEarlier writes which of the UIDs were expunged since a modification
// sequence (RFC 7162 §3.2.6).
func (s *session) vanishedEarlier(ctx context.Context, set imap.NumSet, since restante.ModSeq) error {
	gone, err := s.selected.account.Vanished(ctx, s.selected.id, since)
	if err != nil {
		return err
	}
	last := s.selected.view.Base().Mailbox().UIDNext - 1
	if set.IsSaved() {
		set = numSet(s.selected.saved)
	}
	s.writeVanishedEarlier(set.Resolve(uint32(last)).Intersect(numSet(gone)))
	return nil
}

// writeVanishedEarlier writes a VANISHED (EARLIER) response (RFC 7162 §3.2.10.1)
// of the UIDs, without those of messages that the client is shown: they went
// after the view was taken, and it will hear of them by VANISHED.
func (s *session) writeVanishedEarlier(set imap.NumSet) {
	shown := s.selected.view.Shown()
	var present imap.NumSet
	for _, r := range set.Ranges() {
		for seq := shown.Below(restante.UID(r.Start)) + 1; seq <= shown.Len(); seq++ {
			uid := shown.UIDAt(seq)
			if uid > restante.UID(r.Stop) {
				break
			}
			present.AddNum(uint32(uid))
		}
	}
	if !present.IsEmpty() {
		set = set.Subtract(present)
	}
	if !set.IsEmpty() {
		s.enc.Raw("* VANISHED (EARLIER) ").NumSet(set).CRLF()
	}
}
