package server

import (
	"context"
	"slices"
	"time"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/notify"
)

// idle is a running IDLE command. Between its beginning and its end the session
// waits like any other that is between commands; only what it does when it wakes
// differs.
type idle struct {
	active bool
	tag    string
	cancel func() // of the subscription to changes; nil where there is none
}

// stop ends the subscription.
func (i *idle) stop() {
	if i.cancel != nil {
		i.cancel()
	}
	*i = idle{}
}

// startIdle handles the beginning of IDLE (RFC 9051 §6.3.13). Nothing is sent to
// keep the line open ("Still here"): it would wake phones.
func (s *session) startIdle(ctx context.Context) (imap.StatusResponse, error) {
	s.idle.active = true
	if s.selected != nil && s.interest == nil {
		mailbox := s.selected.id
		// Subscribing comes before the first look at the mailbox, in push, so
		// that no change falls between the two.
		s.idle.cancel = s.selected.account.Subscribe(func(e notify.Event) {
			// A change of structure may have deleted the mailbox.
			if e.Structure || e.Removed || slices.Contains(e.Mailboxes, mailbox) {
				s.wake.wake()
			}
		})
	}
	s.followInIdle()
	s.enc.Continue("idling")
	return done, nil
}

// push tells the client what changed, while it idles or, with NOTIFY, while it is
// silent (RFC 5465 §3.1). In IDLE expunges may be told always (RFC 9051 §6.3.13,
// RFC 5465 §6.1.2).
func (s *session) push(ctx context.Context, expunge bool) {
	s.pushing = true
	s.tellMetadata(ctx)
	if s.state != stateLogout && (s.selected != nil || s.interest != nil) {
		defer s.endVisits()
		s.update(ctx, expunge || s.interest.immediate(), true)
	}
	s.pushing = false
}

// endIdle reads the line that ends IDLE and answers the command. A client that
// sends another command instead of DONE is told that that is wrong; the command
// is not run, since DONE may come after it.
func (s *session) endIdle(ctx context.Context) {
	err := s.dec.Begin()
	if err == nil {
		err = command.ParseDone(s.dec)
	}
	if !s.resync(ctx, err) {
		return
	}
	s.heard, s.moment = time.Now(), s.srv.store.Moment()
	tag := s.idle.tag
	s.idle.stop()
	s.push(ctx, true)
	if err != nil {
		err = imap.Bad("DONE was expected")
	}
	s.answer(ctx, tag, s.srv.rows["IDLE"], done, err)
}
