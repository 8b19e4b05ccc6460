// Package submission sends messages that lie in an account: it takes the envelope
// from the message's own addresses, hands it to a relay over SMTP (RFC 5321, RFC
// 6409) and files it. It knows no protocol of mail clients.
//
// A message is sent when its user asks for it, and never by itself: nothing is tried
// again, at no time, so that no crash and no lost answer sends it twice. While it is
// handed over it has the keywords $SubmitPending and $Submitted, and afterwards
// $Submitted alone (RFC 5550 §5.10). One that has both after a crash may or may not
// have been sent, and waits for its user to decide.
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

// The keywords of a message that is handed over, and that was (RFC 5550 §5.10).
const (
	Pending   = "$SubmitPending"
	Submitted = "$Submitted"
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
	Text  string
	Final bool // it will be the same another time
}

// Error gives the text.
func (e *Error) Error() string { return e.Text }

// Submit sends the message with a UID, whose user is the account's owner, and files
// it. An error means that it was not sent, or, for one that says so, that nobody
// knows: it lies where it was then. It is an [Error], or one of the store's.
func (s *Submitter) Submit(ctx context.Context, a *mailstore.Account, mailbox restante.MailboxID, uid restante.UID) error {
	one := mailstore.UIDSet{{First: uid, Last: uid}}
	snap, err := a.Snapshot(ctx, mailbox)
	if err != nil {
		return err
	}
	seq, found := snap.SeqOf(uid)
	if !found {
		return fmt.Errorf("submission: message %d: %w", uid, restante.ErrExpunged)
	}
	m := snap.At(seq)
	reader, err := a.Reader(ctx)
	if err != nil {
		return err
	}
	defer reader.Close()
	header, err := reader.Header(m.EmailID)
	if err != nil {
		return err
	}
	if len(header) >= longestHeader {
		return &Error{Text: "The header of the message is too large", Final: true}
	}
	header = slices.Clone(header)
	e, err := s.envelope(ctx, a.ID(), header)
	if err != nil {
		return err
	}
	if _, err := a.StoreFlags(ctx, mailbox, one, mailstore.AddFlags, []string{Pending, Submitted}, nil); err != nil {
		return err
	}
	content := content{reader: reader, id: m.EmailID, header: header}
	err = s.send(ctx, e, content)
	after := context.WithoutCancel(ctx)
	if err != nil {
		_, e := a.StoreFlags(after, mailbox, one, mailstore.RemoveFlags, []string{Pending, Submitted}, nil)
		return errors.Join(err, e)
	}
	s.file(after, a, mailbox, one)
	return nil
}

// file notes that a message was sent, and moves it where such are kept. What cannot
// be noted or moved was sent all the same.
func (s *Submitter) file(ctx context.Context, a *mailstore.Account, mailbox restante.MailboxID, one mailstore.UIDSet) {
	_, _ = a.StoreFlags(ctx, mailbox, one, mailstore.RemoveFlags, []string{Pending}, nil)
	_, _ = a.StoreFlags(ctx, mailbox, one, mailstore.AddFlags, []string{`\Seen`}, nil)
	if !s.options.Sent {
		return
	}
	for _, mb := range a.State().Mailboxes() {
		if slices.Contains(mb.SpecialUse, `\Sent`) && mb.ID != mailbox {
			_, _ = a.Move(ctx, mailbox, one, mb.ID)
			break
		}
	}
}
