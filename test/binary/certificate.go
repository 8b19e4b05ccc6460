package binary

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// writeCertificates makes an authority and a certificate of it for localhost and
// 127.0.0.1, and writes three PEM files.
func writeCertificates(t testing.TB, authority, certificate, key string) {
	t.Helper()
	now := time.Now()
	template := func(serial int64, name string) *x509.Certificate {
		return &x509.Certificate{
			SerialNumber: big.NewInt(serial),
			Subject:      pkix.Name{CommonName: name},
			NotBefore:    now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
			BasicConstraintsValid: true,
		}
	}
	ca := template(1, "Restante test authority")
	ca.IsCA, ca.KeyUsage = true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign
	leaf := template(2, "localhost")
	leaf.KeyUsage, leaf.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	leaf.DNSNames, leaf.IPAddresses = []string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1)}

	caKey, leafKey := newKey(t), newKey(t)
	caDER := must(x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey))(t)
	// The parsed authority has a key identifier, which Python 3.13 and later want
	// to see in what it signs (RFC 5280 §4.2.1.1).
	parent := must(x509.ParseCertificate(caDER))(t)
	leafDER := must(x509.CreateCertificate(rand.Reader, leaf, parent, &leafKey.PublicKey, caKey))(t)
	writePEM(t, authority, "CERTIFICATE", caDER)
	writePEM(t, certificate, "CERTIFICATE", leafDER)
	writePEM(t, key, "PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(leafKey))(t))
}

// copyCertificates copies what writeCertificates has written for another server.
func copyCertificates(t testing.TB, from, to string) {
	t.Helper()
	for _, name := range []string{"ca.pem", "cert.pem", "key.pem"} {
		pem := must(os.ReadFile(filepath.Join(from, name)))(t)
		if err := os.WriteFile(filepath.Join(to, name), pem, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
}

func writePEM(t testing.TB, path, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// must answers a function that gives v, or ends the test if err is not nil.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
