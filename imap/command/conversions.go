package command

import (
	"log/slog"
	"strings"

	"github.com/restante/restante/imap/wire"
)

// Conversions is the CONVERSIONS command (RFC 5259 §5.1, §10):
//
//	conversions-cmd = "CONVERSIONS" SP from-mime-type-req SP to-mime-type-req
//	mime-type-req   = "*" / (type-name "/" "*") / concrete-mime-type
//
// Both requests are astrings; "*" is none that is an atom.
type Conversions struct {
	From, To string // in lower case
}

// Name is CONVERSIONS.
func (Conversions) Name() string { return "CONVERSIONS" }

// LogValue gives both.
func (c Conversions) LogValue() slog.Value {
	return slog.GroupValue(slog.String("from", c.From), slog.String("to", c.To))
}

// ParseConversions reads the arguments of CONVERSIONS.
func ParseConversions(d *wire.Decoder) (Conversions, error) {
	var c Conversions
	for _, request := range []*string{&c.From, &c.To} {
		if !d.ExpectSP() {
			return c, d.Err()
		}
		b, ok := d.AString()
		if !ok {
			return c, d.Err()
		}
		*request = strings.ToLower(string(b))
		kind, any := strings.CutSuffix(*request, "/*")
		if *request != "*" && !(any && isRegName(kind)) && !isMediaType(*request) {
			d.Expected("a media type or *")
			return c, d.Err()
		}
	}
	return c, end(d)
}
