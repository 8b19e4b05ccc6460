package server

import (
	"context"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/mailstore"
)

// expunge handles EXPUNGE (RFC 9051 §6.4.3, RFC 7162 §3.2.7). What went is told
// with the tagged answer, like all other changes.
func (s *session) expunge(ctx context.Context) (imap.StatusResponse, error) {
	return s.expungeUIDs(ctx, "EXPUNGE", nil)
}

// uidExpunge handles UID EXPUNGE (RFC 9051 §6.4.9).
func (s *session) uidExpunge(ctx context.Context, c command.UIDExpunge) (imap.StatusResponse, error) {
	if err := s.lookAhead(ctx, c.Set); err != nil {
		return done, err
	}
	t, err := s.targets(c.Set, true)
	if err != nil || t.count() == 0 {
		return done, err
	}
	s.clipDeleted(&t)
	return s.expungeUIDs(ctx, c.Name(), t.uids())
}

// expungeUIDs removes the messages with \Deleted: those of the set, or all for
// nil. A client that enabled QRESYNC is told the mailbox's new modification
// sequence (RFC 7162 §3.2.7).
func (s *session) expungeUIDs(ctx context.Context, name string, uids mailstore.UIDSet) (imap.StatusResponse, error) {
	r, err := s.selected.account.Since(s.moment).Expunge(ctx, s.selected.id, uids)
	if err != nil {
		return done, err
	}
	s.ownExpunged(r.UIDs)
	if len(r.UIDs) > 0 && s.enabled.has(featureQResync) {
		return ok(imap.CodeHighestModSeq(uint64(r.ModSeq)), name+" completed"), nil
	}
	return done, nil
}
