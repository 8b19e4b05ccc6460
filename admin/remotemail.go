package admin

import (
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/restante/restante"
	"github.com/restante/restante/interchange"
)

// Mail is a user's mail, reached through a Caller: what interchange imports to
// and exports from.
type Mail struct {
	Caller Caller
	User   string
}

var (
	_ interchange.Target = Mail{}
	_ interchange.Source = Mail{}
)

// Mailbox is interchange.Target's.
func (m Mail) Mailbox(ctx context.Context, name string) error {
	return m.Caller.Call(ctx, OpMailbox, Place{m.User, name}, nil, nil)
}

// Subscribe is interchange.Target's.
func (m Mail) Subscribe(ctx context.Context, name string) error {
	return m.Caller.Call(ctx, OpSubscribe, Place{m.User, name}, nil, nil)
}

// Append is interchange.Target's.
func (m Mail) Append(ctx context.Context, mailbox string, batch []interchange.Message) (int, error) {
	in := Batch{Place: Place{m.User, mailbox}}
	for _, msg := range batch {
		in.Messages = append(in.Messages, Entry{Flags: msg.Flags, Date: msg.InternalDate, Size: msg.Size, Key: msg.Key})
	}
	body := &batchReader{batch: batch}
	defer body.close()
	var out Appended
	if err := m.Caller.Upload(ctx, OpAppend, in, body, &out); err != nil {
		return 0, err
	}
	if out.Reason != "" {
		return 0, &interchange.MessageError{Index: out.Bad, Err: errors.New(out.Reason)}
	}
	return out.Skipped, nil
}

// batchReader reads messages one after the other. One that cannot be read, or
// is not as long as was said, ends it with an *interchange.MessageError: what
// follows would be taken for its bytes.
type batchReader struct {
	batch []interchange.Message
	at    int           // the message that is read
	open  io.ReadCloser // nil: not begun
	left  int64         // its bytes still to come
}

func (b *batchReader) Read(p []byte) (int, error) {
	for b.at < len(b.batch) {
		n, err := b.readOne(p)
		if err != nil {
			return n, &interchange.MessageError{Index: b.at, Err: err}
		}
		if n > 0 {
			return n, nil
		}
	}
	return 0, io.EOF
}

// readOne reads of the current message, and goes on to the next at its end.
func (b *batchReader) readOne(p []byte) (n int, err error) {
	m := b.batch[b.at]
	if b.open == nil {
		if b.open, err = m.Open(); err != nil {
			return 0, err
		}
		b.left = m.Size
	}
	n, err = b.open.Read(p)
	b.left -= int64(n)
	if b.left < 0 || err == io.EOF && b.left > 0 {
		return 0, errors.New("the message has changed while it was read")
	}
	if err != io.EOF {
		return n, err
	}
	if err := b.close(); err != nil {
		return n, err
	}
	b.at++
	return n, nil
}

func (b *batchReader) close() error {
	if b.open == nil {
		return nil
	}
	r := b.open
	b.open = nil
	return r.Close()
}

// Mailboxes is interchange.Source's.
func (m Mail) Mailboxes(ctx context.Context) ([]string, error) {
	var out Mailboxes
	err := m.Caller.Call(ctx, OpMailboxes, Name{m.User}, nil, &out)
	return out.Mailboxes, err
}

// Subscriptions is interchange.Source's.
func (m Mail) Subscriptions(ctx context.Context) ([]string, error) {
	var out Mailboxes
	err := m.Caller.Call(ctx, OpMailboxes, Name{m.User}, nil, &out)
	return out.Subscriptions, err
}

// Messages is interchange.Source's. A message can be opened once, while f runs.
func (m Mail) Messages(ctx context.Context, mailbox string, f func(interchange.Message) error) error {
	var feed *feeder
	err := m.Caller.Call(ctx, OpMessages, Place{m.User, mailbox}, func(raw json.RawMessage) error {
		var c Content
		if err := json.Unmarshal(raw, &c); err != nil {
			return err
		}
		if c.Entry != nil {
			if err := feed.end(nil); err != nil {
				return err
			}
			feed = startFeeder(*c.Entry, f)
		}
		if c.Damaged != "" {
			return feed.end(&remoteError{c.Damaged, restante.ErrCorrupt})
		}
		return feed.give(c.Data)
	}, nil)
	if e := feed.end(err); e != nil {
		return e
	}
	return err
}

// feeder hands a message's pieces, as they come, to a function that reads them.
type feeder struct {
	w    *io.PipeWriter
	done chan error
}

func startFeeder(e Entry, f func(interchange.Message) error) *feeder {
	r, w := io.Pipe()
	feed := &feeder{w: w, done: make(chan error, 1)}
	go func() {
		err := f(interchange.Message{Flags: e.Flags, InternalDate: e.Date, Size: e.Size, UID: e.UID,
			Open: func() (io.ReadCloser, error) { return r, nil }})
		r.CloseWithError(err)
		feed.done <- err
	}()
	return feed
}

func (f *feeder) give(b []byte) error {
	if len(b) == 0 {
		return nil
	}
	_, err := f.w.Write(b)
	return err
}

// end ends the message, before its time if err is not nil, and answers what the
// function has returned. A nil feeder has no message.
func (f *feeder) end(err error) error {
	if f == nil {
		return nil
	}
	f.w.CloseWithError(err)
	err = <-f.done
	f.done <- err
	return err
}
