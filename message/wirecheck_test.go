package message

import (
	"fmt"
	"strconv"
	"strings"
)

// wireChecker reads IMAP values as a strict client would and fails on what the
// grammar does not allow (RFC 9051 §9).
type wireChecker struct {
	in  string
	err error
}

func (c *wireChecker) failf(format string, a ...any) {
	if c.err == nil {
		at := c.in
		if len(at) > 40 {
			at = at[:40]
		}
		c.err = fmt.Errorf(format+" at %q", append(a, at)...)
	}
	c.in = ""
}

func (c *wireChecker) has(p string) bool { return strings.HasPrefix(c.in, p) }

func (c *wireChecker) expect(p string) {
	if !c.has(p) {
		c.failf("want %q", p)
		return
	}
	c.in = c.in[len(p):]
}

func (c *wireChecker) nstring() (string, bool) {
	if c.has("NIL") {
		c.in = c.in[3:]
		return "", false
	}
	return c.str(), true
}

func (c *wireChecker) str() string {
	if c.has("{") {
		num, rest, ok := strings.Cut(c.in[1:], "}\r\n")
		n, err := strconv.Atoi(num)
		if !ok || err != nil || n > len(rest) || strings.IndexByte(rest[:n], 0) >= 0 {
			c.failf("bad literal")
			return ""
		}
		c.in = rest[n:]
		return rest[:n]
	}
	c.expect(`"`)
	var out []byte
	for i := 0; i < len(c.in); i++ {
		switch b := c.in[i]; {
		case b == '"':
			c.in = c.in[i+1:]
			return string(out)
		case b == '\\':
			i++
			if i == len(c.in) || c.in[i] != '"' && c.in[i] != '\\' {
				c.failf("bad escape")
				return ""
			}
			out = append(out, c.in[i])
		case b == 0 || b == '\r' || b == '\n' || b >= 0x80:
			c.failf("octet %#x in quoted string", b)
			return ""
		default:
			out = append(out, b)
		}
	}
	c.failf("unclosed quoted string")
	return ""
}

func (c *wireChecker) number() int {
	n := 0
	for n < len(c.in) && '0' <= c.in[n] && c.in[n] <= '9' {
		n++
	}
	v, err := strconv.Atoi(c.in[:n])
	if err != nil {
		c.failf("want number")
		return 0
	}
	c.in = c.in[n:]
	return v
}

func (c *wireChecker) addresses() {
	if c.has("NIL") {
		c.expect("NIL")
		return
	}
	c.expect("(")
	for first := true; c.err == nil && (first || c.has("(")); first = false {
		c.expect("(")
		c.nstring()
		c.expect(" ")
		c.nstring()
		c.expect(" ")
		c.nstring()
		c.expect(" ")
		c.nstring()
		c.expect(")")
	}
	c.expect(")")
}

func (c *wireChecker) envelope() {
	c.expect("(")
	c.nstring()
	c.expect(" ")
	c.nstring()
	for range 6 {
		c.expect(" ")
		c.addresses()
	}
	c.expect(" ")
	c.nstring()
	c.expect(" ")
	c.nstring()
	c.expect(")")
}

func (c *wireChecker) params() {
	if c.has("NIL") {
		c.expect("NIL")
		return
	}
	c.expect("(")
	for first := true; c.err == nil && (first || c.has(" ")); first = false {
		if !first {
			c.expect(" ")
		}
		c.str()
		c.expect(" ")
		c.str()
	}
	c.expect(")")
}

// body reads a body; extended says whether extension data must stand.
func (c *wireChecker) body(extended bool) {
	c.expect("(")
	if c.has("(") {
		for c.err == nil && c.has("(") {
			c.body(extended)
		}
		c.expect(" ")
		c.str()
		if extended {
			c.expect(" ")
			c.params()
			c.extension()
		}
		c.expect(")")
		return
	}
	typ := c.str()
	c.expect(" ")
	sub := c.str()
	c.expect(" ")
	c.params()
	c.expect(" ")
	c.nstring()
	c.expect(" ")
	c.nstring()
	c.expect(" ")
	c.str()
	c.expect(" ")
	c.number()
	switch {
	case typ == "text":
		c.expect(" ")
		c.number()
	case typ == "message" && (sub == "rfc822" || sub == "global"):
		c.expect(" ")
		c.envelope()
		c.expect(" ")
		c.body(extended)
		c.expect(" ")
		c.number()
	case typ == "multipart":
		c.failf("multipart without parts")
	}
	if extended {
		c.expect(" ")
		c.nstring()
		c.extension()
	}
	c.expect(")")
}

func (c *wireChecker) extension() {
	c.expect(" ")
	if c.has("NIL") {
		c.expect("NIL")
	} else {
		c.expect("(")
		c.str()
		c.expect(" ")
		c.params()
		c.expect(")")
	}
	c.expect(" ")
	if c.has("(") {
		c.expect("(")
		c.str()
		for c.err == nil && c.has(" ") {
			c.expect(" ")
			c.str()
		}
		c.expect(")")
	} else {
		c.nstring()
	}
	c.expect(" ")
	c.nstring()
}

// checkWire reads all of wire by f.
func checkWire(wire []byte, f func(*wireChecker)) error {
	c := &wireChecker{in: string(wire)}
	f(c)
	if c.err == nil && c.in != "" {
		c.failf("trailing octets")
	}
	return c.err
}
