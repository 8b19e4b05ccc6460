package command

import (
	"log/slog"

	"github.com/restante/restante/imap/wire"
)

// Login is the LOGIN command (RFC 9051 §6.2.3):
//
//	login    = "LOGIN" SP userid SP password
//	userid   = astring
//	password = astring
type Login struct {
	User     string // the octets as sent; not checked to be UTF-8
	Password string
}

// Name is LOGIN.
func (Login) Name() string { return "LOGIN" }

// LogValue gives the user, never the password.
func (c Login) LogValue() slog.Value { return slog.GroupValue(slog.String("user", c.User)) }

// ParseLogin reads the arguments of LOGIN.
func ParseLogin(d *wire.Decoder) (Login, error) {
	var c Login
	if !d.ExpectSP() {
		return c, d.Err()
	}
	b, _ := d.AString()
	c.User = string(b)
	if !d.ExpectSP() {
		return Login{}, d.Err()
	}
	b, _ = d.AString()
	c.Password = string(b)
	return c, end(d)
}
