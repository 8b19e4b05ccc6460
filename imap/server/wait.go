package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/restante/restante/imap"
)

// event is what ended a wait for the client.
type event uint8

const (
	eventInput   event = iota // the client sent something
	eventWake                 // somebody called wake
	eventTimeout              // neither came in time
	eventGone                 // the connection is closed or broken
)

// errWoken is what a read returns that a wake has kept from blocking. It counts
// as a timeout, so that the decoder does not take it for the end of input.
var errWoken error = wokenError{}

type wokenError struct{}

func (wokenError) Error() string { return "woken" }
func (wokenError) Timeout() bool { return true }

// input is the decoder's reader: the connection, with the deadline that suits.
type input struct {
	s     *session
	until time.Time // while waiting between commands: when to give up; else zero
}

// Read reads from the connection. All answers are sent first, so that a client
// never waits for one while the server waits for it.
func (in *input) Read(p []byte) (int, error) {
	s := in.s
	if err := s.enc.Flush(); err != nil {
		return 0, err
	}
	if in.until.IsZero() {
		if err := s.conn.SetReadDeadline(s.commandDeadline()); err != nil {
			return 0, err
		}
		return s.conn.Read(p)
	}
	s.enc.Release()
	if !s.wake.block(in.until) {
		return 0, errWoken
	}
	defer s.wake.unblock()
	return s.conn.Read(p)
}

// commandDeadline is when the rest of a begun command must have come.
func (s *session) commandDeadline() time.Time {
	// The deadline is the network's, so the clock is not the session's.
	d := time.Now().Add(s.srv.limits.CommandTime)
	if login := s.began.Add(s.srv.limits.LoginTime); s.state == stateNotAuthenticated && login.Before(d) {
		return login
	}
	return d
}

// autologout is when a silent client is logged out (RFC 9051 §5.4).
func (s *session) autologout() time.Time {
	if s.state == stateNotAuthenticated {
		return s.began.Add(s.srv.limits.LoginTime)
	}
	return s.heard.Add(s.srv.limits.IdleTime)
}

// wait returns when the client has sent something, when it is woken, or at the
// time given. Buffers are given back meanwhile.
func (s *session) wait(until time.Time) event {
	s.in.until = until
	err := s.dec.Wait()
	s.in.until = time.Time{}
	switch {
	case err == nil:
		return eventInput
	case s.wake.take():
		return eventWake
	case errors.Is(err, os.ErrDeadlineExceeded):
		return eventTimeout
	}
	s.sayDamaged(err)
	return eventGone
}

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
	s.bye(imap.CodeServerBug, "Internal error; please connect again")
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
			s.bye(imap.CodeUnavailable, "Server is shutting down")
		} else if s.idle.active {
			s.endIdle(ctx)
		} else {
			s.command(ctx)
		}
	case eventWake:
		if s.draining() {
			s.bye(imap.CodeUnavailable, "Server is shutting down")
		} else if s.idle.active || s.interest != nil {
			s.push(ctx, s.idle.active)
		} else if s.elder.follows() {
			s.pushNewMail(ctx)
		}
	case eventTimeout:
		s.bye("", "Autologout; idle for too long")
	case eventGone:
		s.state = stateLogout
	}
}
