package command

import (
	"log/slog"

	"github.com/restante/restante/imap/wire"
)

// UIDBatches is the UIDBATCHES command (RFC 10022 §4):
//
//	message-batches = "UIDBATCHES" SP nz-number [SP nz-number ":" nz-number]
type UIDBatches struct {
	Size uint32 // messages of a batch
	// First and Last are the batches that are asked for, as the client wrote
	// them: maybe in the wrong order. 0 and 0 are all.
	First, Last uint32
}

// Name is UIDBATCHES.
func (UIDBatches) Name() string { return "UIDBATCHES" }

// LogValue gives the numbers.
func (c UIDBatches) LogValue() slog.Value {
	return slog.GroupValue(slog.Uint64("size", uint64(c.Size)), slog.Uint64("first", uint64(c.First)), slog.Uint64("last", uint64(c.Last)))
}

// ParseUIDBatches reads the arguments of UIDBATCHES.
func ParseUIDBatches(d *wire.Decoder) (UIDBatches, error) {
	var c UIDBatches
	if !d.ExpectSP() {
		return c, d.Err()
	}
	c.Size, _ = d.NZNumber()
	if d.SP() && !d.AtEnd() {
		c.First, _ = d.NZNumber()
		if d.ExpectSpecial(':') {
			c.Last, _ = d.NZNumber()
		}
	}
	return c, end(d)
}
