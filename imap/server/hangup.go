package server

import (
	"context"
	"time"
)

const (
	// hangUpWatch is how long a command runs before its session looks out for the
	// client's leaving: most are over by then.
	hangUpWatch = 100 * time.Millisecond
	// hangUpGrace is how long a command goes on after the client has ended its side:
	// one that has not quite left may get its answer.
	hangUpGrace = 2 * time.Second
)

// whileConnected answers a context that ends soon after the client has hung up, for
// commands that take long and read nothing. stop ends the looking out; only then
// may the session read again.
func (s *session) whileConnected(ctx context.Context) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	more := s.dec.Buffered() > 0
	ended := make(chan struct{})
	watch := time.AfterFunc(hangUpWatch, func() {
		defer close(ended)
		if !s.conn.AwaitHangUp(ctx, more) {
			return
		}
		grace := time.NewTimer(s.srv.hangUpGrace)
		defer grace.Stop()
		select {
		case <-ctx.Done():
		case <-grace.C:
			s.log.DebugContext(ctx, "client hung up; its command is given up")
			cancel()
		}
	})
	return ctx, func() {
		cancel()
		if !watch.Stop() {
			<-ended
		}
	}
}
