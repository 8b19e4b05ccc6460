package command

import (
	"log/slog"

	"github.com/restante/restante/imap/wire"
)

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

// The bounds of RFC 2971 §3.3. What a client sends beyond them is read and
// dropped, as ID decides nothing.
const (
	idFields = 30
	idField  = 30
	idValue  = 1024
)

// ParseID reads the arguments of ID. Both NIL and () are taken for none, though
// the grammar and the RFC's text differ about (); popular clients send either.
func ParseID(d *wire.Decoder) (ID, error) {
	var c ID
	if !d.ExpectSP() {
		return c, d.Err()
	}
	if d.Nil() {
		return c, end(d)
	}
	d.List(func() bool {
		b, ok := d.String()
		if !ok {
			return false
		}
		p := IDParam{Field: string(b[:min(len(b), idField)])}
		if !d.ExpectSP() {
			return false
		}
		b, p.Nil, ok = d.NString()
		p.Value = string(b[:min(len(b), idValue)])
		if ok && len(c.Params) < idFields {
			c.Params = append(c.Params, p)
		}
		return ok
	})
	return c, end(d)
}
