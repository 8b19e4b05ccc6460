package server

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/mailstore"
)

// metered gives a context for work that may take long: while it goes on, the
// client is told how far it has come (RFC 9585 §4). Nothing may be written to the
// client by halves while it is in use.
func (s *session) metered(ctx context.Context) context.Context {
	next := s.srv.now().Add(s.srv.limits.ProgressTime)
	return mailstore.WithProgress(ctx, func(done, goal int) {
		now := s.srv.now()
		if now.Before(next) || done >= goal && goal > 0 {
			return
		}
		next = now.Add(s.srv.limits.ProgressTime)
		s.inProgress(done, goal)
	})
}

// inProgress tells that so many messages are done, of so many; a goal of 0 is
// not known, and with it nothing is (RFC 9585 §4). That it cannot be sent shows
// when the command is answered.
func (s *session) inProgress(done, goal int) {
	tag := "NIL"
	if !strings.Contains(s.tag, "]") {
		tag = strconv.Quote(s.tag)
	}
	text, state := "Still working on it", "NIL NIL"
	if goal > 0 {
		text = fmt.Sprintf("Processed %d%% of the items", int64(done)*100/int64(goal))
		state = fmt.Sprintf("%d %d", done, goal)
	}
	s.untaggedOK(imap.CodeInProgress(tag, state), text)
	_ = s.enc.Flush() // sticks in the encoder
}

// takeTurn waits for a turn, and tells the client so while it waits for long.
func (s *session) takeTurn(ctx context.Context, t *turns) (done func(), err error) {
	return t.takeTelling(ctx, s.account.ID(), s.srv.limits.ProgressTime, func() { s.inProgress(0, 0) })
}

// defaultClock is the time where Options has no clock.
func defaultClock(now func() time.Time) func() time.Time {
	if now == nil {
		return time.Now
	}
	return now
}
