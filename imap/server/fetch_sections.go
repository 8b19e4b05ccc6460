package server

import (
	"fmt"
	"io"
	"strconv"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/message"
)

// section is an item of message content (RFC 9051 §6.4.5.1), made ready for many
// messages.
type section struct {
	kind    imap.SectionKind
	spec    imap.Specifier
	path    []int
	label   []byte // the item's name with a space behind it
	fields  *message.FieldSet
	partial *imap.Partial

	part  message.PartInfo // of the current message, where path is not empty
	found bool
}

// mostHeader is how much of an embedded message's header is searched for
// fields.
const mostHeader = 1 << 20

func planSections(items []imap.FetchSection) []section {
	sections := make([]section, len(items))
	for i := range items {
		it := &items[i]
		c := &sections[i]
		c.kind, c.spec, c.partial = it.Kind, it.Section.Specifier, it.Partial
		c.label = append(it.AppendLabel(nil), ' ')
		switch it.Kind {
		case imap.KindRFC822Header:
			c.spec = imap.SpecHeader
		case imap.KindRFC822Text:
			c.spec = imap.SpecText
		}
		for _, n := range it.Section.Part {
			c.path = append(c.path, int(n))
		}
		if c.spec == imap.SpecHeaderFields || c.spec == imap.SpecHeaderFieldsNot {
			c.fields = message.NewFieldSet(it.Section.Fields)
		}
	}
	return sections
}

// needsSummary says whether the part's place is in the summary only.
func (c *section) needsSummary() bool { return len(c.path) > 0 || c.spec == imap.SpecText }

// section writes an item of the current message with a space behind it.
func (f *fetcher) section(c *section, id restante.EmailID) error {
	if c.kind == imap.KindBinary || c.kind == imap.KindBinarySize {
		return f.binary(c, id)
	}
	if len(c.path) == 0 && c.spec != imap.SpecAll && c.spec != imap.SpecText {
		return f.topHeader(c, id)
	}
	r, ok := c.octets(f.size, f.headerSize)
	if !ok {
		f.buf = append(append(f.buf, c.label...), "NIL "...)
		return nil
	}
	if c.fields != nil {
		header, err := f.read(id, r.Start, min(r.Len(), mostHeader))
		if err != nil {
			return err
		}
		return f.header(c, header)
	}
	from, n := clip(c.partial, r.Len())
	f.buf = append(f.buf, c.label...)
	return f.literal(id, r.Start+from, n)
}

// octets gives where the section's octets are in the message; ok is false where
// it has no such part.
func (c *section) octets(size, headerSize int64) (r message.Range, ok bool) {
	if len(c.path) == 0 {
		if c.spec == imap.SpecText {
			return message.Range{Start: min(headerSize, size), End: size}, true
		}
		return message.Range{End: size}, true
	}
	switch {
	case !c.found:
	case c.spec == imap.SpecAll:
		return c.part.Body, true
	case c.spec == imap.SpecMIME:
		return c.part.MIME, true
	case !c.part.HasMessage():
	case c.spec == imap.SpecText:
		return c.part.Text, true
	default:
		return c.part.Header, true
	}
	return message.Range{}, false
}

// topHeader writes the message's own header, or fields of it. One that is longer
// than any mail's is sent piece by piece, and only so much of it is searched for
// fields.
func (f *fetcher) topHeader(c *section, id restante.EmailID) error {
	header, whole, err := f.reader.ShortHeader(id)
	if err != nil {
		return err
	}
	if whole {
		return f.header(c, header)
	}
	if c.fields != nil {
		if header, err = f.reader.Header(id); err != nil {
			return err
		}
		return f.header(c, header)
	}
	sum, err := f.reader.Summary(id)
	if err != nil {
		return err
	}
	from, n := clip(c.partial, sum.HeaderSize())
	f.buf = append(f.buf, c.label...)
	return f.literal(id, from, n)
}

// header writes a header or the fields of it that are asked for.
func (f *fetcher) header(c *section, header []byte) error {
	if c.fields != nil {
		f.scratch = c.fields.AppendFields(f.scratch[:0], header, c.spec == imap.SpecHeaderFieldsNot)
		header = f.scratch
	}
	from, n := clip(c.partial, int64(len(header)))
	f.buf = append(f.buf, c.label...)
	f.buf = appendLiteralHead(f.buf, n)
	return f.pass(header[from : from+n])
}

// pass writes octets that were announced, with a space behind them. Many of them
// pass the buffer, so that one message's items do not gather in memory.
func (f *fetcher) pass(b []byte) error {
	w := &f.octets
	w.f, w.n = f, 0
	_, err := w.Write(b)
	f.buf = append(f.buf, ' ')
	return err
}

// appendLiteralHead writes "{n}" CRLF; an empty string has no octets to
// announce and is quoted.
func appendLiteralHead(dst []byte, n int64) []byte {
	if n == 0 {
		return append(dst, `""`...)
	}
	dst = append(dst, '{')
	dst = strconv.AppendInt(dst, n, 10)
	return append(dst, "}\r\n"...)
}

// clip gives the part of n octets that a partial asks for (RFC 9051 §6.4.5).
func clip(p *imap.Partial, n int64) (from, count int64) {
	if p == nil {
		return 0, n
	}
	from = int64(min(p.Offset, uint64(n)))
	return from, int64(min(p.Count, uint64(n-from)))
}

// literal writes a run of the message's octets as a literal.
func (f *fetcher) literal(id restante.EmailID, off, n int64) error {
	f.buf = appendLiteralHead(f.buf, n)
	w := &f.octets
	w.f, w.n = f, 0
	if n > 0 {
		if err := f.reader.WriteRange(w, id, off, n); err != nil {
			return err
		}
	}
	if w.n != n {
		return fmt.Errorf("message has %d octets of %d at %d: %w", w.n, n, off, restante.ErrCorrupt)
	}
	f.buf = append(f.buf, ' ')
	return nil
}

// read gives a run of the message's octets.
func (f *fetcher) read(id restante.EmailID, off, n int64) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(f.reader.Open(id, off, n), b)
	return b, err
}

// octets takes the octets of a message on their way to the client. Small pieces
// gather in the fetcher's buffer; a large one passes it.
type octets struct {
	f *fetcher
	n int64
}

func (w *octets) Write(p []byte) (int, error) {
	f := w.f
	w.n += int64(len(p))
	if len(f.buf)+len(p) > cap(f.buf) {
		f.spillEarlier()
	}
	if f.lost == nil && len(f.buf)+len(p) <= cap(f.buf) {
		f.buf = append(f.buf, p...)
		return len(p), nil
	}
	if f.lost == nil {
		f.spill() // nothing may stay behind: what is large passes the buffer
	}
	if f.lost != nil {
		return 0, f.lost
	}
	if len(p) <= spillSize/2 {
		f.buf = append(f.buf, p...)
		return len(p), nil
	}
	f.s.enc.RawBytes(p)
	f.lost = f.s.enc.Err()
	return len(p), f.lost
}
