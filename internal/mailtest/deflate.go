package mailtest

import (
	"bufio"
	"compress/flate"
	"fmt"
	"io"
	"net"
)

// deflated is a connection whose client compresses.
type deflated struct {
	net.Conn
	below *bufio.Reader
	in    io.Reader
	out   *flate.Writer
}

func (d *deflated) Read(p []byte) (int, error) { return d.in.Read(p) }

func (d *deflated) Write(p []byte) (int, error) {
	if _, err := d.out.Write(p); err != nil {
		return 0, err
	}
	return len(p), d.out.Flush()
}

func (c *conn) startDeflate() error {
	out, err := flate.NewWriter(c.Conn, flate.DefaultCompression)
	if err != nil {
		return err
	}
	d := &deflated{Conn: c.Conn, below: c.r, in: flate.NewReader(c.r), out: out}
	c.Conn, c.r = d, bufio.NewReader(d)
	return nil
}

func (c *conn) endDeflate() error {
	d, is := c.Conn.(*deflated)
	if !is {
		return fmt.Errorf("nothing is compressed")
	}
	if b, err := c.r.ReadByte(); err != io.EOF {
		return fmt.Errorf("the server's stream goes on with %q (%v)", b, err)
	}
	c.Conn, c.r = d.Conn, d.below
	return nil
}
