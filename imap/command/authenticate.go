package command

import "log/slog"

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
