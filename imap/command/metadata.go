package command

import (
	"log/slog"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/wire"
)

// GetMetadata is the GETMETADATA command (RFC 5464 §4.2):
//
//	getmetadata         = "GETMETADATA" [SP getmetadata-options] SP mailbox SP entries
//	getmetadata-options = "(" getmetadata-option *(SP getmetadata-option) ")"
//	getmetadata-option  = "MAXSIZE" SP number / "DEPTH" SP ("0" / "1" / "infinity")
//	entries             = entry / "(" entry *(SP entry) ")"
//
// The options may also stand behind the mailbox, as they do in the examples of
// RFC 5464, and several entries without parentheses, as in §4.4.1.
type GetMetadata struct {
	Mailbox string // empty: the server
	Entries []string
	MaxSize int64 // -1: no bound
	Depth   imap.MetadataDepth
}

// Name is GETMETADATA.
func (GetMetadata) Name() string { return "GETMETADATA" }

// LogValue gives the mailbox and the entries.
func (c GetMetadata) LogValue() slog.Value {
	return slog.GroupValue(slog.String("mailbox", c.Mailbox), slog.Any("entries", c.Entries))
}

// SetMetadata is the SETMETADATA command (RFC 5464 §4.3):
//
//	setmetadata  = "SETMETADATA" SP mailbox SP entry-values
//	entry-values = "(" entry-value *(SP entry-value) ")"
//	entry-value  = entry SP value
//	value        = nstring / literal8
type SetMetadata struct {
	Mailbox string // empty: the server
	Values  []EntryValue
}

// EntryValue is an entry with the value that it is to have.
type EntryValue struct {
	Entry string
	Value []byte
	Nil   bool // it is to have none
}

// Name is SETMETADATA.
func (SetMetadata) Name() string { return "SETMETADATA" }

// LogValue gives the mailbox and the entries, without their values.
func (c SetMetadata) LogValue() slog.Value {
	names := make([]string, len(c.Values))
	for i, v := range c.Values {
		names[i] = v.Entry
	}
	return slog.GroupValue(slog.String("mailbox", c.Mailbox), slog.Any("entries", names))
}

// ParseGetMetadata reads the arguments of GETMETADATA.
func ParseGetMetadata(d *wire.Decoder, o Options) (GetMetadata, error) {
	c := GetMetadata{MaxSize: -1}
	options := func() bool { return d.List(func() bool { return c.option(d) }) }
	if !d.ExpectSP() || d.Peek() == '(' && !(options() && d.ExpectSP()) {
		return c, d.Err()
	}
	var ok bool
	if c.Mailbox, ok = mailboxName(d, &o); !ok || !d.ExpectSP() {
		return c, d.Err()
	}
	if d.Peek() != '(' {
		c.bareEntries(d, &o)
		return c, end(d)
	}
	isOptions := false
	ok = d.List(func() bool {
		if p := d.Peek(); len(c.Entries) == 0 && p|0x20 >= 'a' && p|0x20 <= 'z' || isOptions {
			isOptions = true
			return c.option(d)
		}
		return c.entry(d, &o)
	})
	switch {
	case ok && isOptions:
		if d.ExpectSP() {
			c.entries(d, &o)
		}
	case ok && len(c.Entries) == 0:
		d.Expected("an entry name")
	}
	return c, end(d)
}

// entries reads entries, in parentheses or not.
func (c *GetMetadata) entries(d *wire.Decoder, o *Options) {
	if d.Peek() != '(' {
		c.bareEntries(d, o)
		return
	}
	if d.List(func() bool { return c.entry(d, o) }) && len(c.Entries) == 0 {
		d.Expected("an entry name")
	}
}

// bareEntries reads entries without parentheses, up to the end.
func (c *GetMetadata) bareEntries(d *wire.Decoder, o *Options) {
	for c.entry(d, o) {
		d.SkipSpaces()
		if d.AtEnd() {
			return
		}
	}
}

// option reads one getmetadata-option.
func (c *GetMetadata) option(d *wire.Decoder) bool {
	b, _ := d.Keyword()
	switch string(b) {
	case "MAXSIZE":
		if !d.ExpectSP() {
			return false
		}
		n, ok := d.Number()
		c.MaxSize = int64(n)
		return ok
	case "DEPTH":
		if !d.ExpectSP() {
			return false
		}
		b, _ := d.Keyword()
		switch string(b) {
		case "0":
			c.Depth = imap.MetadataDepthNone
		case "1":
			c.Depth = imap.MetadataDepthOne
		case "INFINITY":
			c.Depth = imap.MetadataDepthInfinity
		default:
			return d.Expected("0, 1 or infinity")
		}
		return true
	}
	return d.Expected("MAXSIZE or DEPTH")
}

func (c *GetMetadata) entry(d *wire.Decoder, o *Options) bool {
	// The scopes alone are what SnappyMail asks for.
	name, ok := entryName(d, o, len(c.Entries), true)
	c.Entries = append(c.Entries, name)
	return ok
}

// entryName reads an entry, the first after n others.
func entryName(d *wire.Decoder, o *Options, n int, scope bool) (string, bool) {
	b, ok := d.AString()
	if !ok {
		return "", false
	}
	if n >= or(o.Limits.MetadataEntries, 1000) {
		d.Fail(wire.OverLimit, "too many metadata entries")
		return "", false
	}
	name := string(b)
	if fault := imap.EntryFault(name, scope); fault != "" {
		d.Fail(wire.Syntax, fault)
		return "", false
	}
	return name, true
}

// ParseSetMetadata reads the arguments of SETMETADATA.
func ParseSetMetadata(d *wire.Decoder, o Options) (SetMetadata, error) {
	var c SetMetadata
	var ok bool
	if !d.ExpectSP() {
		return c, d.Err()
	}
	if c.Mailbox, ok = mailboxName(d, &o); !ok || !d.ExpectSP() {
		return c, d.Err()
	}
	most := or(o.Limits.MetadataValue, 64<<10)
	ok = d.List(func() bool {
		v := EntryValue{}
		if v.Entry, ok = entryName(d, &o, len(c.Values), false); !ok || !d.ExpectSP() {
			return false
		}
		b, isNil, ok := d.Value(most, imap.CodeMetadataMaxSize(most))
		if !ok {
			return false
		}
		if len(b) > most {
			d.FailCode(wire.TooBig, imap.CodeMetadataMaxSize(most), "value is too large")
			return false
		}
		v.Value, v.Nil = append([]byte{}, b...), isNil
		c.Values = append(c.Values, v)
		return true
	})
	if ok && len(c.Values) == 0 {
		d.Expected("an entry name")
	}
	return c, end(d)
}
