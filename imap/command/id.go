package command

import "log/slog"

// ID is the ID command (RFC 2971 §4):
//
//	id             = "ID" SP id-params-list
//	id-params-list = "(" *(string SP nstring) ")" / nil
type ID struct {
	Params []IDParam // in the client's order
}

// IDParam is one field of an ID.
type IDParam struct {
	Field string
	Value string // empty for NIL
	Nil   bool
}

// Name is ID.
func (ID) Name() string { return "ID" }

// LogValue gives the fields.
func (c ID) LogValue() slog.Value {
	attrs := make([]slog.Attr, len(c.Params))
	for i, p := range c.Params {
		attrs[i] = slog.String(p.Field, p.Value)
	}
	return slog.GroupValue(attrs...)
}
