package server

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/restante/restante/imap"
)

// linger is how long a session waits for the next command on the stack that it
// ran the last one on.
const linger = time.Second

// serve runs the session to its end.
//
// Commands run on goroutines of their own, which end when the client has been
// silent for a moment; the goroutine that waits for the client has never run a
// command, so that its stack is as small as stacks are. A goroutine keeps the
// stack that its deepest call needed, and with many thousand idle connections
// those would be most of the memory.
func (s *session) serve(ctx context.Context) {
	s.conn.OnDrain(s.wake.wake)
	defer s.conn.OnDrain(nil)
	s.greet()
	s.countSession()
	if s.state == stateLogout {
		s.end(ctx)
		return
	}
	happened := s.wait(s.autologout())
	for {
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer s.recovered(ctx)
			s.work(ctx, happened)
		}()
		<-done
		if s.state == stateLogout {
			return
		}
		s.conn.Rest()
		happened = s.wait(s.autologout())
	}
}

// recovered ends a session in which something panicked outside of a command, so
// that the others go on. It is for use with defer.
func (s *session) recovered(ctx context.Context) {
	p := recover()
	if p == nil {
		return
	}
	s.log.ErrorContext(ctx, "panic in a session", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	s.bye(imap.CodeServerBug, panicked)
	s.end(ctx)
}

// work deals with what happened and goes on until there is nothing to do for a
// while, or the session is over.
func (s *session) work(ctx context.Context, happened event) {
	for {
		s.react(ctx, happened)
		if s.state == stateLogout {
			s.end(ctx)
			return
		}
		if s.idle.active && s.dec.Buffered() == 0 {
			return
		}
		until := time.Now().Add(linger)
		if end := s.autologout(); end.Before(until) {
			until = end
		}
		happened = s.wait(until)
		if happened == eventTimeout && time.Now().Before(s.autologout()) {
			return
		}
	}
}

// shuttingDown is what clients are told when the server ends their sessions.
const shuttingDown = "Server is shutting down"

// draining reports whether the server is shutting down.
func (s *session) draining() bool {
	select {
	case <-s.conn.Draining():
		return true
	default:
		return false
	}
}

// react deals with one thing that happened.
func (s *session) react(ctx context.Context, happened event) {
	defer s.countSession()
	switch happened {
	case eventInput:
		if s.draining() {
			s.bye(imap.CodeUnavailable, shuttingDown)
		} else if s.idle.active {
			s.endIdle(ctx)
		} else {
			s.command(ctx)
		}
	case eventWake:
		if s.draining() {
			s.bye(imap.CodeUnavailable, shuttingDown)
		} else if s.idle.active || s.interest != nil {
			s.push(ctx, s.idle.active)
		} else if s.elder.follows() {
			s.pushNewMail(ctx)
		}
	case eventTimeout:
		if s.state == stateNotAuthenticated {
			s.bye("", "Autologout; nobody has logged in")
		} else {
			s.bye("", "Autologout; idle for too long")
		}
	case eventGone:
		s.state = stateLogout
	}
}
