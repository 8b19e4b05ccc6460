package server

import (
	"context"
	"errors"
	"io"
	"math"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/message"
)

// urlPart is the message, or part of one, that a URL refers to (RFC 5092 §6), open
// to be read. Nothing of it but header fields is held in memory.
type urlPart struct {
	reader  *mailstore.Reader
	id      restante.EmailID
	section section
	summary message.Summary
	octets  message.Range // in the message
	fields  []byte        // instead of octets, where header fields are asked for
	partial *imap.Partial
}

// openPart opens what a URL refers to in its mailbox; UID, section and UIDVALIDITY
// count. What is not there, now or by the grammar, is restante.ErrNotFound. It does
// not look at rights.
func (s *session) openPart(ctx context.Context, account *mailstore.Account, mb *mailstore.Mailbox, u *imap.URL) (*urlPart, error) {
	if u.UIDValidity != 0 && u.UIDValidity != mb.UIDValidity {
		return nil, restante.ErrNotFound
	}
	sec, err := command.ParseSection(u.Section, s.parseOptions())
	if err != nil {
		return nil, errors.Join(restante.ErrNotFound, err)
	}
	snap, err := account.Snapshot(ctx, mb.ID)
	if err != nil {
		return nil, err
	}
	seq, ok := snap.SeqOf(restante.UID(u.UID))
	if !ok {
		return nil, restante.ErrNotFound
	}
	m := snap.At(seq)
	reader, err := account.Reader(ctx)
	if err != nil {
		return nil, err
	}
	p := &urlPart{reader: reader, id: m.EmailID, partial: partialOf(u)}
	p.section = planSections([]imap.FetchSection{{Peek: true, Section: sec}})[0]
	if err := p.find(int64(m.Size)); err != nil {
		reader.Close()
		return nil, err
	}
	return p, nil
}

// partialOf gives the range that a URL asks for (RFC 5092 §6).
func partialOf(u *imap.URL) *imap.Partial {
	if u.Partial == nil {
		return nil
	}
	p := &imap.Partial{Offset: uint64(u.Partial.Offset), Count: uint64(u.Partial.Count)}
	if p.Count == 0 {
		p.Count = math.MaxInt64
	}
	return p
}

// find finds the section's octets in a message of so many.
func (p *urlPart) find(size int64) (err error) {
	if p.summary, err = p.reader.Summary(p.id); err != nil {
		return err
	}
	c := &p.section
	if len(c.path) > 0 {
		c.part, c.found = p.summary.Part(c.path)
	}
	header := p.summary.HeaderSize()
	if len(c.path) == 0 && c.spec != imap.SpecAll && c.spec != imap.SpecText {
		p.octets = message.Range{End: min(header, size)}
	} else {
		var ok bool
		if p.octets, ok = c.octets(size, header); !ok {
			return restante.ErrNotFound
		}
	}
	if c.fields == nil {
		return nil
	}
	raw := make([]byte, min(p.octets.Len(), mostHeader))
	if _, err := io.ReadFull(p.reader.Open(p.id, p.octets.Start, int64(len(raw))), raw); err != nil {
		return err
	}
	p.fields = c.fields.AppendFields([]byte{}, raw, c.spec == imap.SpecHeaderFieldsNot)
	return nil
}

// size gives how many octets the URL stands for.
func (p *urlPart) size() int64 {
	_, n := p.clip()
	return n
}

// clip gives the run of the section's octets that is asked for.
func (p *urlPart) clip() (from, n int64) {
	if p.fields != nil {
		return clip(p.partial, int64(len(p.fields)))
	}
	return clip(p.partial, p.octets.Len())
}

// writeTo writes the octets as they stand in the message.
func (p *urlPart) writeTo(w io.Writer) error {
	from, n := p.clip()
	if p.fields != nil {
		_, err := w.Write(p.fields[from : from+n])
		return err
	}
	if n == 0 {
		return nil
	}
	return p.reader.WriteRange(w, p.id, p.octets.Start+from, n)
}

// close ends the reading.
func (p *urlPart) close() { p.reader.Close() }
