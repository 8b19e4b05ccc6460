package mailtest

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"time"
)

// patience bounds the wait for a line that the server owes; it only ends tests
// that fail anyway.
const patience = time.Minute

// conn is one connection of a transcript.
type conn struct {
	net.Conn
	r      *bufio.Reader
	peeked []string // lines read ahead by "..." and by S* lines
	closed bool
}

func newConn(c net.Conn) *conn { return &conn{Conn: c, r: bufio.NewReader(c)} }

// line reads the server's next line without its CRLF.
func (c *conn) line() (string, error) {
	if len(c.peeked) > 0 {
		l := c.peeked[0]
		c.peeked = c.peeked[1:]
		return l, nil
	}
	c.SetReadDeadline(time.Now().Add(patience))
	l, err := c.r.ReadString('\n')
	if err == io.EOF && l != "" {
		err = io.ErrUnexpectedEOF
	}
	return strings.TrimSuffix(strings.TrimSuffix(l, "\n"), "\r"), err
}

func (c *conn) send(text string) error {
	c.SetWriteDeadline(time.Now().Add(patience))
	_, err := c.Write([]byte(text))
	return err
}

func (c *conn) unread(l string) { c.peeked = append([]string{l}, c.peeked...) }

// eof reports whether the server has closed the connection, after at most
// patience; a reset counts.
func (c *conn) eof() bool {
	if len(c.peeked) > 0 {
		return false
	}
	c.SetReadDeadline(time.Now().Add(patience))
	_, err := c.r.ReadByte()
	var timeout net.Error
	return err != nil && !(errors.As(err, &timeout) && timeout.Timeout())
}

func (c *conn) startTLS() error {
	t := tls.Client(c.Conn, &tls.Config{InsecureSkipVerify: true})
	t.SetDeadline(time.Now().Add(patience))
	if err := t.Handshake(); err != nil {
		return err
	}
	t.SetDeadline(time.Time{})
	c.Conn, c.r = t, bufio.NewReader(t)
	return nil
}
