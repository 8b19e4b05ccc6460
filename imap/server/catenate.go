package server

import (
	"context"
	"errors"
	"io"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/mailstore"
)

// catenation is a message that APPEND or REPLACE puts together (RFC 4469 §3). Its
// parts go to the store as they come.
type catenation struct {
	io.Writer
	n, most int64
}

// Write implements io.Writer. What the message may not have is errTooBig.
func (c *catenation) Write(b []byte) (int, error) {
	if int64(len(b)) > c.most-c.n {
		return 0, errTooBig()
	}
	n, err := c.Writer.Write(b)
	c.n += int64(n)
	return n, err
}

// takeMessage takes a message of APPEND or REPLACE, given whole or in parts. The
// octets that URLs bring are added to copied, which Limits.Catenated bounds for a
// command.
func (s *session) takeMessage(
	ctx context.Context, p *mailstore.Append, c *command.Append, m *command.AppendMessage, to *place, copied *int64,
) error {
	if !m.Catenate {
		return s.appendMessage(p, m, to)
	}
	w, err := beginMessage(p, m, to.rights)
	if err != nil {
		return err
	}
	out := &catenation{Writer: w, most: s.appendLimit(to.mailbox)}
	for {
		part, more, err := c.NextPart(s.dec)
		switch {
		case err != nil:
			return err
		case !more && out.n == 0:
			return errEmptyMessage()
		case !more:
			return nil
		case part.URL != "":
			err = s.catenateURL(ctx, p, out, part.URL, copied)
		default:
			err = s.catenateText(out, part.Literal.Size)
		}
		if errors.Is(err, restante.ErrTooLarge) {
			return errTooBig()
		}
		if err != nil {
			return err
		}
	}
}

// catenateText takes a part that the client sends.
func (s *session) catenateText(out *catenation, size int64) error {
	if size > out.most-out.n {
		return errTooBig()
	}
	return s.takeLiteral(out)
}

// catenateURL takes a part that is in a mailbox. It needs the right to read there
// (RFC 4314 §4), sets no \Seen and changes nothing that is selected.
func (s *session) catenateURL(ctx context.Context, p *mailstore.Append, out *catenation, text string, copied *int64) error {
	part, err := s.openRelative(ctx, text)
	var refused *imap.StatusResponse
	if errors.Is(err, restante.ErrNotFound) || errors.As(err, &refused) {
		return imap.No(imap.CodeBadURL(text), "There is no such message or part, or no message is meant")
	}
	if err != nil {
		return err
	}
	defer part.close()
	n := part.size()
	if n > out.most-out.n {
		return errTooBig()
	}
	if *copied += n; *copied > s.srv.limits.Catenated {
		return imap.No(imap.CodeLimit, "Too much is put together in one command")
	}
	p.From(part.reader)
	defer p.From(nil)
	return part.writeTo(out)
}

// openRelative opens what a URL of CATENATE refers to: a message or part of one,
// relative to the user's mailboxes or the selected one (RFC 4469 §3). Anything else
// is restante.ErrNotFound, or the answer that [session.place] gives.
func (s *session) openRelative(ctx context.Context, text string) (*urlPart, error) {
	u, ok := imap.ParseURL(text)
	if !ok || u.Form == imap.URLAbsolute || u.Form == imap.URLNetworkPath {
		return nil, restante.ErrNotFound
	}
	base := imap.URL{User: s.user.Name}
	if s.selected != nil {
		if mb := s.selected.mailbox(); mb != nil {
			base.Mailbox, base.UIDValidity = s.selected.place(mb).name, mb.UIDValidity
		}
	}
	u, ok = u.Resolve(&base)
	if !ok || !u.IsMessage() || u.Access != "" || u.Expired(s.srv.now()) {
		return nil, restante.ErrNotFound
	}
	from, err := s.place(ctx, u.Mailbox, mailstore.RightRead)
	if err != nil {
		return nil, err
	}
	return s.openPart(ctx, from.account, from.mailbox, &u)
}
