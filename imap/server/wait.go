package server

import (
	"errors"
	"os"
	"time"
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
