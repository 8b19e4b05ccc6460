package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/imap/wire"
)

// command reads one command, runs it, and ends it with exactly one tagged
// response (RFC 9051 §2.2.1), or ends the connection.
func (s *session) command(ctx context.Context) {
	defer s.endVisits()
	tag, r, err := s.begin()
	s.tag, s.begun, s.moment = tag, time.Now(), s.srv.store.Moment()
	answer := done
	if err == nil {
		answer, err = s.run(ctx, r)
	}
	if !s.resync(ctx, err) {
		return
	}
	s.heard = time.Now()
	if s.idle.active {
		s.idle.tag = tag
		s.push(ctx, true)
		return
	}
	if r != nil && (s.selected != nil || s.interest != nil) && s.state != stateLogout && !errors.Is(err, errPanicked) {
		s.update(ctx, r.expunge, r.uid())
		answer = s.lagged(answer)
	}
	s.tellMetadata(ctx)
	s.answer(ctx, tag, r, answer, err)
	if s.state == stateSelected && s.interest.immediate() && len(s.selected.view.GhostSet()) > 0 {
		s.push(ctx, true) // expunges that the command did not allow to be told
	}
}

// update tells the client what changed in its mailbox. If that fails, the answer
// of the command that was done stands, since a client that were told NO would
// do it again; what changed is told another time. A session whose account was
// removed ends.
func (s *session) update(ctx context.Context, expunge, uid bool) {
	err := s.guard(ctx, "telling changes", func() error {
		if err := s.sync(ctx, expunge, uid); err != nil || s.state == stateLogout {
			return err
		}
		return s.tellAccounts(ctx)
	})
	switch {
	case err == nil:
		s.tellLag()
	case errors.Is(err, errPanicked):
		s.endWith(imap.CodeServerBug, panicked)
	case errors.Is(err, restante.ErrNotFound):
		s.endWith(imap.CodeNonExistent, "This account was removed")
	case s.asksForNews() && errors.Is(err, restante.ErrUnavailable):
		// "OK" would say that there is no news, and NOOP cannot be answered with NO.
		// The client may reach another node.
		s.log.WarnContext(ctx, "session is ended because the store cannot be asked for news", "error", err)
		s.endWith(imap.CodeUnavailable, "Temporarily unavailable, try again later")
	default:
		s.untold(ctx, err)
	}
}

// untold takes the error of telling what a command did, nil for none. It is done all the
// same: a client that were told NO would do it again.
func (s *session) untold(ctx context.Context, err error) {
	if err != nil {
		s.log.WarnContext(ctx, "changes could not be told", "error", err)
	}
}

// asksForNews reports whether the command that runs is one that clients send to hear
// what changed, or the session waits for that.
func (s *session) asksForNews() bool {
	return s.idle.active || s.pushing || s.name == "NOOP" || s.name == "CHECK"
}

// endWith ends the session with goodbye: now while it idles, else behind the
// answer to the command that runs.
func (s *session) endWith(code imap.Code, text string) {
	if s.idle.active || s.pushing {
		s.bye(code, text)
		return
	}
	s.farewell = &imap.StatusResponse{Type: imap.StatusBye, Code: code, Text: text}
}

// panicked is all that a client is told of a panic.
const panicked = "Internal error; please connect again"

// begin reads a command's tag and name and finds its row. The tag is "*" where
// there was none to be read (RFC 9051 §7.1.3).
func (s *session) begin() (tag string, r *row, err error) {
	tag = "*"
	if err := s.dec.Begin(); err != nil {
		if t, found := s.dec.LongLineTag(); found {
			tag = t
		}
		return tag, nil, err
	}
	t, name, err := command.ParseHeader(s.dec)
	if t != "" {
		tag = t
	}
	if err != nil {
		return tag, nil, err
	}
	r = s.row(name)
	s.name = name
	switch {
	case r == nil, !s.has(r.capability):
		return tag, nil, imap.Bad("Unknown command")
	case !r.states.has(s.state):
		return tag, r, imap.Bad(wrongState(r, s.state))
	case r.sequence && s.uidOnly():
		return tag, r, errUIDRequired()
	case r.writable && s.selected.readOnly:
		return tag, r, imap.No(imap.CodeReadOnly, "Mailbox is open read-only")
	}
	return tag, r, nil
}

// wrongState says why a command is not allowed now.
func wrongState(r *row, st state) string {
	switch {
	case st == stateNotAuthenticated:
		return r.name + ": log in first"
	case r.states == inNotAuthenticated:
		return r.name + ": logged in already"
	}
	return r.name + ": select a mailbox first"
}

// run parses a command and does it.
func (s *session) run(ctx context.Context, r *row) (answer imap.StatusResponse, err error) {
	err = s.guard(ctx, r.name, func() error {
		c, err := s.arguments(r)
		if err != nil {
			s.refused(r, c, err)
			return err
		}
		if s.log.Enabled(ctx, slog.LevelDebug) {
			s.log.DebugContext(ctx, "command", "name", r.name, "arguments", c)
		}
		s.foresee(ctx, c)
		defer s.dropForeseen()
		if err = s.permitted(ctx, r); err == nil {
			err = s.needsUTF8(r)
		}
		if err == nil {
			err = s.numbered(c)
		}
		if err != nil {
			return err
		}
		s.limited = 0
		if answer, err = r.run(s, ctx, c); err != nil {
			s.unsave(c, err)
		}
		if s.limited > 0 {
			answer = s.limitAnswer(r.name, answer, err)
		}
		return err
	})
	return answer, err
}

// refused does what a command does although it cannot be parsed and is answered
// with NO, as for a name that no mailbox can have: a SELECT that fails leaves
// nothing selected (RFC 9051 §6.3.2), and a SEARCH that was to set "$" empties it.
// A command that is answered with BAD changes nothing (RFC 9051 §6).
func (s *session) refused(r *row, c command.Command, err error) {
	var fault *wire.Error
	if !errors.As(err, &fault) || fault.Response().Type != imap.StatusNo {
		return
	}
	switch r.name {
	case "SELECT", "EXAMINE":
		s.closePrevious()
	default:
		s.unsave(c, err)
	}
}

// guard calls f and makes a panic in it an error, which ends the session: nobody
// knows what it left behind. Other sessions go on.
func (s *session) guard(ctx context.Context, what string, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.log.ErrorContext(ctx, "panic", "in", what, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = errPanicked
		}
	}()
	return f()
}

// errPanicked stands for a panic.
var errPanicked = errors.New("panic in a command")

// resync reads what is left of a command, so that none of it is ever taken for
// another, and reports whether the command can be answered.
func (s *session) resync(ctx context.Context, err error) bool {
	if err == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
		err = s.dec.Finish()
	}
	if err == nil {
		err = s.enc.Err()
	}
	switch {
	case err == nil:
		return true
	case errors.Is(err, wire.ErrOutOfSync):
		s.bye(imap.CodeTooBig, "The rest of the command is too large to be skipped")
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.bye("", "The rest of the command did not come")
	}
	s.sayDamaged(err)
	s.log.DebugContext(ctx, "connection lost", "error", err)
	s.state = stateLogout
	return false
}

// answer sends the tagged response, and goodbye where the session cannot go on.
func (s *session) answer(ctx context.Context, tag string, r *row, a imap.StatusResponse, err error) {
	if err != nil {
		a = s.failed(ctx, r, err)
	}
	if a.Type == imap.StatusBye {
		// A command of a session that must end is answered before it ends.
		s.endWith(a.Code, a.Text)
		a.Type = imap.StatusNo
	}
	if errors.Is(err, errPanicked) {
		s.endWith(imap.CodeServerBug, panicked)
	}
	if a.Type == imap.StatusBad {
		if s.bad++; s.bad >= s.srv.limits.BadCommands {
			s.endWith(imap.CodeClientBug, "Too many bad commands")
		}
	} else {
		s.bad = 0
	}
	if a.Text == "" {
		a.Text = r.name + " completed"
	}
	s.srv.metrics.count(r, a.Type, s.begun)
	s.enc.Status(tag, a)
	if s.farewell != nil {
		s.bye(s.farewell.Code, s.farewell.Text)
	}
	s.doBehind(ctx)
}

// doBehind does what a command left to be done once its answer is sent, such as
// to change how the connection is read and written.
func (s *session) doBehind(ctx context.Context) {
	do := s.behind
	if s.behind = nil; do == nil {
		return
	}
	err := s.enc.Flush()
	if err == nil {
		err = do(ctx)
	}
	if err != nil {
		s.state = stateLogout
	}
}

// failed gives the response to a command that failed and logs what the
// administrator has to know.
func (s *session) failed(ctx context.Context, r *row, err error) imap.StatusResponse {
	var fault *wire.Error
	if errors.As(err, &fault) {
		return *fault.Response()
	}
	a, serious := statusOf(err)
	level := slog.LevelDebug
	if serious {
		level = slog.LevelError
	}
	name := ""
	if r != nil {
		name = r.name
	}
	s.log.Log(ctx, level, "command failed", "command", name, "error", err, "answer", a.Error())
	return a
}
