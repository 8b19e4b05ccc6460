package mailstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/restante/restante"
)

const (
	// heldMessage is how much of one message is kept in memory before it is
	// staged, heldAppend how much of all messages of one Append.
	heldMessage = 1 << 20
	heldAppend  = 4 << 20
)

var errAppendDone = errors.New("mailstore: append has ended")

// NewMessage is what is said of a message before its bytes come.
type NewMessage struct {
	Flags        []string
	InternalDate time.Time // zero: now
	SaveDate     time.Time // zero: now
	// ImportKey, if not nil, names where the message comes from. A message
	// whose key the account has seen before is skipped.
	ImportKey []byte
	Size      int64 // octets, if known, else 0; a hint
	// Annotations are what the message comes with (RFC 5257 §4.7).
	Annotations []Annotation
}

// Append takes messages and puts them into a mailbox all at once. It is used
// by one goroutine. Bytes beyond a bound are staged in the store under numbers
// that no mailbox names, so that memory stays bounded whatever the messages.
type Append struct {
	account  *Account
	ctx      context.Context
	uploads  []*upload
	current  *upload // of uploads, still taking bytes
	held     int     // bytes in memory of the uploads that are complete
	err      error   // what ended the Append early
	finished bool
	began    Moment
	replaced *replaced // what goes for it, or nil
	freed    int64     // its size
	source   *Reader   // what the bytes are read with, or nil
}

// BeginAppend starts an append. ctx holds for all of it but Commit.
func (a *Account) BeginAppend(ctx context.Context) *Append {
	return &Append{account: a, ctx: ctx, began: a.store.Moment()}
}

// From says that from now on the messages' bytes are read with r; nil: with nothing. It is
// closed, to be opened again by whoever reads on, before the Append itself asks the store for
// anything: of an engine that has few connections none may have one and wait for another.
func (p *Append) From(r *Reader) { p.source = r }

// closeSource makes room for asking the store.
func (p *Append) closeSource() {
	if p.source != nil {
		p.source.Close()
	}
}

// keep makes room for bytes to be staged, and answers those that are still to be written: what
// they were read with may be closed.
func (p *Append) keep(b []byte) []byte {
	if p.source == nil || p.account.store.blobs != nil { // then nothing is staged before the message's end
		return b
	}
	b = bytes.Clone(b)
	p.closeSource()
	return b
}

// Message starts the next message and answers where its bytes go, exactly as
// they are to be stored. The writer answers restante.ErrTooLarge past the limit
// and the store's errors where bytes are staged; any of them ends the Append.
// Bad flags are restante.ErrInvalid or ErrLimit; ErrTooLarge and ErrOverQuota
// come at once where NewMessage.Size tells. Bad annotations are as for Annotate.
func (p *Append) Message(m NewMessage) (io.Writer, error) {
	if err := p.endMessage(); err != nil {
		return nil, err
	}
	store := p.account.store
	system, keywords, err := splitFlags(m.Flags, store.options.Limits.KeywordBytes)
	if err != nil {
		return nil, err
	}
	if m.Size > store.options.Limits.MessageSize {
		return nil, tooLarge(store)
	}
	if err := p.roomFor(m.Size); err != nil {
		return nil, err
	}
	u := newUpload(store, m.Size)
	if err := u.annotate(&store.options.Limits, m.Annotations); err != nil {
		u.free(store)
		return nil, err
	}
	now := store.now()
	if m.InternalDate.IsZero() {
		m.InternalDate = now
	}
	if m.SaveDate.IsZero() {
		m.SaveDate = now
	}
	u.system, u.keywords, u.importKey = system, keywords, m.ImportKey
	u.internalDate, u.saveDate = TimeOf(m.InternalDate), TimeOf(m.SaveDate)
	p.uploads = append(p.uploads, u)
	p.current = u
	return &messageWriter{p: p, u: u}, nil
}

// roomFor refuses a message that is over quota already now, before its bytes
// are sent; Commit looks again.
func (p *Append) roomFor(size int64) error {
	for _, u := range p.uploads {
		size += u.size
	}
	messages := int64(len(p.uploads)) + 1
	if p.replaced != nil {
		size, messages = size-p.freed, messages-1
	}
	err := fits(p.account.State().account, size, messages)
	if err == nil {
		return nil
	}
	// Another node may have made room.
	p.closeSource()
	if err := p.account.RefreshSince(p.ctx, p.began); err != nil {
		return err
	}
	return fits(p.account.State().account, size, messages)
}

// messageWriter takes the bytes of one message.
type messageWriter struct {
	p *Append
	u *upload
}

// Write implements io.Writer.
func (w *messageWriter) Write(b []byte) (int, error) {
	p := w.p
	if p.err != nil {
		return 0, p.err
	}
	if p.finished || p.current != w.u {
		return 0, errAppendDone
	}
	store := p.account.store
	if w.u.size+int64(len(b)) > store.options.Limits.MessageSize {
		p.fail(tooLarge(store))
		return 0, p.err
	}
	if err := w.u.write(p, b); err != nil {
		p.fail(err)
		return 0, err
	}
	return len(b), nil
}

func tooLarge(s *Store) error {
	return fmt.Errorf("mailstore: message is over %d octets: %w", s.options.Limits.MessageSize, restante.ErrTooLarge)
}

// fail ends the append early; what it holds is let go.
func (p *Append) fail(err error) {
	p.err = err
	p.current = nil
	p.letGo()
}

// endMessage completes the message that is taking bytes.
func (p *Append) endMessage() error {
	if p.err != nil {
		return p.err
	}
	if p.finished {
		return errAppendDone
	}
	u := p.current
	if u == nil {
		return nil
	}
	p.current = nil
	u.complete(p.account.store)
	if u.spool != nil {
		p.closeSource()
		if err := p.putObjects(p.ctx); err != nil {
			p.fail(err)
			return err
		}
	}
	p.held += u.held()
	if p.held <= heldAppend {
		return nil
	}
	p.closeSource()
	err := p.putObjects(p.ctx)
	if err == nil {
		err = p.account.stageAll(p.ctx, p.uploads)
	}
	if err != nil {
		p.fail(err)
		return err
	}
	p.held = 0
	return nil
}

// AppendResult tells what Commit did.
type AppendResult struct {
	UIDValidity uint32
	First, Last restante.UID // consecutive, in the order of the messages; 0 if all were skipped
	Skipped     int          // messages whose ImportKey was known
	// Snapshot is the mailbox afterwards, nil if nobody had it open here.
	Snapshot *Snapshot
	// Source is the mailbox that a message was replaced in, nil without Replace and
	// where it cannot be read now.
	Source *Snapshot
}

// Commit puts all messages into a mailbox in one commit, durable when it
// returns. Unless it succeeds no message is there. Errors are
// restante.ErrNotFound (the mailbox), ErrOverQuota, ErrLimit, ErrNoSpace and
// ErrUnavailable. The Append has ended either way.
func (p *Append) Commit(ctx context.Context, mb restante.MailboxID) (AppendResult, error) {
	if err := p.endMessage(); err != nil {
		return AppendResult{}, err
	}
	p.finished = true
	p.closeSource()
	err := ctx.Err()
	if err == nil {
		err = p.putObjects(ctx)
	}
	if err != nil {
		p.letGo()
		return AppendResult{}, err
	}
	req := &appendRequest{mailbox: mb, viewer: p.account.seer(), who: p.account.who(), step: p.account.step, uploads: p.uploads, replaced: p.replaced}
	commit := p.account.appendQueued
	if req.replaced != nil {
		commit = p.account.replace
	}
	err = commit(ctx, req)
	if err == nil {
		for _, u := range p.uploads {
			u.staged = u.staged && u.skipped // else it belongs to the mailbox now
		}
	}
	p.letGo()
	return req.result, err
}

// Abort gives up messages that were not committed. It does nothing after Commit.
func (p *Append) Abort() {
	if p.finished {
		return
	}
	p.finished = true
	p.letGo()
}

// letGo gives back memory and removes what was staged.
func (p *Append) letGo() {
	var staged []*upload
	for _, u := range p.uploads {
		u.free(p.account.store)
		if u.staged {
			staged = append(staged, u)
		}
	}
	p.uploads = nil
	if len(staged) > 0 {
		p.closeSource()
		p.account.unstage(p.ctx, staged)
	}
}
