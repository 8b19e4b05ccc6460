package command

import (
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/wire"
)

// partialRange reads what follows PARTIAL (RFC 9394 §4, RFC 5267 §5):
//
//	modifier-partial    = "PARTIAL" SP partial-range
//	partial-range-first = nz-number ":" nz-number
//	partial-range-last  = MINUS nz-number ":" MINUS nz-number
//	partial-range       = partial-range-first / partial-range-last
//
// A second PARTIAL in the same command is refused (RFC 9394 §3.1).
func partialRange(d *wire.Decoder, p *imap.PartialRange) (ok bool) {
	if !p.IsZero() {
		return d.Expected("PARTIAL only once")
	}
	if !d.ExpectSP() {
		return false
	}
	fromEnd := d.Special('-')
	var r imap.PartialRange
	if r.A, ok = d.NZNumber(); !ok || !d.ExpectSpecial(':') {
		return false
	}
	if d.Special('-') != fromEnd {
		return d.Expected("two numbers that count from the same end")
	}
	r.B, ok = d.NZNumber()
	r.FromEnd = fromEnd
	*p = r
	return ok
}
