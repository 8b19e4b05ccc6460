package command

import (
	"log/slog"
	"strings"

	"github.com/restante/restante/imap/wire"
)

// Enable is the ENABLE command (RFC 9051 §6.3.1, RFC 5161 §3.1):
//
//	enable = "ENABLE" 1*(SP capability)
type Enable struct {
	Capabilities []string // upper case
}

// Name is ENABLE.
func (Enable) Name() string { return "ENABLE" }

// LogValue gives the capabilities.
func (c Enable) LogValue() slog.Value {
	return slog.GroupValue(slog.String("capabilities", strings.Join(c.Capabilities, " ")))
}

// ParseEnable reads the arguments of ENABLE.
func ParseEnable(d *wire.Decoder, o Options) (Enable, error) {
	var c Enable
	for d.ExpectSP() {
		b, ok := d.Atom()
		if !ok {
			break
		}
		if len(c.Capabilities) == or(o.Limits.Capabilities, 100) {
			return c, d.Fail(wire.OverLimit, "too many capabilities")
		}
		c.Capabilities = append(c.Capabilities, strings.ToUpper(string(b)))
		if d.AtEnd() {
			break
		}
	}
	return c, d.Err()
}
