package command

import (
	"bytes"
	"encoding/base64"
	"log/slog"
	"strings"

	"github.com/restante/restante/imap/wire"
)

// Authenticate is the AUTHENTICATE command with the initial response of
// SASL-IR (RFC 9051 §6.2.2, RFC 4959):
//
//	authenticate = "AUTHENTICATE" SP auth-type [SP initial-resp] *(CRLF base64)
//	auth-type    = atom
//	initial-resp = base64 / "="
type Authenticate struct {
	Mechanism string // upper case
	// Initial is the decoded initial response. It is nil where there was none,
	// and empty but not nil for "=".
	Initial []byte
}

// Name is AUTHENTICATE.
func (Authenticate) Name() string { return "AUTHENTICATE" }

// LogValue gives the mechanism.
func (c Authenticate) LogValue() slog.Value {
	return slog.GroupValue(slog.String("mechanism", c.Mechanism), slog.Bool("initial", c.Initial != nil))
}

// ParseAuthenticate reads the arguments of AUTHENTICATE.
func ParseAuthenticate(d *wire.Decoder) (Authenticate, error) {
	var c Authenticate
	if !d.ExpectSP() {
		return c, d.Err()
	}
	b, ok := d.Atom()
	if !ok {
		return c, d.Err()
	}
	c.Mechanism = strings.ToUpper(string(b))
	d.SkipSpaces() // also where nothing follows: Outlook
	if d.AtEnd() {
		return c, nil
	}
	b = bytes.TrimRight(d.Rest(), " ")
	if len(b) == 1 && b[0] == '=' {
		c.Initial = []byte{}
		return c, nil
	}
	c.Initial, ok = decodeBase64(b)
	if !ok {
		d.Expected("base64 as the initial response")
	}
	return c, d.Err()
}

// ParseSASLResponse reads the line by which a client goes on in a SASL exchange
// (RFC 9051 §6.2.2), after [wire.Decoder.Begin]: base64, which may be empty, or
// "*", which cancels the exchange.
func ParseSASLResponse(d *wire.Decoder) (response []byte, cancelled bool, err error) {
	b := bytes.TrimRight(d.Rest(), " ")
	if len(b) == 1 && b[0] == '*' {
		return nil, true, nil
	}
	response, ok := decodeBase64(b)
	if !ok {
		d.Expected("base64 or '*'")
	}
	return response, false, d.Err()
}

// decodeBase64 decodes padded base64 that is all of b.
func decodeBase64(b []byte) ([]byte, bool) {
	if bytes.IndexByte(b, '\r') >= 0 {
		return nil, false // which the decoder would skip
	}
	out := make([]byte, base64.StdEncoding.DecodedLen(len(b)))
	n, err := base64.StdEncoding.Decode(out, b)
	return out[:n], err == nil
}
