package server

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/message"
)

// urlFetch handles URLFETCH (RFC 4467 §7, RFC 5524 §3). A URL that is not valid, for
// whatever reason, has the value NIL. It is NO only where the store fails, and the
// URLs that it could not read are NIL then.
func (s *session) urlFetch(ctx context.Context, c command.URLFetch) (imap.StatusResponse, error) {
	var failed error
	s.enc.Untagged().Raw("URLFETCH")
	for i := range c.URLs {
		s.enc.SP().String(c.URLs[i].URL)
		if err := s.fetchURL(ctx, &c.URLs[i]); err != nil {
			s.enc.Raw(" NIL")
			if !errors.Is(err, restante.ErrNotFound) {
				failed = err
			}
		}
	}
	s.enc.CRLF()
	return done, failed
}

// fetchURL writes the data of a URL. With an error nothing was written.
func (s *session) fetchURL(ctx context.Context, f *command.FetchURL) error {
	u, t, err := s.validURL(ctx, f.URL)
	if err != nil {
		return err
	}
	defer t.release()
	part, err := s.openPart(ctx, t.account, t.mailbox, &u)
	if err != nil {
		return err
	}
	defer part.close()
	if !f.Body && !f.Binary && !f.Structure {
		s.enc.SP()
		s.writeURLData(part, &urlData{size: part.size()})
		return nil
	}
	var data urlData
	if f.Binary || part.partial != nil || part.isHeader() {
		data, err = part.measure(f.Binary)
		if err != nil {
			return err
		}
	} else {
		data.size = part.size()
	}
	if f.Structure {
		s.enc.Raw(" (BODYPARTSTRUCTURE ").RawBytes(part.structure(&data)).Raw(")")
	}
	switch {
	case f.Binary && data.unknown:
		s.enc.Raw(" (BINARY NIL)")
	case f.Binary:
		s.enc.Raw(" (BINARY ")
		s.writeURLData(part, &data)
		s.enc.Raw(")")
	case f.Body:
		s.enc.Raw(" (BODY ")
		s.writeURLData(part, &data)
		s.enc.Raw(")")
	}
	return nil
}

// urlData is what is known of the octets that a URL stands for.
type urlData struct {
	size, lines int64
	nul         bool
	measured    bool
	binary      bool // asked for by BINARY
	decoded     bool // without their transfer encoding
	unknown     bool // which is unknown
}

// writeURLData writes the octets as nstring, or as literal8 where a NUL is among
// those that were decoded (RFC 5524 §3.1).
func (s *session) writeURLData(part *urlPart, data *urlData) {
	source := urlSource{part, data.decoded}
	switch {
	case data.size == 0:
		s.enc.Raw(`""`)
	case data.binary && data.nul:
		s.enc.Literal8To(data.size, source)
	default:
		s.enc.LiteralTo(data.size, source)
	}
}

// urlSource writes a part to the client.
type urlSource struct {
	part    *urlPart
	decoded bool
}

// WriteTo implements io.WriterTo.
func (u urlSource) WriteTo(w io.Writer) (int64, error) {
	var out measure
	err := u.part.write(io.MultiWriter(w, &out), u.decoded)
	return out.n, err
}

// write writes the part's octets, decoded if wanted.
func (p *urlPart) write(w io.Writer, decoded bool) error {
	if !decoded {
		return p.writeTo(w)
	}
	r, err := p.decode()
	if err != nil || p.partial == nil {
		if err == nil {
			_, err = io.Copy(w, r)
		}
		return err
	}
	if _, err := io.CopyN(io.Discard, r, int64(p.partial.Offset)); err != nil {
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return err
	}
	_, err = io.Copy(w, io.LimitReader(r, int64(p.partial.Count)))
	return err
}

// decode opens the part without its transfer encoding, the lines of a text ended by
// CRLF (RFC 3516 §6).
func (p *urlPart) decode() (io.Reader, error) {
	encoding := p.encoding()
	r, err := message.DecodeTransfer(encoding, p.reader.Open(p.id, p.octets.Start, p.octets.Len()))
	if err == nil && p.section.part.IsText() && encoding != message.EncodingBinary {
		r = message.CRLF(r, p.octets.Len())
	}
	return r, err
}

// encoding gives the transfer encoding that can be taken off: only a part that holds
// no others has one.
func (p *urlPart) encoding() message.Encoding {
	if c := &p.section; len(c.path) > 0 && c.spec == imap.SpecAll && c.part.Kind == message.KindLeaf {
		return c.part.Encoding
	}
	return message.Encoding8Bit
}

// isHeader reports whether the part is a header or fields of one.
func (p *urlPart) isHeader() bool {
	return p.section.spec != imap.SpecAll && p.section.spec != imap.SpecText
}

// measure reads the octets once to learn how they are to be announced.
func (p *urlPart) measure(binary bool) (data urlData, err error) {
	data.measured, data.binary = true, binary
	data.decoded = binary && len(p.section.path) > 0 && p.section.spec == imap.SpecAll && p.section.part.Kind == message.KindLeaf
	var m urlMeasure
	err = p.write(&m, data.decoded)
	if errors.Is(err, message.ErrUnknownEncoding) {
		return urlData{unknown: true, size: p.size()}, nil
	}
	data.size, data.lines, data.nul = m.n, m.lines, m.nul
	return data, err
}

// urlMeasure counts octets and lines.
type urlMeasure struct {
	measure
	lines int64
}

// Write implements io.Writer.
func (m *urlMeasure) Write(b []byte) (int, error) {
	m.lines += int64(bytes.Count(b, []byte("\n")))
	return m.measure.Write(b)
}

// structure gives the BODYPARTSTRUCTURE of what is sent (RFC 5524 §3.2): of a part,
// or of a header, which is text by itself.
func (p *urlPart) structure(data *urlData) []byte {
	if p.isHeader() {
		return message.RecodeBody([]byte(`("text" "rfc822-headers" NIL NIL NIL "7bit" 0 0)`), "", data.size, data.lines)
	}
	body, ok := p.summary.AppendPartBody(nil, p.section.path)
	if !ok {
		return []byte("NIL")
	}
	if !data.measured {
		return body
	}
	encoding := ""
	if data.decoded {
		switch {
		case data.nul || !p.section.part.IsText():
			encoding = "binary"
		default:
			encoding = "8bit"
		}
	}
	return message.RecodeBody(body, encoding, data.size, data.lines)
}
