package command

import (
	"bytes"
	"log/slog"
	"strings"

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
	c.Program.Threads = c.Algorithm
	if !p.criteria() {
		return nil, d.Err()
	}
	return c, end(d)
}

// threadOption reads a result option that names the algorithm for the keys that
// speak of threads (draft-ietf-morg-inthread-01, sections 3.5 and 5):
//
//	search-return-opt =/ "THREAD=" thread-alg
func (p *searchParser) threadOption(name []byte) (ok bool) {
	if name, ok = bytes.CutPrefix(name, []byte("THREAD=")); ok {
		p.program.Threads, ok = imap.ParseThreadAlgorithm(name)
	}
	return ok
}

// thread reads the keys that speak of threads:
//
//	search-key =/ "INTHREAD" SP search-key / "THREADROOT" / "THREADLEAF" /
//	              "MESSAGEID" SP "<" id-left "@" id-right ">"
//
// An id that is no atom may be quoted.
func (p *searchParser) thread(name []byte, k *imap.SearchKey) bool {
	k.Thread = p.program.Threads
	switch string(name) {
	case "INTHREAD":
		return p.operator(k, imap.SearchInThread, 1)
	case "THREADROOT":
		k.Op = imap.SearchThreadRoot
		return true
	case "THREADLEAF":
		k.Op = imap.SearchThreadLeaf
		return true
	}
	k.Op = imap.SearchMessageID
	if !p.text(k) {
		return false
	}
	id := k.Text
	if len(id) < 5 || id[0] != '<' || id[len(id)-1] != '>' || !strings.Contains(id[2:len(id)-2], "@") {
		return p.d.Expected("a Message-ID in angle brackets")
	}
	return true
}
