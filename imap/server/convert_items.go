package server

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/restante/restante/convert"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/wire"
	"github.com/restante/restante/message"
)

// write writes what an item asks for, or nothing and why. The error is a
// *[convert.Error], or one of reading the message.
func (cv *conversion) write(it *imap.ConvertItem) error {
	part, found := cv.part(&it.Section)
	if !found {
		return cv.noPart(it)
	}
	if it.Kind == imap.ConvertHeader {
		return cv.header(it, &part)
	}
	if it.Kind == imap.ConvertAvailable {
		return cv.available(&part)
	}
	result, err := cv.result(it, &part)
	if err != nil {
		return err
	}
	e := cv.s.enc
	switch it.Kind {
	case imap.ConvertBinarySize:
		e.Number64(uint64(len(result.Body)))
	case imap.ConvertStructure:
		writeStructure(e, &result)
	default:
		from, n := clip(it.Partial, int64(len(result.Body)))
		writeBinary(e, result.Body[from:from+n])
	}
	return nil
}

// writeBinary writes octets, as a literal8 only where there is a NUL among them.
func writeBinary(e *wire.Encoder, b []byte) {
	switch {
	case len(b) == 0:
		e.Raw(`""`)
	case bytes.IndexByte(b, 0) >= 0:
		e.Literal8Bytes(b)
	default:
		e.LiteralBytes(b)
	}
}

// part finds the part of a section; no section is the whole message.
func (cv *conversion) part(s *imap.Section) (message.PartInfo, bool) {
	path := make([]int, len(s.Part))
	for i, n := range s.Part {
		path[i] = int(n)
	}
	part, found := cv.sum.Part(path)
	if s.Specifier == imap.SpecHeader && !part.HasMessage() {
		found = false
	}
	return part, found
}

// noPart says that there is no such part: its media type is NIL (RFC 5259 §9).
func (cv *conversion) noPart(it *imap.ConvertItem) error {
	to := cv.c.Target
	if to == "" {
		to = "text/plain"
	}
	return &convert.Error{Kind: convert.BadParameters, Text: "There is no such part", To: to, Params: cv.request.Params}
}

// available writes AVAILABLECONVERSIONS (RFC 5259 §8.4).
func (cv *conversion) available(part *message.PartInfo) error {
	targets, err := cv.s.srv.converter.Targets(mediaType(part), cv.request)
	if err != nil {
		return err
	}
	e := cv.s.enc.Raw("((")
	for i, t := range targets {
		if i > 0 {
			e.SP()
		}
		e.String(t)
	}
	e.Raw("))")
	return nil
}

func mediaType(part *message.PartInfo) string { return part.Type + "/" + part.Subtype }

// result gives the converted part, which may have been made before.
func (cv *conversion) result(it *imap.ConvertItem, part *message.PartInfo) (r convert.Result, err error) {
	srv, began, kept := cv.s.srv, time.Now(), false
	defer func() { srv.metrics.converted(mediaType(part), kept, began, err) }()
	key := conversionKey{account: cv.s.selected.account.ID(), losses: srv.store.Losses(), email: cv.email, what: cv.what(it)}
	if r, kept = srv.converted.get(key); kept {
		return r, nil
	}
	turn, err := srv.conversions.take(cv.ctx, cv.s.account.ID())
	if err != nil {
		return convert.Result{}, err
	}
	defer turn()
	encoding := message.Encoding8Bit
	if len(it.Section.Part) > 0 && part.Kind == message.KindLeaf {
		encoding = part.Encoding
	}
	r, err = srv.converter.Convert(cv.ctx, convert.Source{
		Type: mediaType(part), Charset: part.Charset, Size: part.Body.Len(),
		Open: func() (io.Reader, error) {
			return message.DecodeTransfer(encoding, cv.reader.Open(cv.email, part.Body.Start, part.Body.Len()))
		},
	}, cv.request)
	if errors.Is(err, message.ErrUnknownEncoding) {
		to := cv.c.Target
		if to == "" {
			to = mediaType(part)
		}
		err = &convert.Error{Kind: convert.BadParameters, Text: "The transfer encoding of the part is unknown", From: mediaType(part), To: to}
	}
	if err == nil {
		srv.converted.put(key, r)
	}
	return r, err
}

// what gives a part and what it is converted to as a key.
func (cv *conversion) what(it *imap.ConvertItem) string {
	b := append(it.Section.Append(nil), ' ')
	b = append(b, cv.request.Target...)
	for _, p := range cv.request.Params {
		b = strconv.AppendQuote(append(b, ' '), p.Name)
		b = strconv.AppendQuote(append(b, '='), p.Value)
	}
	return string(b)
}

// writeStructure writes the BODYSTRUCTURE of a part that was converted (RFC 5259
// §8.2).
func writeStructure(e *wire.Encoder, r *convert.Result) {
	kind, sub, _ := strings.Cut(r.Type, "/")
	e.Open().String(kind).SP().String(sub).SP()
	for i, p := range r.Params {
		if i == 0 {
			e.Open()
		} else {
			e.SP()
		}
		e.String(p.Name).SP().String(p.Value)
	}
	if len(r.Params) > 0 {
		e.Close()
	} else {
		e.Nil()
	}
	e.Raw(" NIL NIL ").String(transferEncoding(r.Body)).SP().Number64(uint64(len(r.Body)))
	if kind == "text" {
		e.SP().Number64(uint64(bytes.Count(r.Body, []byte{'\n'})))
	}
	e.Raw(" NIL NIL NIL NIL)")
}

// transferEncoding names what the octets are without an encoding (RFC 2045 §6.2).
func transferEncoding(b []byte) string {
	const longestLine = 998
	encoding, line := "7bit", 0
	for _, c := range b {
		if line++; c == '\n' {
			line = 0
		}
		switch {
		case c == 0 || line > longestLine+2:
			return "binary"
		case c >= 0x80:
			encoding = "8bit"
		}
	}
	return encoding
}
