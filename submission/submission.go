// Package submission sends messages that lie in an account: it takes the envelope
// from the message's own addresses, hands it to a relay over SMTP (RFC 5321, RFC
// 6409) and files it. It knows no protocol of mail clients.
//
// A message is sent when its user asks for it, and never by itself: nothing is tried
// again, at no time, so that no crash and no lost answer sends it twice. While it is
// handed over it has the keywords $SubmitPending and $Submitted, and afterwards
// $Submitted alone (RFC 5550 §5.10), or $SubmitFailed if it was not sent. One that
// has both after a crash, or because the relay did not answer, may or may not have
// been sent, and waits for its user to decide.
package submission

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/mailstore"
)

// The keywords of a message that is handed over, that was (RFC 5550 §5.10), and that
// could not be.
const (
	Pending   = "$SubmitPending"
	Submitted = "$Submitted"
	Failed    = "$SubmitFailed"
)

// longestHeader is as much of a header as mailstore gives.
const longestHeader = 1 << 20

// Options configure a Submitter. Relay and Resolve are required.
type Options struct {
	Relay string // host:port
	TLS   string // how the relay is spoken to: "starttls", "tls" or "none"
	// TLSConfig, if not nil, stands for one that checks the relay's certificate
	// against the machine's authorities.
	TLSConfig *tls.Config
	Hostname  string // for EHLO; empty: localhost
	User      string // for AUTH PLAIN; empty: no login
	Password  string
	// Sent files messages in the mailbox with the special use \Sent, if there is one.
	Sent bool
	// Resolve gives the account to which an address delivers, as directory.Resolve.
	Resolve func(ctx context.Context, address string) (restante.AccountID, error)
	Limits  Limits
}

// Limits bound what one submission takes. A zero field means its default.
type Limits struct {
	Recipients int           // of one message; 100
	Size       int64         // octets of one message; 0: as many as the store takes
	Time       time.Duration // for one submission; 2 minutes
}

// Submitter sends messages. Its methods may be called concurrently.
type Submitter struct{ options Options }

// New gives a Submitter.
func New(o Options) *Submitter {
	if o.Limits.Recipients == 0 {
		o.Limits.Recipients = 100
	}
	if o.Limits.Time == 0 {
		o.Limits.Time = 2 * time.Minute
	}
	return &Submitter{options: o}
}

// Error says, for the message's user, why it was not sent, or that nobody knows
// whether it was. It is no failure of this server.
type Error struct {
	Text    string
	Final   bool  // it will be the same another time
	Unknown bool  // the message may have been sent
	Cause   error // for the administrator; may be nil
}

// Error gives the text.
func (e *Error) Error() string { return e.Text }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Submit sends the message with a UID, whose user is the account's owner, and files
// it; filed says that it went to the mailbox of sent messages. An error means that it
// was not sent, or, for one that says so, that nobody knows: it lies where it was
// then. It is an [Error], or one of the store's.
func (s *Submitter) Submit(ctx context.Context, a *mailstore.Account, mailbox restante.MailboxID, uid restante.UID) (filed bool, err error) {
	m := outgoing{account: a, mailbox: mailbox, one: mailstore.UIDSet{{First: uid, Last: uid}}}
	reader, err := a.Reader(ctx)
	if err != nil {
		return false, err
	}
	defer reader.Close()
	after := context.WithoutCancel(ctx)
	if err := s.hand(ctx, &m, uid, reader); err != nil {
		return false, errors.Join(err, m.failed(after, err))
	}
	return s.file(after, &m), nil
}

// outgoing is the message that is sent.
type outgoing struct {
	account *mailstore.Account
	mailbox restante.MailboxID
	one     mailstore.UIDSet
}

// mark changes the message's keywords. It is on the disk when it answers: what a
// crash leaves tells whether the message may have been sent.
func (m *outgoing) mark(ctx context.Context, op mailstore.FlagOp, keywords ...string) error {
	_, err := m.account.Durably().StoreFlags(ctx, m.mailbox, m.one, op, keywords, nil)
	return err
}

// hand gives the message to the relay.
func (s *Submitter) hand(ctx context.Context, o *outgoing, uid restante.UID, reader *mailstore.Reader) error {
	snap, err := o.account.Snapshot(ctx, o.mailbox)
	if err != nil {
		return err
	}
	seq, found := snap.SeqOf(uid)
	if !found {
		return fmt.Errorf("submission: message %d: %w", uid, restante.ErrExpunged)
	}
	m := snap.At(seq)
	if most := s.options.Limits.Size; most > 0 && int64(m.Size) > most {
		return &Error{Text: "The message is too large to be sent", Final: true}
	}
	header, err := reader.Header(m.EmailID)
	if err != nil {
		return err
	}
	if len(header) >= longestHeader {
		return &Error{Text: "The header of the message is too large", Final: true}
	}
	header = slices.Clone(header)
	reader.Close() // until the relay takes the rest
	e, err := s.envelope(ctx, o.account.ID(), header)
	if err != nil {
		return err
	}
	if err := o.mark(ctx, mailstore.RemoveFlags, Failed); err != nil {
		return err
	}
	if err := o.mark(ctx, mailstore.AddFlags, Pending, Submitted); err != nil {
		return err
	}
	return s.send(ctx, e, content{reader: reader, id: m.EmailID, header: header, size: int64(m.Size)})
}

// failed notes that a message was not sent. One that may have been keeps the keywords
// that say so.
func (m *outgoing) failed(ctx context.Context, why error) error {
	var known *Error
	if errors.As(why, &known) && known.Unknown {
		return nil
	}
	return errors.Join(
		m.mark(ctx, mailstore.RemoveFlags, Pending, Submitted),
		m.mark(ctx, mailstore.AddFlags, Failed),
	)
}

// file notes that a message was sent, and moves it where such are kept. What cannot
// be noted or moved was sent all the same.
func (s *Submitter) file(ctx context.Context, m *outgoing) (filed bool) {
	_ = m.mark(ctx, mailstore.RemoveFlags, Pending)
	_ = m.mark(ctx, mailstore.AddFlags, `\Seen`)
	if !s.options.Sent {
		return false
	}
	for _, mb := range m.account.State().Mailboxes() {
		if slices.Contains(mb.SpecialUse, `\Sent`) && mb.ID != m.mailbox {
			_, err := m.account.Move(ctx, m.mailbox, m.one, mb.ID)
			return err == nil
		}
	}
	return false
}
