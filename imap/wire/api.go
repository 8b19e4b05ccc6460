// Package wire reads and writes the tokens of IMAP: [Decoder] is the lexer of
// what clients send, [Encoder] builds what they are answered (RFC 9051 §4, §9).
package wire

import "io"

// Literal is a literal as announced (RFC 9051 §4.3, RFC 7888, RFC 3516).
type Literal struct {
	Size    int64
	NonSync bool // {n+}: its octets come whether they are wanted or not
	Binary  bool // ~{n}: may hold NUL
}

// Decoder reads a client's commands.
type Decoder struct{}

// NewDecoder gives a decoder of r.
func NewDecoder(r io.Reader) *Decoder { return &Decoder{} }
