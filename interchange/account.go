package interchange

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/mailstore"
)

// Account is an account of the mailstore as Target and Source. The caller
// releases the account.
type Account struct{ *mailstore.Account }

var (
	_ Target = Account{}
	_ Source = Account{}
)

// Mailbox is Target's.
func (a Account) Mailbox(ctx context.Context, name string) error {
	_, err := a.mailbox(ctx, name)
	return err
}

func (a Account) mailbox(ctx context.Context, name string) (*mailstore.Mailbox, error) {
	if m := a.State().MailboxByName(name); m != nil && !m.NoSelect {
		return m, nil
	}
	m, err := a.CreateMailbox(ctx, name, nil)
	if errors.Is(err, restante.ErrExists) { // made by somebody else meanwhile
		if m := a.State().MailboxByName(name); m != nil {
			return m, nil
		}
	}
	return m, err
}

// Subscribe is Target's.
func (a Account) Subscribe(ctx context.Context, name string) error {
	return a.SetSubscribed(ctx, name, true)
}

// Append is Target's.
func (a Account) Append(ctx context.Context, mailbox string, batch []Message) (int, error) {
	m, err := a.mailbox(ctx, mailbox)
	if err != nil {
		return 0, err
	}
	p := a.BeginAppend(ctx)
	defer p.Abort()
	for i, msg := range batch {
		in, err := msg.Open()
		if err != nil { // what was to be read is gone
			return 0, &MessageError{i, err}
		}
		if err := errors.Join(appendOne(p, msg, in), in.Close()); final(err) {
			return 0, &MessageError{i, err}
		} else if err != nil {
			return 0, err
		}
	}
	res, err := p.Commit(ctx, m.ID)
	return res.Skipped, err
}

// final reports whether an error is the message's own.
func final(err error) bool {
	return errors.Is(err, restante.ErrTooLarge) || errors.Is(err, restante.ErrInvalid) || errors.Is(err, restante.ErrLimit)
}

func appendOne(p *mailstore.Append, m Message, in io.Reader) error {
	w, err := p.Message(mailstore.NewMessage{Flags: m.Flags, InternalDate: m.InternalDate, ImportKey: m.Key, Size: m.Size})
	if err != nil {
		return err
	}
	_, err = io.Copy(w, in)
	return err
}

// Mailboxes is Source's.
func (a Account) Mailboxes(context.Context) ([]string, error) {
	var names []string
	for _, m := range a.State().Mailboxes() {
		if !m.NoSelect {
			names = append(names, m.Name)
		}
	}
	return names, nil
}

// Subscriptions is Source's.
func (a Account) Subscriptions(context.Context) ([]string, error) {
	return a.State().Subscriptions(), nil
}

// Messages is Source's. Messages that are expunged meanwhile are left out.
func (a Account) Messages(ctx context.Context, mailbox string, f func(Message) error) error {
	m := a.State().MailboxByName(mailbox)
	if m == nil {
		return restante.ErrNotFound
	}
	snap, err := a.Snapshot(ctx, m.ID)
	if err != nil {
		return err
	}
	r, err := a.Reader(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	for seq := 1; seq <= snap.Len(); seq++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		e := snap.At(seq)
		if _, err := r.Summary(e.EmailID); errors.Is(err, restante.ErrExpunged) {
			continue
		}
		out := Message{InternalDate: e.InternalDate.Time(), Size: int64(e.Size), UID: e.UID, Open: func() (io.ReadCloser, error) {
			return io.NopCloser(r.Open(e.EmailID, 0, int64(e.Size))), nil
		}}
		if set := snap.Flags().Set(e.FlagSet); set != nil {
			out.Flags = strings.Fields(string(set.Wire))
		}
		if err := f(out); err != nil {
			return err
		}
	}
	return nil
}
