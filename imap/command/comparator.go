package command

import (
	"log/slog"

	"github.com/restante/restante/imap/wire"
	"github.com/restante/restante/search"
)

// Comparator is the COMPARATOR command (RFC 5255 §4.10):
//
//	comparator-cmd    = "COMPARATOR" *(SP comp-order-quoted)
//	comp-order-quoted = astring
//	    ; once quoting is removed, a collation-order of RFC 4790
type Comparator struct {
	Orders []search.Order // in the order of preference; none: which is active?
}

// Name is COMPARATOR.
func (Comparator) Name() string { return "COMPARATOR" }

// LogValue gives how many comparators are asked for.
func (c Comparator) LogValue() slog.Value {
	return slog.GroupValue(slog.Int("orders", len(c.Orders)))
}

// ParseComparator reads the arguments of COMPARATOR.
func ParseComparator(d *wire.Decoder, o Options) (Comparator, error) {
	var c Comparator
	for !d.AtEnd() && d.ExpectSP() {
		b, ok := d.AString()
		if !ok {
			break
		}
		if len(c.Orders) == or(o.Limits.Comparators, 100) {
			return c, d.Fail(wire.OverLimit, "too many comparators")
		}
		order, ok := search.ParseOrder(string(b))
		if !ok {
			d.Expected("a comparator")
			break
		}
		c.Orders = append(c.Orders, order)
	}
	return c, end(d)
}
