package command

import "log/slog"

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
