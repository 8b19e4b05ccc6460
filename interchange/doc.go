// Package interchange reads and writes mail in the forms that other programs
// keep it in: mbox files, Maildir and Maildir++ trees.
//
// Import walks over paths, finds what lies there, and gives every message with
// its mailbox, flags and date to a Target. It can be repeated: each message
// carries a key made of its mailbox, content and date, and a Target takes a
// key once. Export writes a Source as Maildir++.
package interchange

import (
	"context"
	"io"
	"time"

	"github.com/restante/restante"
)

// Message is one message on its way in or out.
type Message struct {
	Flags        []string     // system flags and keywords as in IMAP: `\Seen`, `$Forwarded`
	InternalDate time.Time    // zero: not known
	Size         int64        // octets, with CRLF line ends
	Key          []byte       // import: what the message is known by, for repeated runs
	UID          restante.UID // export: its number in the mailbox
	// Open reads the message with CRLF line ends; it may be called again. What is
	// damaged fails with restante.ErrCorrupt, before its end or at once.
	Open func() (io.ReadCloser, error)
}

// Target takes messages in.
type Target interface {
	// Mailbox makes a mailbox if there is none of that name ('/' between
	// levels, UTF-8).
	Mailbox(ctx context.Context, name string) error
	// Subscribe adds a name to the subscriptions.
	Subscribe(ctx context.Context, name string) error
	// Append adds messages to a mailbox, all or none of them. Those whose key
	// was taken before are passed over and counted. A message that can never
	// be taken fails as a *MessageError and nothing of the batch is added.
	Append(ctx context.Context, mailbox string, batch []Message) (skipped int, err error)
}

// MessageError says which message of a batch cannot be taken.
type MessageError struct {
	Index int
	Err   error
}

func (e *MessageError) Error() string { return e.Err.Error() }
func (e *MessageError) Unwrap() error { return e.Err }

// Source gives messages out.
type Source interface {
	// Mailboxes are the names of all mailboxes that can hold messages.
	Mailboxes(ctx context.Context) ([]string, error)
	// Subscriptions are the subscribed names.
	Subscriptions(ctx context.Context) ([]string, error)
	// Messages calls f for each message of a mailbox, in order of UID, until it
	// answers an error.
	Messages(ctx context.Context, mailbox string, f func(Message) error) error
}
