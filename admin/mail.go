package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/interchange"
	"github.com/restante/restante/namespace"
)

// Place names a user's mailbox.
type Place struct {
	User    string `json:"user"`
	Mailbox string `json:"mailbox"`
}

// Mailboxes are a user's mailboxes that can hold messages, and subscriptions.
type Mailboxes struct {
	Mailboxes     []string `json:"mailboxes"`
	Subscriptions []string `json:"subscriptions"`
}

// Batch describes messages to append, whose bytes follow one another.
type Batch struct {
	Place
	Messages []Entry `json:"messages"`
}

// Entry describes a message.
type Entry struct {
	Flags []string     `json:"flags,omitempty"`
	Date  time.Time    `json:"date"`
	Size  int64        `json:"size"` // octets
	Key   []byte       `json:"key,omitempty"`
	UID   restante.UID `json:"uid,omitempty"`
}

// Appended tells what became of a batch. With Reason message number Bad can
// never be taken and none was.
type Appended struct {
	Skipped int    `json:"skipped"`
	Bad     int    `json:"bad,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

// Content is a message's beginning, where Entry is given, and a piece of its
// bytes, or why no more of them can be read.
type Content struct {
	Entry   *Entry `json:"entry,omitempty"`
	Data    []byte `json:"data,omitempty"`
	Damaged string `json:"damaged,omitempty"`
}

// account calls f with a user's account.
func (o Options) account(ctx context.Context, user string, f func(interchange.Account) error) error {
	u, err := o.Directory.Lookup(ctx, user)
	if err != nil {
		return err
	}
	a, err := o.Store.Account(ctx, u.Account)
	if err != nil {
		return fmt.Errorf("user %s: %w", user, err)
	}
	defer a.Release()
	if err := a.Refresh(ctx); err != nil {
		return err
	}
	return f(interchange.Account{Account: a})
}

func (o Options) mailboxes(ctx context.Context, in Name, _ func(any) error) (out Mailboxes, err error) {
	err = o.account(ctx, in.Name, func(a interchange.Account) (err error) {
		if out.Mailboxes, err = a.Mailboxes(ctx); err != nil {
			return err
		}
		out.Subscriptions, err = a.Subscriptions(ctx)
		return err
	})
	return out, err
}

func (o Options) makeMailbox(ctx context.Context, in Place, _ func(any) error) (struct{}, error) {
	if namespace.Reserved(in.Mailbox) {
		return struct{}{}, fmt.Errorf("names of mailboxes of others begin like %q: %w", in.Mailbox, restante.ErrInvalid)
	}
	return struct{}{}, o.account(ctx, in.User, func(a interchange.Account) error {
		known := a.State().MailboxByName(in.Mailbox) != nil
		err := a.Mailbox(ctx, in.Mailbox)
		if err == nil && !known {
			o.Logger.Info("mailbox created", "user", in.User, "mailbox", in.Mailbox)
		}
		return err
	})
}

func (o Options) subscribe(ctx context.Context, in Place, _ func(any) error) (struct{}, error) {
	return struct{}{}, o.account(ctx, in.User, func(a interchange.Account) error {
		err := a.Subscribe(ctx, in.Mailbox)
		if err == nil {
			o.Logger.Info("mailbox subscribed", "user", in.User, "mailbox", in.Mailbox)
		}
		return err
	})
}

// append takes a batch; the messages come in order, so each can be opened once.
func (o Options) append(ctx context.Context, in Batch, x Exchange) (out Appended, err error) {
	batch := make([]interchange.Message, len(in.Messages))
	for i, e := range in.Messages {
		batch[i] = interchange.Message{Flags: e.Flags, InternalDate: e.Date, Size: e.Size, Key: e.Key,
			Open: func() (io.ReadCloser, error) {
				return io.NopCloser(&exactly{x.Body, e.Size}), nil
			}}
	}
	err = o.account(ctx, in.User, func(a interchange.Account) (err error) {
		out.Skipped, err = a.Append(ctx, in.Mailbox, batch)
		var one *interchange.MessageError
		if errors.As(err, &one) {
			out.Bad, out.Reason = one.Index, one.Err.Error()
			return nil
		}
		if err == nil {
			o.Logger.Info("messages imported", "user", in.User, "mailbox", in.Mailbox, "messages", len(batch), "skipped", out.Skipped)
		}
		return err
	})
	return out, err
}

// exactly reads n bytes and takes fewer for an error: the caller has gone.
type exactly struct {
	r io.Reader
	n int64
}

func (e *exactly) Read(b []byte) (int, error) {
	if e.n == 0 {
		return 0, io.EOF
	}
	n, err := e.r.Read(b[:min(int64(len(b)), e.n)])
	e.n -= int64(n)
	if err == io.EOF && e.n > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// pieceSize is how much of a message goes into one event.
const pieceSize = 256 << 10

func (o Options) messages(ctx context.Context, in Place, event func(any) error) (struct{}, error) {
	piece := make([]byte, pieceSize)
	return struct{}{}, o.account(ctx, in.User, func(a interchange.Account) error {
		err := a.Messages(ctx, in.Mailbox, func(m interchange.Message) error {
			return tellMessage(m, piece, event)
		})
		if err == nil {
			o.Logger.Info("mailbox exported", "user", in.User, "mailbox", in.Mailbox)
		}
		return err
	})
}

// tellMessage tells a message in pieces; the first has its entry.
func tellMessage(m interchange.Message, piece []byte, event func(any) error) error {
	r, err := m.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	entry := &Entry{Flags: m.Flags, Date: m.InternalDate, Size: m.Size, UID: m.UID}
	for {
		n, err := io.ReadFull(r, piece)
		if n > 0 || entry != nil {
			if err := event(Content{Entry: entry, Data: piece[:n]}); err != nil {
				return err
			}
			entry = nil
		}
		switch {
		case err == nil:
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case errors.Is(err, restante.ErrExpunged):
			return fmt.Errorf("a message was expunged while it was read: %w", restante.ErrUnavailable)
		case errors.Is(err, restante.ErrCorrupt):
			return event(Content{Damaged: err.Error()})
		default:
			return err
		}
	}
}
