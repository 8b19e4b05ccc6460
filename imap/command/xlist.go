package command

import (
	"log/slog"

	"github.com/restante/restante/imap/wire"
)

// XList is Gmail's command from before RFC 6154, which no RFC describes. Its
// arguments are those of RFC 3501 §6.3.8:
//
//	xlist = "XLIST" SP mailbox SP list-mailbox
type XList struct {
	Reference string
	Pattern   string
}

// Name is XLIST.
func (XList) Name() string { return "XLIST" }

// LogValue gives the reference and the pattern.
func (c XList) LogValue() slog.Value {
	return LSub{Reference: c.Reference, Pattern: c.Pattern}.LogValue()
}

// ParseXList reads the arguments of XLIST.
func ParseXList(d *wire.Decoder, o Options) (XList, error) {
	c, err := ParseLSub(d, "XLIST", o)
	return XList{Reference: c.Reference, Pattern: c.Pattern}, err
}
