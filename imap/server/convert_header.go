package server

import (
	"io"

	"github.com/restante/restante/convert"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/message"
)

// header writes BODY[…HEADER] or BODY[….MIME] with its encoded words in the charset
// that is asked for, and must be (RFC 5259 §6).
func (cv *conversion) header(it *imap.ConvertItem, part *message.PartInfo) error {
	from := mediaType(part)
	octets := part.Header
	if it.Section.Specifier == imap.SpecMIME {
		octets = part.MIME
	}
	to, err := convert.Header(from, cv.request)
	if err != nil {
		return err
	}
	if octets.Len() > mostHeader {
		return &convert.Error{Kind: convert.BadParameters, Text: "The header is too large to be converted", From: from, To: from}
	}
	header := make([]byte, octets.Len())
	if _, err := io.ReadFull(cv.reader.Open(cv.email, octets.Start, octets.Len()), header); err != nil {
		return err
	}
	header, ok := message.RecodeHeader(make([]byte, 0, len(header)), header, to)
	if !ok {
		return &convert.Error{
			Kind: convert.BadParameters, Text: "The header has characters that are not in this charset",
			From: from, To: from, Params: cv.request.Params,
		}
	}
	writeBinary(cv.s.enc, header)
	return nil
}

// writeError writes a converterror-phrase (RFC 5259 §9, §10).
func (cv *conversion) writeError(f *convert.Error) {
	e := cv.s.enc
	e.Raw("(ERROR ").String(e.Text(f.Text)).SP()
	switch f.Kind {
	case convert.TempFail:
		e.Raw("TEMPFAIL ").Number(uint32(max(1, f.Minutes))).Close()
		return
	case convert.MissingParameters:
		e.Raw("MISSINGPARAMETERS ").String(f.From).SP().String(f.To).Raw(" (")
		for i, name := range f.Missing {
			if i > 0 {
				e.SP()
			}
			e.AString(name)
		}
		e.Raw("))")
		return
	}
	e.Raw("BADPARAMETERS ")
	if f.From == "" {
		e.Nil()
	} else {
		e.String(f.From)
	}
	e.SP().String(f.To)
	for i, p := range f.Params {
		if i == 0 {
			e.Raw(" (")
		} else {
			e.SP()
		}
		e.String(p.Name).SP().String(p.Value)
	}
	if len(f.Params) > 0 {
		e.Close()
	}
	e.Close()
}
