package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

// client is an IMAP client that knows as little of the protocol as it can: it is
// to cost little beside the server.
type client struct {
	c    net.Conn
	r    *bufio.Reader
	w    *bufio.Writer
	tag  int
	caps string
	read int64
}

// dial connects and reads the greeting; size is that of the client's buffers in
// each direction, in bytes.
func dial(addr string, useTLS bool, size int) (*client, error) {
	var c net.Conn
	var err error
	if useTLS {
		c, err = tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true})
	} else {
		c, err = net.Dial("tcp", addr)
	}
	if err != nil {
		return nil, err
	}
	cl := &client{c: c, r: bufio.NewReaderSize(c, size), w: bufio.NewWriterSize(c, size)}
	line, err := cl.line()
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(line, []byte("* OK")) {
		return nil, fmt.Errorf("greeting: %s", line)
	}
	return cl, nil
}

func (c *client) has(cap string) bool { return strings.Contains(c.caps, " "+cap+" ") }

func (c *client) close() {
	c.cmd("LOGOUT")
	c.c.Close()
}

// line reads one CRLF line; the slice is valid until the next read.
func (c *client) line() ([]byte, error) {
	b, err := c.r.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		buf := append([]byte(nil), b...)
		for err == bufio.ErrBufferFull {
			b, err = c.r.ReadSlice('\n')
			buf = append(buf, b...)
		}
		b = buf
	}
	c.read += int64(len(b))
	if err != nil {
		return nil, err
	}
	return bytes.TrimRight(b, "\r\n"), nil
}

// literal reports the size of the literal that the line announces, or -1.
func literal(l []byte) int64 {
	if len(l) < 3 || l[len(l)-1] != '}' {
		return -1
	}
	i := bytes.LastIndexByte(l, '{')
	if i < 0 {
		return -1
	}
	s := strings.TrimSuffix(string(l[i+1:len(l)-1]), "+")
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return -1
	}
	return n
}

func (c *client) send(s string) string {
	c.tag++
	tag := "b" + strconv.Itoa(c.tag)
	c.w.WriteString(tag)
	c.w.WriteByte(' ')
	c.w.WriteString(s)
	c.w.WriteString("\r\n")
	return tag
}

// finish reads until the tagged response; f sees each untagged first line.
// It returns how many untagged responses came.
func (c *client) finish(tag string, f func([]byte)) (int, error) {
	if err := c.w.Flush(); err != nil {
		return 0, err
	}
	n := 0
	pre := []byte(tag + " ")
	for {
		l, err := c.line()
		if err != nil {
			return n, err
		}
		if bytes.HasPrefix(l, pre) {
			if !bytes.HasPrefix(l[len(pre):], []byte("OK")) {
				return n, fmt.Errorf("%s", l)
			}
			return n, nil
		}
		n++
		if f != nil {
			f(l)
		}
		for lit := literal(l); lit >= 0; lit = literal(l) {
			m, err := io.CopyN(io.Discard, c.r, lit)
			c.read += m
			if err != nil {
				return n, err
			}
			if l, err = c.line(); err != nil {
				return n, err
			}
		}
	}
}

func (c *client) cmd(s string) (int, error) { return c.finish(c.send(s), nil) }

func (c *client) cmdEach(s string, f func([]byte)) (int, error) { return c.finish(c.send(s), f) }

// appendMsg appends one message, with a non-synchronizing literal where the
// server takes them.
func (c *client) appendMsg(box string, msg []byte) error {
	plus := c.has("LITERAL+") || (c.has("LITERAL-") || c.has("IMAP4REV2")) && len(msg) <= 4096
	c.tag++
	tag := "b" + strconv.Itoa(c.tag)
	if plus {
		fmt.Fprintf(c.w, "%s APPEND %s {%d+}\r\n", tag, box, len(msg))
	} else {
		fmt.Fprintf(c.w, "%s APPEND %s {%d}\r\n", tag, box, len(msg))
		c.w.Flush()
		for {
			l, err := c.line()
			if err != nil {
				return err
			}
			if l[0] == '+' {
				break
			}
			if l[0] != '*' {
				return fmt.Errorf("%s", l)
			}
		}
	}
	c.w.Write(msg)
	c.w.WriteString("\r\n")
	_, err := c.finish(tag, nil)
	return err
}

func (c *client) selectBox(box string) (exists int, err error) {
	_, err = c.cmdEach("SELECT "+box, func(l []byte) {
		var n int
		if k, _ := fmt.Sscanf(string(l), "* %d EXISTS", &n); k == 1 && bytes.HasSuffix(l, []byte("EXISTS")) {
			exists = n
		}
	})
	return
}

// keepCaps takes an untagged CAPABILITY response.
func (c *client) keepCaps(l []byte) {
	if bytes.HasPrefix(l, []byte("* CAPABILITY ")) {
		c.caps = " " + strings.ToUpper(strings.TrimSpace(string(l[12:]))) + " "
	}
}
