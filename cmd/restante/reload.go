package main

import (
	"context"
	"crypto/tls"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/restante/restante/config"
	"github.com/restante/restante/serve"
)

// tlsSource is the TLS configuration as it is now.
type tlsSource struct {
	now  atomic.Pointer[tls.Config]
	logs *slog.Logger
}

func newTLSSource(c config.Config, logger *slog.Logger) (*tlsSource, error) {
	t := &tlsSource{logs: logger}
	return t, t.load(c)
}

func (t *tlsSource) config() *tls.Config { return t.now.Load() }

// load reads the certificates that c names; on an error the old ones stay. If
// c names none, one is made, once.
func (t *tlsSource) load(c config.Config) error {
	pairs := c.KeyPairs()
	if len(pairs) > 0 {
		certificates, err := serve.LoadCertificates(pairs, t.logs, nil)
		if err != nil {
			return err
		}
		t.now.Store(serve.TLSConfig(certificates.GetCertificate))
		return nil
	}
	t.logs.Warn("no certificate is configured: one is made that no client trusts")
	hosts := []string{"localhost", "127.0.0.1", "::1"}
	if name, err := os.Hostname(); err == nil {
		hosts = append(hosts, name)
	}
	made, err := serve.SelfSigned(hosts, time.Now())
	if err != nil {
		return err
	}
	t.now.Store(serve.TLSConfig(func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &made, nil }))
	return nil
}

// reload reads the configuration again and applies what can be without a
// restart. On an error everything stays as it is.
func (s *service) reload(ctx context.Context) {
	c, err := s.options.reload()
	if err != nil {
		s.logger.Error("configuration cannot be used; the old one stays", "error", err)
		return
	}
	if err := s.tls.reload(c, s.config); err != nil {
		s.logger.Error("certificates cannot be used; the old configuration stays", "error", err)
		return
	}
	if err := s.front.apply(ctx, c); err != nil {
		s.logger.Error("configuration cannot be used; the old one stays", "error", err)
		return
	}
	for _, key := range needRestart(s.config, c) {
		s.logger.Warn("change takes effect after a restart", "key", key)
	}
	s.level.Set(c.Level())
	s.config = reloaded(s.config, c)
	s.logger.Info("configuration reloaded")
}

// reload reads the certificates, except where there are none and were none:
// what was made stays.
func (t *tlsSource) reload(c, old config.Config) error {
	if len(c.TLS.Certificates) == 0 && len(old.TLS.Certificates) == 0 {
		return nil
	}
	return t.load(c)
}
