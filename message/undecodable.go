package message

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// UndecodableSubject appends the octets of the base subject of a Subject field that
// is in no charset that is known, or is wrong in the one it is said to be in: with
// its MIME encoding removed and not converted (RFC 5255 §4.6). ok is false for any
// other subject. It reads the envelope, so that summaries of all versions can tell.
func (s Summary) UndecodableSubject(dst []byte) (out []byte, ok bool) {
	e := envelopeReader(s.Envelope())
	e.skip("(")
	e.text()
	e.skip(" ")
	octets, failed := undecodable(e.text())
	if !failed {
		return dst, false
	}
	dst, _ = AppendBaseSubject(dst, octets)
	return dst, true
}

// UndecodableFromDisplay is [Summary.UndecodableSubject] of [Summary.FromDisplay].
func (s Summary) UndecodableFromDisplay(dst []byte) (out []byte, ok bool) {
	return s.undecodableDisplay(dst, 0)
}

// UndecodableToDisplay is [Summary.UndecodableSubject] of [Summary.ToDisplay].
func (s Summary) UndecodableToDisplay(dst []byte) (out []byte, ok bool) {
	return s.undecodableDisplay(dst, 3)
}

// undecodableDisplay looks at the first address of the list that stands behind so
// many lists of the envelope.
func (s Summary) undecodableDisplay(dst []byte, lists int) ([]byte, bool) {
	e := envelopeReader(s.Envelope())
	e.skip("(")
	e.text()
	e.skip(" ")
	e.text()
	e.skip(" ")
	for range lists {
		e.addresses()
		e.skip(" ")
	}
	if !e.skip("((") {
		return dst, false
	}
	name := e.text()
	if len(trimSpace(name)) > 0 {
		octets, failed := undecodable(name)
		return append(dst, octets...), failed
	}
	e.skip(" ")
	e.text()
	e.skip(" ")
	mailbox := e.text()
	e.skip(" ")
	host := e.text()
	if utf8.Valid(mailbox) && utf8.Valid(host) {
		return dst, false
	}
	dst = append(dst, mailbox...)
	if mailbox != nil && host != nil {
		dst = append(append(dst, '@'), host...)
	}
	return dst, true
}

// undecodable gives the octets of an unfolded field that cannot be decoded; failed
// is false and there are none where it can.
func undecodable(value []byte) (octets []byte, failed bool) {
	i := bytes.Index(value, []byte("=?"))
	if i < 0 {
		if utf8.Valid(value) {
			return nil, false
		}
		return value, true
	}
	d := wordDecoder{octets: true}
	d.run(value, i)
	if !d.failed {
		return nil, false
	}
	return d.dst, true
}

// envelopeReader reads what [AppendEnvelope] has written. What is not there reads
// as empty.
type envelopeReader []byte

// skip passes over a text that stands next, and says whether it does.
func (e *envelopeReader) skip(text string) bool {
	rest, ok := bytes.CutPrefix(*e, []byte(text))
	*e = rest
	return ok
}

// text reads an nstring; nil for NIL.
func (e *envelopeReader) text() []byte {
	switch {
	case e.skip(`"`):
		for i, b := 0, *e; i < len(b); i++ {
			switch b[i] {
			case '\\':
				i++
			case '"':
				*e = b[i+1:]
				return unquoted(b[:i])
			}
		}
	case e.skip("{"):
		length, rest, _ := bytes.Cut(*e, []byte("}\r\n"))
		n, err := strconv.Atoi(string(length))
		if err == nil && 0 <= n && n <= len(rest) {
			*e = rest[n:]
			return rest[:n:n]
		}
	case e.skip("NIL"):
		return nil
	}
	*e = nil
	return nil
}

// unquoted takes the backslashes out of a quoted string.
func unquoted(b []byte) []byte {
	if bytes.IndexByte(b, '\\') < 0 {
		return b
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] == '\\' && i+1 < len(b) {
			i++
		}
		out = append(out, b[i])
	}
	return out
}

// addresses passes over an address list.
func (e *envelopeReader) addresses() {
	if !e.skip("(") {
		e.skip("NIL")
		return
	}
	for e.skip("(") {
		for range 4 {
			e.text()
			e.skip(" ")
		}
		e.skip(")")
	}
	e.skip(")")
}
