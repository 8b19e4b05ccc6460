package legacy

import (
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/imap/wire"
)

// ParsePartial reads the arguments of PARTIAL (RFC 2062) and gives the FETCH
// that it is, whose response names the item without its range:
//
//	partial ::= "PARTIAL" SPACE nz_number SPACE fetch_text_old SPACE
//	            number SPACE number
//
// The first octet is 1.
func ParsePartial(d *wire.Decoder, o command.Options) (*command.Fetch, error) {
	c := &command.Fetch{}
	if !d.ExpectSP() {
		return c, d.Err()
	}
	n, _ := d.NZNumber()
	if !d.ExpectSP() || !command.FetchItem(d, &c.Items, o) {
		return c, d.Err()
	}
	if len(c.Items.Sections) != 1 || c.Items.Atts != 0 || !mayBePartial(&c.Items.Sections[0]) {
		d.Expected("RFC822, RFC822.HEADER, RFC822.TEXT or BODY[section]")
		return c, d.Err()
	}
	d.ExpectSP()
	first, _ := d.NZNumber()
	d.ExpectSP()
	count, _ := d.Number()
	if d.Err() != nil {
		return c, d.Err()
	}
	c.Set = imap.NumSetRange(n, n)
	s := &c.Items.Sections[0]
	s.Label = string(s.AppendLabel(nil))
	s.Partial = &imap.Partial{Offset: uint64(first) - 1, Count: uint64(count)}
	d.ExpectEndLoosely()
	return c, d.Err()
}

// mayBePartial reports whether an item is one that PARTIAL may name.
func mayBePartial(s *imap.FetchSection) bool {
	return s.Kind != imap.KindBinary && s.Kind != imap.KindBinarySize && s.Partial == nil &&
		s.Section.Specifier != imap.SpecHeaderFields && s.Section.Specifier != imap.SpecHeaderFieldsNot
}
