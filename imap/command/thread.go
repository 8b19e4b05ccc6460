package command

import (
	"log/slog"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/wire"
)

// Thread is the THREAD or UID THREAD command (RFC 5256 §5):
//
//	thread          = ["UID" SP] "THREAD" SP thread-alg SP search-criteria
//	thread-alg      = "ORDEREDSUBJECT" / "REFERENCES" / "REFS"
//	search-criteria = charset 1*(SP search-key)
type Thread struct {
	UID       bool
	Algorithm imap.ThreadAlgorithm
	Program   imap.SearchProgram
}

// Name is THREAD or UID THREAD.
func (c *Thread) Name() string { return withUID(c.UID, "THREAD", "UID THREAD") }

// SearchKey is what is searched for.
func (c *Thread) SearchKey() *imap.SearchKey { return &c.Program.Key }

// LogValue gives the algorithm, the number of keys and the charset, not what is
// searched for.
func (c *Thread) LogValue() slog.Value {
	return slog.GroupValue(slog.String("algorithm", c.Algorithm.String()), slog.Any("search", programLog(&c.Program)))
}

// ParseThread reads the arguments of THREAD, or of UID THREAD, with the charset
// and the keys as ParseSearch reads them.
func ParseThread(d *wire.Decoder, uid bool, o Options) (*Thread, error) {
	c := &Thread{UID: uid}
	p := searchParser{d: d, o: &o, program: &c.Program}
	if !d.ExpectSP() {
		return nil, d.Err()
	}
	b, ok := d.Keyword()
	if !ok {
		return nil, d.Err()
	}
	if c.Algorithm, ok = imap.ParseThreadAlgorithm(b); !ok {
		d.Expected("a threading algorithm")
		return nil, d.Err()
	}
	if !p.criteria() {
		return nil, d.Err()
	}
	return c, end(d)
}
