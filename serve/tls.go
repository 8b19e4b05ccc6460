package serve

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrPipelined is what StartTLS answers when the client has sent more before
// the answer came. Those bytes may be an attacker's (RFC 9051 §6.2.1): the
// connection must be closed.
var ErrPipelined = errors.New("serve: bytes were pipelined behind STARTTLS")

// ErrNoTLS is what StartTLS answers where TLS is not configured or already on.
var ErrNoTLS = errors.New("serve: TLS cannot be started here")

// CanStartTLS reports whether STARTTLS may be offered.
func (c *Conn) CanStartTLS() bool {
	return c.endpoint.TLS == StartTLS && c.tls == nil
}

// StartTLS turns the connection into TLS; the answer that says so must have
// been written before. buffered is how many bytes the caller holds that it has
// read and not used: if there are any, ErrPipelined is answered. After any
// error the connection must be closed.
func (c *Conn) StartTLS(ctx context.Context, buffered int) error {
	if !c.CanStartTLS() {
		return ErrNoTLS
	}
	if buffered > 0 {
		return ErrPipelined
	}
	return c.handshake(ctx)
}

// TLSState describes the encryption; nil in cleartext.
func (c *Conn) TLSState() *tls.ConnectionState {
	if c.tls == nil {
		return nil
	}
	state := c.tls.ConnectionState()
	return &state
}

// handshake runs on a goroutine of its own: it needs a deep stack, which the
// connection's goroutine would keep while idle.
func (c *Conn) handshake(ctx context.Context) error {
	config, err := c.endpoint.tls.current()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.server.o.Limits.Handshake)
	defer cancel()
	if err := c.raw.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	t := tls.Server(c.raw, config)
	done := make(chan error, 1)
	go func() { done <- t.HandshakeContext(ctx) }()
	if err := <-done; err != nil {
		return fmt.Errorf("TLS handshake: %w", err)
	}
	c.tls = t
	return nil
}

// alpnConfig is the server's TLS configuration with one listener's protocol
// names. It is copied only when the configuration is another one, as each copy
// has session ticket keys of its own.
type alpnConfig struct {
	base func() *tls.Config
	alpn []string

	mu     sync.Mutex
	from   *tls.Config
	config *tls.Config
}

func (a *alpnConfig) current() (*tls.Config, error) {
	base := a.base()
	if base == nil {
		return nil, ErrNoTLS
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.from != base {
		config := base.Clone()
		config.NextProtos = a.alpn
		config.GetConfigForClient = noteCertificate(config)
		a.from, a.config = base, config
	}
	return a.config, nil
}

// noteCertificate keeps the certificate that a client is shown beside its
// connection, for channel binding. It is asked in resumed handshakes too,
// where no certificate is sent.
func noteCertificate(config *tls.Config) func(*tls.ClientHelloInfo) (*tls.Config, error) {
	return func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		t, ok := hello.Conn.(*transport)
		if !ok {
			return nil, nil
		}
		if shown := certificateFor(config, hello); shown != nil && len(shown.Certificate) > 0 {
			leaf := shown.Leaf
			if leaf == nil {
				leaf, _ = x509.ParseCertificate(shown.Certificate[0])
			}
			t.certificate.Store(leaf)
		}
		return nil, nil // the handshake itself tells of an error
	}
}

// certificateFor gives the certificate that crypto/tls shows a client: that of
// GetCertificate, or the first of the list that the client supports, else the
// first. nil: there is none.
func certificateFor(config *tls.Config, hello *tls.ClientHelloInfo) *tls.Certificate {
	list := config.Certificates
	if config.GetCertificate != nil && (len(list) == 0 || hello.ServerName != "") {
		if c, err := config.GetCertificate(hello); c != nil || err != nil {
			return c
		}
	}
	for i := range list {
		if hello.SupportsCertificate(&list[i]) == nil {
			return &list[i]
		}
	}
	if len(list) == 0 {
		return nil
	}
	return &list[0]
}
