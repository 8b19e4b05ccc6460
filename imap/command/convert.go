package command

import (
	"log/slog"
	"strings"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/wire"
)

// Convert is the CONVERT or UID CONVERT command (RFC 5259 §10):
//
//	convert        = "CONVERT" SP sequence-set SP convert-params SP
//	                 ( convert-att / "(" convert-att *(SP convert-att) ")" )
//	convert-params = "(" (quoted-to-mime-type / default-conversion)
//	                 [SP "(" transcoding-params ")"] ")"
//	convert-att    = "UID" / "BODYPARTSTRUCTURE" section-convert /
//	                 "BINARY" section-convert [partial] /
//	                 "BINARY.SIZE" section-convert /
//	                 "BODY[HEADER]" / "BODY[" section-part ".HEADER]" /
//	                 "BODY[" section-part ".MIME]" /
//	                 "AVAILABLECONVERSIONS" section-convert
type Convert struct {
	UID     bool
	Set     imap.NumSet
	Target  string // media type in lower case; "" for NIL, the default conversion
	Params  []imap.ConvertParam
	Items   []imap.ConvertItem // in the client's order
	TellUID bool               // UID is asked for, or added as the RFC says
}

// Name is CONVERT or UID CONVERT.
func (c *Convert) Name() string { return withUID(c.UID, "CONVERT", "UID CONVERT") }

// LogValue gives the set, the target and the items.
func (c *Convert) LogValue() slog.Value {
	var items []byte
	for i := range c.Items {
		items = append(c.Items[i].AppendLabel(items), ' ')
	}
	var names []string
	for _, p := range c.Params {
		names = append(names, p.Name)
	}
	return slog.GroupValue(logSet(c.Set), slog.String("target", c.Target), slog.Any("parameters", names), slog.String("items", string(items)))
}

// ParseConvert reads the arguments of CONVERT, or of UID CONVERT.
func ParseConvert(d *wire.Decoder, uid bool, o Options) (*Convert, error) {
	c := &Convert{UID: uid, TellUID: uid}
	if !d.ExpectSP() {
		return c, d.Err()
	}
	c.Set, _ = d.NumSet(o.setRanges())
	if !d.ExpectSP() || !convertParams(d, c, &o) || !d.ExpectSP() {
		return c, d.Err()
	}
	item := func() bool { return convertAtt(d, c, &o) }
	if d.Peek() == '(' {
		d.List(item)
	} else {
		item()
	}
	if len(c.Items) == 0 && d.Err() == nil {
		d.Expected("a CONVERT item")
	}
	for i := range c.Items {
		if c.Items[i].Kind == imap.ConvertHeader && c.Target != "" {
			d.Expected("NIL for the media type of headers") // RFC 5259 §6
		}
	}
	return c, end(d)
}

// convertParams reads convert-params.
func convertParams(d *wire.Decoder, c *Convert, o *Options) bool {
	if !d.ExpectSpecial('(') {
		return false
	}
	b, isNil, ok := d.NString()
	if !ok {
		return false
	}
	if !isNil {
		if c.Target = strings.ToLower(string(b)); !isMediaType(c.Target) {
			return d.Expected("a media type")
		}
	}
	if d.SP() {
		if d.Peek() != '(' {
			return d.Expected("conversion parameters")
		}
		if !d.List(func() bool { return convertParam(d, c, o) }) {
			return false
		}
		if len(c.Params) == 0 {
			return d.Expected("a conversion parameter")
		}
	}
	return d.ExpectSpecial(')')
}

// convertParam reads one transcoding-param.
func convertParam(d *wire.Decoder, c *Convert, o *Options) bool {
	name, ok := d.AString()
	if !ok {
		return false
	}
	if len(name) == 0 || len(name) > longestName {
		return d.Expected("the name of a conversion parameter")
	}
	p := imap.ConvertParam{Name: strings.ToLower(string(name))}
	if !d.ExpectSP() {
		return false
	}
	value, ok := d.AString()
	if !ok {
		return false
	}
	if len(c.Params) == or(o.Limits.ConvertParams, 20) {
		d.Fail(wire.OverLimit, "too many conversion parameters")
		return false
	}
	p.Value = string(value)
	c.Params = append(c.Params, p)
	return true
}

// convertAtt reads one convert-att.
func convertAtt(d *wire.Decoder, c *Convert, o *Options) bool {
	name, ok := d.Keyword()
	if !ok {
		return false
	}
	if string(name) == "UID" && d.Peek() != '[' {
		c.TellUID = true
		return true
	}
	var item imap.ConvertItem
	switch string(name) {
	case "BINARY":
		item.Kind = imap.ConvertBinary
	case "BINARY.SIZE":
		item.Kind = imap.ConvertBinarySize
	case "BODYPARTSTRUCTURE":
		item.Kind = imap.ConvertStructure
	case "AVAILABLECONVERSIONS":
		item.Kind = imap.ConvertAvailable
	case "BODY":
		item.Kind = imap.ConvertHeader
	default:
		return d.Expected("a CONVERT item")
	}
	if !d.ExpectSpecial('[') || d.Peek() != ']' && !sectionSpec(d, &item.Section, or(o.Limits.HeaderFields, 1000), o) {
		return false
	}
	header := item.Section.Specifier == imap.SpecHeader || item.Section.Specifier == imap.SpecMIME
	if header != (item.Kind == imap.ConvertHeader) || !header && item.Section.Specifier != imap.SpecAll {
		return d.Expected("a section that this item has")
	}
	if !d.ExpectSpecial(']') {
		return false
	}
	if item.Kind == imap.ConvertBinary && d.Peek() == '<' {
		var s imap.FetchSection
		if !partial(d, &s) {
			return false
		}
		item.Partial = s.Partial
	}
	if len(c.Items) == or(o.Limits.FetchSections, 1000) {
		d.Fail(wire.OverLimit, "too many CONVERT items")
		return false
	}
	c.Items = append(c.Items, item)
	return true
}

// isMediaType reports whether s is type "/" subtype (RFC 5259 §10, concrete-mime-type).
func isMediaType(s string) bool {
	kind, sub, found := strings.Cut(s, "/")
	return found && isRegName(kind) && isRegName(sub)
}

// isRegName reports whether s is a name that a type or subtype may have.
func isRegName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("!#$&.+-^_", c) >= 0) {
			return false
		}
	}
	return len(s) > 0 && len(s) <= 127
}
