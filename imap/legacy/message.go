package legacy

import (
	"bytes"
	"strings"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/imap/wire"
)

// sequence reads SP sequence, which in these protocols has numbers alone.
func sequence(d *wire.Decoder, o *command.Options) (imap.NumSet, bool) {
	if !d.ExpectSP() {
		return imap.NumSet{}, false
	}
	return d.StaticNumSet(or(o.Limits.SetRanges, 1_000_000))
}

func or(limit, def int) int {
	if limit == 0 {
		return def
	}
	return limit
}

// ParseCopy reads the arguments of COPY (RFC 1176, RFC 1203):
//
//	copy ::= "COPY" SP sequence SP mailbox
func ParseCopy(d *wire.Decoder, o command.Options) (*command.Copy, error) {
	c := &command.Copy{}
	c.Set, _ = sequence(d, &o)
	c.Mailbox, _ = mailbox(d, &o)
	d.ExpectEndLoosely()
	return c, d.Err()
}

// Fetch is the FETCH command of RFC 1203: besides items it may name keys.
type Fetch struct {
	command.Fetch
	Keys []Key
	// Size says that RFC822.SIZE was asked for itself, where SIZE was too.
	Size bool
}

// Key is a key of RFC 1203 that a message has a value of.
type Key struct {
	Name  string
	Field bool // its value is that of header fields
	// From and To are the octets wanted, To not among them; To is 0 for all.
	From, To uint32
}

// ParseFetch reads the arguments of FETCH (RFC 1203):
//
//	fetch     ::= "FETCH" SP sequence SP ("ALL" / "FAST" /
//	              fetch_att / "(" 1#fetch_att ")")
//	fetch_att ::= "ENVELOPE" / "FLAGS" / "INTERNALDATE" / "RFC822" /
//	              "RFC822.HEADER" / "RFC822.SIZE" / "RFC822.TEXT" / key
//
// Behind a key may stand a range of octets with the feature INDEXABLE.FIELDS. Only
// with AUTO.SET.SEEN the content of messages sets \Seen.
func ParseFetch(d *wire.Decoder, f Features, o command.Options) (*Fetch, error) {
	c := &Fetch{}
	c.Set, _ = sequence(d, &o)
	if !d.ExpectSP() {
		return c, d.Err()
	}
	if d.Peek() == '(' {
		if d.List(func() bool { return c.att(d, f, &o) }) && c.Items.Atts == 0 && len(c.Items.Sections) == 0 {
			d.Expected("a FETCH item")
		}
	} else if c.att(d, f, &o) {
		for d.SP() { // the scenario of RFC 1203 has "ALL RFC822.TEXT" without parentheses
			if d.AtEnd() || !c.att(d, f, &o) {
				break
			}
		}
	}
	d.ExpectEndLoosely()
	return c, d.Err()
}

// att reads one fetch_att.
func (c *Fetch) att(d *wire.Decoder, f Features, o *command.Options) bool {
	b, ok := wordTo(d, " ()")
	if !ok {
		return false
	}
	name := strings.ToUpper(string(b))
	switch name {
	case "ALL":
		c.Items.Atts |= imap.FetchMacroAll
		c.Size = true
	case "FAST":
		c.Items.Atts |= imap.FetchMacroFast
		c.Size = true
	case "ENVELOPE":
		c.Items.Atts |= imap.FetchEnvelope
	case "FLAGS":
		c.Items.Atts |= imap.FetchFlags
	case "INTERNALDATE":
		c.Items.Atts |= imap.FetchInternalDate
	case "RFC822.SIZE":
		c.Items.Atts |= imap.FetchSize
		c.Size = true
	default:
		return c.key(d, name, f, o)
	}
	return true
}

// key adds an item that is a key, or content that the same grammar holds for.
func (c *Fetch) key(d *wire.Decoder, name string, f Features, o *command.Options) bool {
	k := Key{Name: name}
	s := imap.FetchSection{Peek: !f.Has(AutoSetSeen), Label: name}
	switch name {
	case "SIZE":
		c.Items.Atts |= imap.FetchSize
		c.Keys = append(c.Keys, k)
		return true
	case "RFC822":
		s.Kind = imap.KindRFC822
	case "RFC822.TEXT":
		s.Kind, s.Section.Specifier = imap.KindRFC822Text, imap.SpecText
	case "BODY", "TEXT":
		s.Kind, s.Section.Specifier, s.Peek = imap.KindRFC822Text, imap.SpecText, true
	case "RFC822.HEADER", "HEADER":
		s.Kind, s.Section.Specifier, s.Peek = imap.KindRFC822Header, imap.SpecHeader, true
	default:
		k.Field, s.Peek = true, true
		s.Section = imap.Section{Specifier: imap.SpecHeaderFields, Fields: fieldsOfKey(name)}
		if !imap.IsAtom(name) || strings.Contains(name, "[") || len(name) > 100 {
			return d.Expected("a key that can name a header field")
		}
	}
	if f.Has(IndexableFields) && !k.octets(d) {
		return false
	}
	if k.To > 0 && !k.Field {
		s.Partial = &imap.Partial{Offset: uint64(k.From), Count: uint64(k.To - k.From)}
	}
	for i := range c.Items.Sections {
		if c.Items.Sections[i].Label == name {
			return d.Expected("each key once")
		}
	}
	if len(c.Items.Sections) >= or(o.Limits.FetchSections, 1000) {
		d.Fail(wire.OverLimit, "too many FETCH items")
		return false
	}
	c.Items.Sections = append(c.Items.Sections, s)
	if k.Field {
		c.Keys = append(c.Keys, k)
	}
	return true
}

// octets reads SP NUMBER ":" NUMBER, the first and the last octet wanted, counted
// from 0 (RFC 1203, appendix, INDEXABLE.FIELDS).
func (k *Key) octets(d *wire.Decoder) bool {
	rest := d.Upcoming()
	if len(rest) < 2 || rest[0] != ' ' || rest[1] < '0' || rest[1] > '9' {
		return true
	}
	span := rest[1:]
	if n := bytes.IndexAny(span, " ()"); n >= 0 {
		span = span[:n]
	}
	from, to, _ := bytes.Cut(span, []byte(":"))
	first, ok1 := number(from)
	last, ok2 := number(to)
	if !ok1 || !ok2 || last < first {
		return d.Expected("a range of octets such as 2000:3999")
	}
	k.From, k.To = first, last+1
	d.Skip(1 + len(span))
	return true
}

// fieldsOfKey gives the header fields that a key stands for: the canonical ones have
// all that is generally about theirs (RFC 1203).
func fieldsOfKey(key string) []string {
	switch key {
	case "$TO":
		return []string{"To", "Resent-To", "Apparently-To", "Cc"}
	case "$FROM":
		return []string{"From", "Resent-From", "Sender", "Resent-Sender"}
	case "$CC":
		return []string{"Cc", "Resent-Cc"}
	case "$SUBJECT":
		return []string{"Subject"}
	}
	return []string{key}
}

// ParseStore reads the arguments of STORE (RFC 1203):
//
//	store     ::= "STORE" SP sequence SP store_att
//	store_att ::= (["+" / "-"] "FLAGS" SP flag_list / key SP string)
//
// The content of a message never changes here, so that a key is answered with NO.
func ParseStore(d *wire.Decoder, o command.Options) (*command.Store, error) {
	rest := d.Upcoming()
	if fields := bytes.SplitN(rest, []byte(" "), 4); len(fields) == 4 {
		switch att := strings.ToUpper(string(fields[2])); strings.TrimLeft(att, "+-") {
		case "FLAGS", "FLAGS.SILENT":
		default:
			return &command.Store{}, d.Fail(wire.Unsupported, "the content of messages cannot be changed")
		}
	}
	return command.ParseStore(d, false, o)
}
