package submission

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/restante/restante"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/message"
)

// content is a message as it is sent: without Bcc.
type content struct {
	reader *mailstore.Reader
	id     restante.EmailID
	header []byte
	size   int64 // octets of the whole message
}

// writeTo writes the message.
func (c content) writeTo(w io.Writer) error {
	if _, err := w.Write(message.HeaderFields(nil, c.header, [][]byte{[]byte("Bcc"), []byte("Resent-Bcc")}, true)); err != nil {
		return err
	}
	defer c.reader.Close() // before the relay's answer, which may take long
	return c.reader.WriteRange(w, c.id, int64(len(c.header)), -1)
}

// send hands a message to the relay, for all recipients or for none. All that can
// fail before the relay has the message is tried before it is sent.
func (s *Submitter) send(ctx context.Context, e envelope, m content) error {
	ctx, cancel := context.WithTimeout(ctx, s.options.Limits.Time)
	defer cancel()
	c, err := s.dial(ctx)
	if err != nil {
		return refused(err)
	}
	defer func() { _ = c.Close() }()
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	if err := s.begin(c, e, m.size); err != nil {
		return refused(err)
	}
	w, err := c.Data()
	if err != nil {
		return refused(err)
	}
	if err := m.writeTo(w); err != nil {
		return err // the connection is closed before the message's end, so that it is not sent
	}
	if err := w.Close(); err != nil {
		var answer *smtp.SMTPError
		if errors.As(err, &answer) {
			return refused(err)
		}
		return &Error{Text: "The relay did not answer; nobody knows whether the message was sent", Unknown: true, Cause: err}
	}
	_ = c.Quit()
	return nil
}

// begin logs in and gives the envelope.
func (s *Submitter) begin(c *smtp.Client, e envelope, size int64) error {
	if s.options.User != "" {
		var how sasl.Client = sasl.NewPlainClient("", s.options.User, s.options.Password)
		if !c.SupportsAuth(sasl.Plain) && c.SupportsAuth(sasl.Login) {
			how = sasl.NewLoginClient(s.options.User, s.options.Password)
		}
		var answer *smtp.SMTPError
		if err := c.Auth(how); errors.As(err, &answer) {
			return &Error{Text: "The relay does not accept this server's login", Cause: err}
		} else if err != nil {
			return err
		}
	}
	utf8, _ := c.Extension("SMTPUTF8")
	if e.utf8Address && !utf8 {
		return &Error{Text: "The relay takes no addresses with characters beyond ASCII", Final: true}
	}
	// The relay may refuse by the size before it gets the message (RFC 1870); what is
	// left out of the header makes it a little smaller.
	if err := c.Mail(e.from, &smtp.MailOptions{UTF8: e.utf8 && utf8, Size: size}); err != nil {
		return err
	}
	for _, to := range e.to {
		if err := c.Rcpt(to, nil); err != nil {
			return err
		}
	}
	return nil
}

// dial connects to the relay.
func (s *Submitter) dial(ctx context.Context) (*smtp.Client, error) {
	host, _, err := net.SplitHostPort(s.options.Relay)
	if err != nil {
		return nil, err
	}
	config := s.options.TLSConfig
	if config == nil {
		config = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.options.Relay)
	if err != nil {
		return nil, err
	}
	// The handshake and the greeting end with the time that there is; the client sets
	// deadlines of its own.
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	var c *smtp.Client
	switch s.options.TLS {
	case "tls":
		c = smtp.NewClient(tls.Client(conn, config))
	case "starttls":
		c, err = smtp.NewClientStartTLS(conn, config)
	default:
		c = smtp.NewClient(conn)
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	if s.options.Hostname != "" && s.options.TLS != "starttls" {
		err = c.Hello(s.options.Hostname)
	}
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

// refused says why the relay did not take a message, with its own text in short.
func refused(err error) error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	var answer *smtp.SMTPError
	if !errors.As(err, &answer) {
		return &Error{Text: "The relay cannot be reached", Cause: err}
	}
	text, _, _ := strings.Cut(answer.Message, "\n")
	if len(text) > 200 {
		text = text[:200]
	}
	return &Error{Text: "The relay refused the message: " + text, Final: answer.Code >= 500}
}
