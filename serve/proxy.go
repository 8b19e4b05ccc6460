package serve

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/pires/go-proxyproto"
	"github.com/pires/go-proxyproto/tlvparse"
)

// Proxies are those who tell of each connection, by the PROXY protocol of version 1
// or 2, whose it is. The zero value is nobody.
type Proxies struct {
	From []netip.Prefix // addresses of proxies
	Unix bool           // who connects to a Unix socket is one
}

// has reports whether the other side of a connection is a proxy.
func (p Proxies) has(peer netip.Addr) bool {
	if !peer.IsValid() {
		return p.Unix
	}
	for _, prefix := range p.From {
		if prefix.Contains(peer) {
			return true
		}
	}
	return false
}

// proxied is what a proxy has told of a client.
type proxied struct {
	remote, local net.Addr
	tls           bool // between client and proxy
}

// Lengths of headers.
const (
	shortestHeader = len("PROXY UNKNOWN\r\n")
	longestLine    = 107     // of version 1, with its end
	fixedHeader    = 16      // of version 2, before the addresses
	longestHeader  = 4 << 10 // of version 2
)

var (
	errNoHeader   = errors.New("what came from the proxy is no PROXY header")
	errHeaderSize = errors.New("PROXY header is too long")
)

// greetProxy reads the header that a proxy must send before anything else, and takes
// the client's address from it. It reads no octet of what comes behind it. Who
// connects without sending anything only looked whether somebody is here: then the
// error is io.EOF. A proxy's own connections, by which it looks after the server
// (LOCAL, UNKNOWN), keep its address.
func (c *Conn) greetProxy() error {
	c.OnDrain(func() { c.Close() })
	defer c.OnDrain(nil)
	if err := c.raw.SetReadDeadline(time.Now().Add(c.server.o.Limits.Handshake)); err != nil {
		return err
	}
	header, err := readHeader(c.raw)
	if err != nil {
		return err
	}
	if err := c.raw.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	if header.Command.IsLocal() || header.TransportProtocol == proxyproto.UNSPEC {
		return nil
	}
	if !header.TransportProtocol.IsStream() || header.SourceAddr == nil || header.DestinationAddr == nil {
		return fmt.Errorf("%w: not of a stream", errNoHeader)
	}
	c.proxied = &proxied{remote: header.SourceAddr, local: header.DestinationAddr}
	c.remote = netip.Addr{}
	if source, _, ok := header.IPs(); ok {
		if addr, ok := netip.AddrFromSlice(source); ok {
			c.remote = addr.Unmap()
		}
	}
	if tlvs, err := header.TLVs(); err == nil {
		if ssl, ok := tlvparse.FindSSL(tlvs); ok {
			c.proxied.tls = ssl.ClientSSL()
		}
	}
	return nil
}

// readHeader reads a header and nothing behind it.
func readHeader(r io.Reader) (*proxyproto.Header, error) {
	b := make([]byte, shortestHeader, longestLine)
	n, err := io.ReadFull(r, b)
	if err != nil {
		if n > 0 && errors.Is(err, io.ErrUnexpectedEOF) {
			err = fmt.Errorf("%w: %q", errNoHeader, b[:n])
		}
		return nil, err
	}
	switch {
	case bytes.HasPrefix(b, proxyproto.SIGV2):
		b, err = readBinary(r, b)
	case bytes.HasPrefix(b, append(proxyproto.SIGV1, ' ')):
		b, err = readLine(r, b)
	default:
		return nil, fmt.Errorf("%w: %q", errNoHeader, b)
	}
	if err != nil {
		return nil, err
	}
	return proxyproto.Read(bufio.NewReader(bytes.NewReader(b)))
}

// readLine reads on to the end of a header of version 1. Its length is not known
// before, so it is read octet by octet.
func readLine(r io.Reader, b []byte) ([]byte, error) {
	for b[len(b)-1] != '\n' {
		if len(b) == longestLine {
			return nil, errHeaderSize
		}
		b = b[:len(b)+1]
		if _, err := io.ReadFull(r, b[len(b)-1:]); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// readBinary reads on to the end of a header of version 2.
func readBinary(r io.Reader, b []byte) ([]byte, error) {
	have := len(b)
	b = b[:fixedHeader]
	if _, err := io.ReadFull(r, b[have:]); err != nil {
		return nil, err
	}
	size := int(binary.BigEndian.Uint16(b[fixedHeader-2:]))
	if size > longestHeader {
		return nil, errHeaderSize
	}
	b = append(b, make([]byte, size)...)
	_, err := io.ReadFull(r, b[fixedHeader:])
	return b, err
}
