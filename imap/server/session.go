package server

import (
	"context"
	"log/slog"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/auth"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/imap/legacy"
	"github.com/restante/restante/imap/text"
	"github.com/restante/restante/imap/wire"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/namespace"
	"github.com/restante/restante/serve"
)

// session is one connection. Only one goroutine at a time works on it (see
// serve), so nothing here needs a lock but wake, which others call.
type session struct {
	srv  *Server
	conn *serve.Conn
	log  *slog.Logger
	dec  *wire.Decoder
	enc  *wire.Encoder
	in   input
	wake wakeup

	loggedIn
	client allowances
	elder  *elder // where older protocols are understood
	tag    string // of the command that runs
	name   string // of the command that runs, as the table has it

	foreseen *mailstore.Reader // what was read for a FETCH before it is done; nil: nothing
	limited  restante.UID      // the lowest UID that the command was done for, where it was not done for all; else 0

	began    time.Time                   // of the connection, or its last UNAUTHENTICATE
	heard    time.Time                   // when the client last completed a command
	begun    time.Time                   // of the command that runs, when its name was read
	moment   mailstore.Moment            // the same: what is answered is not older, whatever other nodes do
	counted  condition                   // what the session is counted for
	bad      int                         // commands in a row that were no IMAP
	failures int                         // failed logins
	unsent   bool                        // the message that the command put into the outbox was not sent
	behind   func(context.Context) error // what is done once the next answer is sent
	farewell *imap.StatusResponse        // goodbye to be said behind the next answer
	scratch  []byte
}

// loggedIn is all of a session that belongs to a login: whatever a client enables,
// selects, watches or asks to be kept, so that UNAUTHENTICATE need only drop it
// (RFC 8437 §4.1). What holds on to something outside is let go by leaveAccount.
type loggedIn struct {
	state     state
	enabled   features
	user      auth.Identity
	account   *mailstore.Account // from login on
	names     *namespace.User    // where names lead
	selected  *selected          // in the selected state
	idle      idle
	collation collation                                 // of the active comparator
	pushing   bool                                      // changes are told while no command runs
	metadata  map[restante.AccountID]*metadataSeen      // once METADATA was enabled
	visited   map[restante.AccountID]*mailstore.Account // others' that are open
	interest  *interest                                 // what NOTIFY asked for; nil before it is used
	language  *text.Language                            // of texts; nil: i-default
}

func newSession(srv *Server, c *serve.Conn) *session {
	s := &session{srv: srv, conn: c, log: c.Logger()}
	s.began = time.Now()
	s.heard = s.began
	s.in.s = s
	s.wake.conn = c
	s.enc = wire.NewEncoder(c, wire.EncoderOptions{Buffers: srv.out})
	if srv.dialects != nil {
		s.elder = &elder{}
	}
	s.dec = wire.NewDecoder(&s.in, wire.DecoderOptions{Buffers: srv.in, Limits: s.wireLimits(), Continue: s.invite})
	return s
}

// wireLimits gives the bounds of a command, which are narrower before login. Of a
// message that is too large more is skipped than may be stored, so that the client
// can be told why it is refused.
func (s *session) wireLimits() wire.Limits {
	l := s.srv.limits
	if s.state == stateNotAuthenticated {
		return wire.Limits{Line: l.LoginCommandLine, String: int(l.LoginLiteral), Command: 4 * l.LoginCommandLine, Depth: l.Depth, Discard: 64 << 10}
	}
	return wire.Limits{Line: l.CommandLine, String: int(l.Literal), Command: 2 * l.CommandLine, Depth: l.Depth, Discard: 4 * l.Message}
}

// parseOptions gives what the parsers have to know of the session.
func (s *session) parseOptions() command.Options {
	o := command.Options{UTF8: s.enabled.utf8(), Charset: charset, Limits: s.srv.limits.Command}
	if s.elder != nil {
		o.Older = legacy.Items{}
	}
	return o
}

// invite asks the client for a literal that it announced.
func (s *session) invite() error {
	s.enc.Continue("Ready for literal data")
	return s.enc.Flush()
}

// bye says goodbye and ends the session.
func (s *session) bye(code imap.Code, text string) {
	s.enc.Status("*", imap.StatusResponse{Type: imap.StatusBye, Code: code, Text: text})
	s.state = stateLogout
}

// greet sends the greeting (RFC 9051 §7.1) with the capabilities, which spares
// the client a round trip.
func (s *session) greet() {
	if s.draining() {
		s.bye(imap.CodeUnavailable, shuttingDown)
		return
	}
	if to := s.srv.referrals.greeting; to != "" {
		s.bye(imap.CodeReferral([]string{to}), "Server not accepting connections")
		return
	}
	s.enc.Status("*", ok(imap.CodeCapability(s.capabilities()), "Restante ready"))
}

// end gives back what the session held.
func (s *session) end(ctx context.Context) {
	if err := s.enc.Flush(); err != nil {
		s.log.DebugContext(ctx, "last answers could not be sent", "error", err)
	}
	s.countSession()
	s.logCompression(ctx)
	s.leaveAccount()
	s.enc.Release()
	s.dec.Release()
}

// leaveAccount gives back what the session's login held.
func (s *session) leaveAccount() {
	s.idle.stop()
	s.interest.stop()
	s.elder.stop()
	s.selected = nil
	s.endVisits()
	if s.account != nil {
		s.srv.leave(s.account.ID())
		s.account.Release()
		s.account = nil
	}
	s.dec.SetBudget(nil)
}
