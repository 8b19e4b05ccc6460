package serve

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// KeyPair names the files of a certificate chain and its private key, in PEM.
type KeyPair struct {
	Certificate string
	Key         string
}

// statEvery is how often the files are looked at, at most.
const statEvery = 5 * time.Second

// Certificates are key pairs that are read again when their files change. A
// change that cannot be read leaves the old pairs in use.
type Certificates struct {
	pairs  []KeyPair
	logger *slog.Logger
	now    func() time.Time

	mu struct {
		sync.Mutex
		loaded  []*tls.Certificate
		stamps  []stamp
		looked  time.Time
		failing bool // the last look found files that cannot be used
	}
}

// stamp is what changes when a file is replaced or written.
type stamp struct {
	modified time.Time
	size     int64
}

// LoadCertificates reads the key pairs. The first is shown to clients that
// name no host, or one that no pair is for. now is nil for time.Now.
func LoadCertificates(pairs []KeyPair, logger *slog.Logger, now func() time.Time) (*Certificates, error) {
	if len(pairs) == 0 {
		return nil, errors.New("no certificate is given")
	}
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	if now == nil {
		now = time.Now
	}
	c := &Certificates{pairs: pairs, logger: logger, now: now}
	return c, c.Reload()
}

// Reload reads all files now. On an error the certificates stay as they were.
func (c *Certificates) Reload() error {
	stamps, err := c.stat()
	if err != nil {
		return err
	}
	loaded := make([]*tls.Certificate, len(c.pairs))
	for i, p := range c.pairs {
		pair, err := tls.LoadX509KeyPair(p.Certificate, p.Key)
		if err != nil {
			return fmt.Errorf("certificate %s with key %s: %w", p.Certificate, p.Key, err)
		}
		loaded[i] = &pair
		if left := pair.Leaf.NotAfter.Sub(c.now()); left < 0 {
			c.logger.Warn("certificate has expired", "file", p.Certificate, "on", pair.Leaf.NotAfter)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.loaded, c.mu.stamps, c.mu.looked, c.mu.failing = loaded, stamps, c.now(), false
	return nil
}

// stat answers a stamp for each file, before anything is read, so that a
// change during reading is seen the next time.
func (c *Certificates) stat() ([]stamp, error) {
	stamps := make([]stamp, 0, 2*len(c.pairs))
	for _, p := range c.pairs {
		for _, name := range []string{p.Certificate, p.Key} {
			info, err := os.Stat(name)
			if err != nil {
				return nil, fmt.Errorf("certificate: %w", err)
			}
			stamps = append(stamps, stamp{info.ModTime(), info.Size()})
		}
	}
	return stamps, nil
}

// GetCertificate is for tls.Config. It looks for changed files first, if it
// has not for a while.
func (c *Certificates) GetCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.refresh()
	c.mu.Lock()
	loaded := c.mu.loaded
	c.mu.Unlock()
	for _, pair := range loaded {
		if hello.SupportsCertificate(pair) == nil {
			return pair, nil
		}
	}
	return loaded[0], nil
}

// refresh reads the files again if they have changed since it last looked, which it does
// now and then.
func (c *Certificates) refresh() {
	c.mu.Lock()
	now := c.now()
	due := now.Sub(c.mu.looked) >= statEvery
	if due {
		c.mu.looked = now // others go on with what there is
	}
	old, failing := c.mu.stamps, c.mu.failing
	c.mu.Unlock()
	if !due {
		return
	}
	stamps, err := c.stat()
	if err == nil {
		if equalStamps(stamps, old) && !failing {
			return
		}
		if err = c.Reload(); err == nil {
			c.logger.Info("certificates reloaded")
			return
		}
	}
	if !failing {
		c.logger.Error("changed certificates cannot be used; the old ones stay", "error", err)
	}
	c.mu.Lock()
	c.mu.failing = true
	c.mu.Unlock()
}

func equalStamps(a, b []stamp) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].size != b[i].size || !a[i].modified.Equal(b[i].modified) {
			return false
		}
	}
	return true
}

// TLSConfig is a configuration of TLS 1.2 and 1.3 with the Go project's choice
// of ciphers and curves (RFC 9325), whose certificates come from get.
func TLSConfig(get func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: get}
}
