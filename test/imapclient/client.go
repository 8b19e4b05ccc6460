// Package imapclient is a small IMAP client for tests of the real program: one
// command at a time, answers as text.
package imapclient

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// Client is one connection.
type Client struct {
	conn net.Conn
	r    *bufio.Reader
	w    *bufio.Writer
	tag  int
	// Timeout is how long a command may take.
	Timeout time.Duration
}

// Reply is the answer to a command. A literal stands in its line as it is, after
// its {n} and a line feed.
type Reply struct {
	Status   string   // OK, NO or BAD
	Text     string   // what follows it, response code included
	Untagged []string // the lines before it, without their "* "
}

// RefusedError says that the server answered NO or BAD.
type RefusedError struct{ Status, Text string }

func (e *RefusedError) Error() string { return e.Status + " " + e.Text }

// Dial connects, with TLS from the start unless config is nil, and reads the
// greeting.
func Dial(addr string, config *tls.Config) (*Client, error) { return DialFrom("", addr, config) }

// DialFrom is Dial from an IP address of this machine; "" is any.
func DialFrom(from, addr string, config *tls.Config) (*Client, error) {
	d := net.Dialer{Timeout: 10 * time.Second}
	if from != "" {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	conn, err := d.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	if config != nil {
		conn = tls.Client(conn, config)
	}
	c := &Client{conn: conn, r: bufio.NewReaderSize(conn, 32<<10), w: bufio.NewWriterSize(conn, 32<<10), Timeout: time.Minute}
	conn.SetDeadline(time.Now().Add(c.Timeout))
	line, err := c.line()
	if err == nil && !strings.HasPrefix(line, "* OK") {
		err = fmt.Errorf("greeting %q", line)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

// Login connects as [Dial] does and logs in.
func Login(addr string, config *tls.Config, user, password string) (*Client, error) {
	c, err := Dial(addr, config)
	if err != nil {
		return nil, err
	}
	if _, err := c.Do("LOGIN %s %s", Quote(user), Quote(password)); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Close closes the connection.
func (c *Client) Close() error { return c.conn.Close() }

// Quote writes s, which has no control characters, as a quoted string.
func Quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// Do runs one command. The error is a [*RefusedError] if the server answered with
// NO or BAD; another means that the connection cannot be used any more, and
// that it is not known whether the command was done.
func (c *Client) Do(format string, args ...any) (Reply, error) {
	return c.command(fmt.Sprintf(format, args...), nil)
}

// Append stores a message, sent as a non-synchronizing literal, and answers
// its UIDVALIDITY and UID (RFC 4315 §3).
func (c *Client) Append(mailbox, flags string, message []byte) (validity, uid uint32, err error) {
	reply, err := c.command(fmt.Sprintf("APPEND %s (%s) {%d+}", Quote(mailbox), flags, len(message)), message)
	if err != nil {
		return 0, 0, err
	}
	if _, err := fmt.Sscanf(reply.Text, "[APPENDUID %d %d]", &validity, &uid); err != nil {
		return 0, 0, fmt.Errorf("APPEND answered %q: %w", reply.Text, err)
	}
	return validity, uid, nil
}

func (c *Client) command(text string, literal []byte) (Reply, error) {
	c.tag++
	tag := "t" + strconv.Itoa(c.tag) + " "
	c.conn.SetDeadline(time.Now().Add(c.Timeout))
	c.w.WriteString(tag)
	c.w.WriteString(text)
	if literal != nil {
		c.w.WriteString("\r\n")
		c.w.Write(literal)
	}
	c.w.WriteString("\r\n")
	if err := c.w.Flush(); err != nil {
		return Reply{}, err
	}
	return c.finish(tag, Reply{})
}

// Idle waits for news (RFC 2177), at most so long, and ends IDLE once there is some. It
// answers all that the server has told.
func (c *Client) Idle(limit time.Duration) (Reply, error) { return c.IdleWhile(limit, func() {}) }

// IdleWhile is Idle that calls f once the server waits too.
func (c *Client) IdleWhile(limit time.Duration, f func()) (Reply, error) {
	c.tag++
	tag := "t" + strconv.Itoa(c.tag) + " "
	c.conn.SetDeadline(time.Now().Add(c.Timeout))
	c.w.WriteString(tag + "IDLE\r\n")
	if err := c.w.Flush(); err != nil {
		return Reply{}, err
	}
	var reply Reply
	for {
		line, err := c.line()
		if err != nil {
			return reply, err
		}
		if after, ok := strings.CutPrefix(line, "* "); ok {
			reply.Untagged = append(reply.Untagged, after)
		} else if strings.HasPrefix(line, "+ ") {
			break
		} else {
			return c.tagged(line, tag, reply)
		}
	}
	f()
	c.conn.SetReadDeadline(time.Now().Add(limit))
	if len(reply.Untagged) == 0 {
		// Nothing of a line is lost if there is no news: the wait is for its first byte.
		if _, err := c.r.Peek(1); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			return reply, err
		}
	}
	c.conn.SetDeadline(time.Now().Add(c.Timeout))
	c.w.WriteString("DONE\r\n")
	if err := c.w.Flush(); err != nil {
		return reply, err
	}
	return c.finish(tag, reply)
}

// finish reads up to the answer that has the tag.
func (c *Client) finish(tag string, reply Reply) (Reply, error) {
	for {
		line, err := c.line()
		if err != nil {
			return reply, err
		}
		if after, ok := strings.CutPrefix(line, "* "); ok {
			reply.Untagged = append(reply.Untagged, after)
			continue
		}
		return c.tagged(line, tag, reply)
	}
}

// tagged completes a reply by its last line.
func (c *Client) tagged(line, tag string, reply Reply) (Reply, error) {
	after, ok := strings.CutPrefix(line, tag)
	if !ok {
		return reply, fmt.Errorf("%q is no answer to %q", line, tag)
	}
	reply.Status, reply.Text, _ = strings.Cut(after, " ")
	if reply.Status != "OK" {
		return reply, &RefusedError{reply.Status, reply.Text}
	}
	return reply, nil
}

// line reads one response with its literals.
func (c *Client) line() (string, error) {
	var all strings.Builder
	for {
		part, err := c.r.ReadString('\n')
		if err != nil {
			return "", err
		}
		part = strings.TrimSuffix(part, "\r\n")
		all.WriteString(part)
		open := strings.LastIndexByte(part, '{')
		if open < 0 || !strings.HasSuffix(part, "}") {
			return all.String(), nil
		}
		n, err := strconv.ParseInt(part[open+1:len(part)-1], 10, 64)
		if err != nil {
			return all.String(), nil // no literal after all
		}
		all.WriteByte('\n')
		if _, err := io.CopyN(&all, c.r, n); err != nil {
			return "", err
		}
	}
}
