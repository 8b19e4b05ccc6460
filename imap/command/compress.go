package command

import (
	"log/slog"

	"github.com/restante/restante/imap/wire"
)

// Compress is the COMPRESS command (RFC 4978 §5):
//
//	compress = "COMPRESS" SP algorithm
type Compress struct {
	Algorithm string // upper case
}

// Name is COMPRESS.
func (Compress) Name() string { return "COMPRESS" }

// LogValue gives the algorithm.
func (c Compress) LogValue() slog.Value {
	return slog.GroupValue(slog.String("algorithm", c.Algorithm))
}

// ParseCompress reads the argument of COMPRESS.
func ParseCompress(d *wire.Decoder) (Compress, error) {
	var c Compress
	if d.ExpectSP() {
		b, _ := d.Keyword()
		c.Algorithm = string(b)
	}
	return c, end(d)
}
