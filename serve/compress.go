package serve

import (
	"bytes"
	"sync"

	"github.com/klauspost/compress/flate"
)

const (
	// deflateLevel is the cheapest: it leaves a sixth of FETCH responses, and the
	// dearer ones hardly less. RFC 4978 §4 counts on 25 to 40 %.
	deflateLevel = 1
	// deflateHistory is how much of what was sent the compressor is told again for
	// what is sent next, so that small answers compress too.
	deflateHistory = 4 << 10
	// deflatePiece is how much is compressed at once.
	deflatePiece = 64 << 10
)

// compression is the DEFLATE layer of a connection, between the front-end and
// TLS. What compresses is lent for the time of one write, so that thousands of
// connections that send at once, or wait, hold none of it.
type compression struct {
	in    inflater
	pool  *compressors
	send  func([]byte) (int, error)
	sent  []byte // the last of what was sent, at most deflateHistory
	count Compression
}

// Compression counts the octets of a compressed connection.
type Compression struct {
	Received, ReceivedCompressed int64
	Sent, SentCompressed         int64
}

// deflater is a compressor and what it writes to.
type deflater struct {
	w   *flate.Writer
	out bytes.Buffer
}

// compressors lends what compressing and decompressing need. The zero value is
// ready.
type compressors struct{ deflaters, inflateWorks sync.Pool }

// deflater lends a compressor; it goes back to deflaters.
func (p *compressors) deflater() (*deflater, error) {
	if d, ok := p.deflaters.Get().(*deflater); ok {
		return d, nil
	}
	d := new(deflater)
	var err error
	d.w, err = flate.NewWriter(&d.out, deflateLevel)
	return d, err
}

// Compress puts a DEFLATE layer (RFC 1951) below what the front-end reads and
// writes from now on, and above TLS. pending is what the caller has read already
// of what the client sent compressed.
func (c *Conn) Compress(pending []byte) {
	z := &compression{pool: &c.server.compressors, send: c.write}
	z.in.works = &z.pool.inflateWorks
	pending = bytes.Clone(pending)
	z.in.src = func(p []byte) (int, error) {
		if len(pending) > 0 {
			n := copy(p, pending)
			pending = pending[n:]
			return n, nil
		}
		return c.read(p)
	}
	c.layer = z
}

// Compressed reports whether [Conn.Compress] is in force.
func (c *Conn) Compressed() bool { return c.layer != nil && !c.layer.in.ending }

// EndCompression ends the layer: all that is written from now on goes as it is,
// and what the client sends is so behind the end of its stream, or the flush
// behind what was read last. It gives what was counted.
func (c *Conn) EndCompression() (Compression, error) {
	z := c.layer
	if z == nil {
		return Compression{}, nil
	}
	// An empty last block (RFC 1951 §3.2.6).
	n, err := z.send([]byte{0x03, 0x00})
	z.count.SentCompressed += int64(n)
	z.in.end()
	return c.Compression(), err
}

// Compression gives what was counted since [Conn.Compress].
func (c *Conn) Compression() Compression {
	if c.layer == nil {
		return Compression{}
	}
	count := c.layer.count
	count.ReceivedCompressed = c.layer.in.octets
	return count
}

// Rest gives back what only a busy connection needs. It is for before a long
// wait for the client.
func (c *Conn) Rest() {
	if c.layer != nil {
		c.layer.in.relax()
		c.layer.sent = nil
	}
}

// readLayer reads through the layer, and takes it away where it has ended.
func (c *Conn) readLayer(b []byte) (int, error) {
	z := c.layer
	n, err := z.in.Read(b)
	z.count.Received += int64(n)
	if n > 0 || !z.in.ending || z.in.at != behindStream {
		return n, err
	}
	// Octets of the clear that came with the layer's last.
	z.in.in.align()
	if n = z.in.in.octets(b); n > 0 {
		return n, nil
	}
	z.in.relax()
	c.layer = nil
	return z.in.src(b)
}

// write compresses and sends.
func (z *compression) write(b []byte) (n int, err error) {
	d, err := z.pool.deflater()
	if err != nil {
		return 0, err
	}
	defer z.pool.deflaters.Put(d)
	for len(b) > 0 && err == nil {
		piece := b[:min(len(b), deflatePiece)]
		d.out.Reset()
		d.w.ResetDict(&d.out, z.sent)
		if _, err = d.w.Write(piece); err != nil {
			return n, err
		}
		if err = d.w.Flush(); err != nil {
			return n, err
		}
		z.note(piece)
		var m int
		m, err = z.send(d.out.Bytes())
		z.count.SentCompressed += int64(m)
		z.count.Sent += int64(len(piece))
		n += len(piece)
		b = b[len(piece):]
	}
	return n, err
}

// note keeps the last of what was sent.
func (z *compression) note(piece []byte) {
	piece = piece[max(0, len(piece)-deflateHistory):]
	if over := len(z.sent) + len(piece) - deflateHistory; over > 0 {
		z.sent = z.sent[:copy(z.sent, z.sent[over:])]
	}
	z.sent = append(z.sent, piece...)
}
