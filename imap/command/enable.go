package command

import (
	"log/slog"
	"strings"
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
