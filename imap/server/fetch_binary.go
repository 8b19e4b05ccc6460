package server

import (
	"bytes"
	"errors"
	"io"
	"strconv"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/message"
)

// mostDecoded is the size of an encoded part up to which it is decoded in
// memory. A larger one is decoded twice: for its size, which a literal begins
// with, and to be sent.
const mostDecoded = 256 << 10

// binary writes BINARY[…] or BINARY.SIZE[…]: the part with its transfer encoding
// removed (RFC 9051 §6.4.5, RFC 3516 §4). A part that holds other parts has
// nothing to be removed (RFC 2045 §6.4) and is sent as it is. What cannot be
// decoded is left out, and the tagged answer says why.
func (f *fetcher) binary(c *section, id restante.EmailID) error {
	r, found := c.octets(f.size, f.headerSize)
	if !found {
		f.buf = append(f.buf, c.label...)
		if c.kind == imap.KindBinarySize {
			f.buf = append(f.buf, "0 "...)
		} else {
			f.buf = append(f.buf, "NIL "...)
		}
		return nil
	}
	encoding := message.Encoding8Bit
	if len(c.path) > 0 && c.part.Kind == message.KindLeaf {
		encoding = c.part.Encoding
	}
	d := decoding{f: f, id: id, octets: r, encoding: encoding}
	// What is binary has no lines, whatever its type (RFC 2045 §2.9).
	d.lines = len(c.path) > 0 && c.part.IsText() && encoding != message.EncodingBinary
	err := d.write(c)
	if errors.Is(err, message.ErrUnknownEncoding) {
		f.undecoded = true
		return nil
	}
	return err
}

// decoding is a part that is being decoded.
type decoding struct {
	f        *fetcher
	id       restante.EmailID
	octets   message.Range
	encoding message.Encoding
	lines    bool // it is text in lines
}

// open gives the decoded octets, the lines of a text ended by CRLF (RFC 3516 §6).
func (d *decoding) open() (io.Reader, error) {
	r, err := message.DecodeTransfer(d.encoding, d.f.reader.Open(d.id, d.octets.Start, d.octets.Len()))
	if err == nil && d.lines {
		r = message.CRLF(r, d.octets.Len())
	}
	return r, err
}

func (d *decoding) write(c *section) error {
	if d.octets.Len() > mostDecoded {
		return d.writeLarge(c)
	}
	r, err := d.open()
	if err != nil {
		return err
	}
	b := bytes.NewBuffer(d.f.scratch[:0])
	if _, err := b.ReadFrom(r); err != nil {
		return err
	}
	decoded := b.Bytes()
	d.f.scratch = decoded[:0]
	if c.kind == imap.KindBinarySize {
		d.size(c, int64(len(decoded)))
		return nil
	}
	from, n := clip(c.partial, int64(len(decoded)))
	decoded = decoded[from : from+n]
	d.head(c, n, bytes.IndexByte(decoded, 0) >= 0)
	return d.f.pass(decoded)
}

// writeLarge decodes a part that is not to be held in memory.
func (d *decoding) writeLarge(c *section) error {
	r, err := d.open()
	if err != nil {
		return err
	}
	var m measure
	if _, err := io.Copy(&m, r); err != nil {
		return err
	}
	if c.kind == imap.KindBinarySize {
		d.size(c, m.n)
		return nil
	}
	from, n := clip(c.partial, m.n)
	if r, err = d.open(); err != nil {
		return err
	}
	if _, err := io.CopyN(io.Discard, r, from); err != nil {
		return err
	}
	d.head(c, n, m.nul)
	if n > 0 {
		if _, err := io.CopyN(&octets{f: d.f}, r, n); err != nil {
			return err
		}
	}
	d.f.buf = append(d.f.buf, ' ')
	return nil
}

func (d *decoding) size(c *section, n int64) {
	d.f.buf = append(d.f.buf, c.label...)
	d.f.buf = append(strconv.AppendInt(d.f.buf, n, 10), ' ')
}

// head writes the item's name and the announcement of its octets: as literal8
// only where there is a NUL among them (RFC 9051 §7.5.2).
func (d *decoding) head(c *section, n int64, nul bool) {
	d.f.buf = append(d.f.buf, c.label...)
	if nul && n > 0 {
		d.f.buf = append(d.f.buf, '~')
	}
	d.f.buf = appendLiteralHead(d.f.buf, n)
}

// measure counts octets and looks for a NUL.
type measure struct {
	n   int64
	nul bool
}

func (m *measure) Write(p []byte) (int, error) {
	m.n += int64(len(p))
	m.nul = m.nul || bytes.IndexByte(p, 0) >= 0
	return len(p), nil
}
