package server

import (
	"bufio"
	"bytes"
	"compress/flate"
	"fmt"
	"testing"
)

// compressed turns on compression and gives a compressor of what the client sends.
func (c *client) compressed(out *bytes.Buffer) *flate.Writer {
	c.t.Helper()
	c.do("z COMPRESS DEFLATE")
	c.r = bufio.NewReader(flate.NewReader(c.r))
	w, err := flate.NewWriter(out, flate.BestCompression)
	if err != nil {
		c.t.Fatal(err)
	}
	return w
}

// TestUnauthenticateEndsCompression ends the client's layer in the ways in which
// it can end, with what follows it in the same packet or octet by octet (RFC 8437
// §4.1).
func TestUnauthenticateEndsCompression(t *testing.T) {
	h := newHost(t, hostOptions{})
	ends := map[string]func(*flate.Writer) error{"flush": (*flate.Writer).Flush, "last block": (*flate.Writer).Close}
	for name, end := range ends {
		for _, piece := range []int{1, 7, 1000} {
			t.Run(fmt.Sprintf("%s by %d", name, piece), func(t *testing.T) {
				c := h.login(t, "alice")
				clear := c.r
				var out bytes.Buffer
				w := c.compressed(&out)
				fmt.Fprintf(w, "a1 NOOP\r\n")
				w.Flush()
				fmt.Fprintf(w, "a2 UNAUTHENTICATE\r\n")
				if err := end(w); err != nil {
					t.Fatal(err)
				}
				out.WriteString("a3 LOGIN bob secret\r\n")
				for out.Len() > 0 {
					c.send(string(out.Next(piece)))
				}
				c.expect("a1 OK")
				c.expect("a2 OK")
				if !c.closed() {
					t.Error("the server's stream goes on")
				}
				c.r = clear
				c.expect("a3 OK")
				c.do("a4 SELECT INBOX")
			})
		}
	}
}

// TestCompressedAtOnce sends compressed commands without waiting for the answer
// to COMPRESS.
func TestCompressedAtOnce(t *testing.T) {
	h := newHost(t, hostOptions{})
	c := h.login(t, "alice")
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, flate.BestCompression)
	fmt.Fprintf(w, "a2 NOOP\r\na3 CAPABILITY\r\n")
	w.Flush()
	c.send("a1 COMPRESS DEFLATE\r\n" + out.String())
	c.expect("a1 OK")
	c.r = bufio.NewReader(flate.NewReader(c.r))
	c.expect("a2 OK")
	c.expect("* CAPABILITY")
	c.expect("a3 OK")
}

// TestDeflateBomb sends little that decompresses to much: it meets the bounds of
// commands.
func TestDeflateBomb(t *testing.T) {
	h := newHost(t, hostOptions{})
	c := h.login(t, "alice")
	var out bytes.Buffer
	w := c.compressed(&out)
	fmt.Fprint(w, "a1 CREATE ")
	for range 64 {
		w.Write(bytes.Repeat([]byte("a"), 1<<20))
	}
	fmt.Fprint(w, "\r\n")
	w.Flush()
	t.Logf("%d octets", out.Len())
	c.send(out.String())
	c.expect("a1 NO [LIMIT]")
}

// TestDamagedCompression ends the connection and says why.
func TestDamagedCompression(t *testing.T) {
	h := newHost(t, hostOptions{})
	c := h.login(t, "alice")
	var out bytes.Buffer
	c.compressed(&out)
	c.send("a1 NOOP\r\n")
	c.expect("* BYE Compressed data is damaged")
	if !c.closed() {
		t.Error("not closed")
	}
}
