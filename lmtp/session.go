package lmtp

import (
	"errors"
	"io"
	"log/slog"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/restante/restante"
	"github.com/restante/restante/mailstore"
)

// session is what is known of the transaction under way.
type session struct {
	server *Server
	smtp   *smtp.Conn
	conn   *conn
	log    *slog.Logger
	open   bool // MAIL has begun a transaction
	from   string
	utf8   bool
	rcpts  []recipient
}

var _ smtp.LMTPSession = (*session)(nil)

func newSession(s *Server, c *smtp.Conn) *session {
	mine := c.Conn().(*conn)
	return &session{server: s, smtp: c, conn: mine, log: mine.Logger()}
}

// Reset forgets the transaction (RSET, and after each message).
func (s *session) Reset() {
	s.open, s.from, s.utf8, s.rcpts = false, "", false, nil
	s.conn.setBusy(false)
}

// Logout is told the connection's end.
func (s *session) Logout() error { return nil }

// Mail begins a transaction, unless one is open (RFC 5321 §4.1.4): the library would keep its
// recipients and answer 250 for them.
func (s *session) Mail(from string, o *smtp.MailOptions) error {
	switch {
	case s.open:
		return &smtp.SMTPError{Code: 503, EnhancedCode: smtp.EnhancedCode{5, 5, 1}, Message: "A transaction is open already"}
	case o.Size > s.server.o.Limits.MessageSize:
		return errTooLarge()
	}
	s.open, s.from, s.utf8 = true, from, o.UTF8
	s.conn.setBusy(true)
	return nil
}

// Rcpt refuses at once whoever could not be delivered to, so that the client
// need not send the message.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	r, err := s.recipient(s.conn.ctx, to)
	if err != nil {
		return s.reply(err, "recipient", to)
	}
	a, err := s.server.o.Store.Account(s.conn.ctx, r.owner.Account)
	if err != nil {
		return s.reply(err, "recipient", to)
	}
	defer a.Release()
	if full(a.State()) {
		// Room may have been made on another node.
		if err := a.Refresh(s.conn.ctx); err != nil {
			return s.reply(changed(err), "recipient", to)
		}
		if full(a.State()) {
			return s.reply(restante.ErrOverQuota, "recipient", to)
		}
	}
	s.rcpts = append(s.rcpts, r)
	return nil
}

// full reports whether not even an empty message fits any more.
func full(s *mailstore.State) bool {
	q, u := s.Quota(), s.Usage()
	return q.Bytes > 0 && u.Bytes >= q.Bytes || q.Messages > 0 && u.Messages >= q.Messages
}

// Data is only for SMTP.
func (s *session) Data(io.Reader) error { return errors.New("lmtp: not SMTP") }

// LMTPData takes the message and answers for each recipient (RFC 2033 §4.2).
func (s *session) LMTPData(r io.Reader, status smtp.StatusCollector) error {
	spool := newSpool(s.server.o.SpoolDir, s.server.o.Limits.SpoolMemory)
	defer spool.close()
	if err := s.take(r, spool); err != nil {
		return err
	}
	defer s.server.o.Metrics.took(time.Now())
	for _, rcpts := range byAccount(s.rcpts) {
		s.deliver(spool, rcpts, status)
	}
	return nil
}

// take receives the message into a spool. The error is the answer to the client, which is to
// keep the message unless it is too large: the library would refuse it for good. The rest of
// what is refused is received too, because a last BDAT whose octets are not all taken the
// library answers once, and not for each recipient (RFC 2033 §4.3).
func (s *session) take(r io.Reader, spool *spool) error {
	most := s.server.o.Limits.MessageSize
	_, err := io.Copy(spool, io.LimitReader(r, most+1))
	var ours *spoolError
	switch {
	case errors.As(err, &ours):
		err = s.reply(err, "spool", s.server.o.SpoolDir)
	case err != nil, s.conn.ended(): // the library takes this for the end of a chunk of BDAT
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 4, 2}, Message: "The message did not come whole"}
	case spool.size > most:
		err = errTooLarge()
	}
	if err != nil {
		_, _ = io.Copy(io.Discard, r) // if it does not come, nobody hears the answer
	}
	return err
}
