package server

import (
	"bufio"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"hash"
	"strconv"
	"strings"
	"testing"
)

// scramClient is the client's side of SCRAM (RFC 5802 §3), written by the RFC and
// without the library that the server uses, so that it can also do wrong.
type scramClient struct {
	hash           func() hash.Hash
	user, password string
	header         string // gs2-header
	binding        []byte // channel binding data, for a header with "p="
	nonce          string
	auth, salted   []byte // of final
}

func (c *scramClient) bare() string { return "n=" + c.user + ",r=" + c.nonce }

// first gives the client-first-message.
func (c *scramClient) first() string { return c.header + c.bare() }

// final gives the client-final-message that answers the server's first one.
func (c *scramClient) final(serverFirst string) (string, error) {
	f := strings.Split(serverFirst, ",")
	if len(f) != 3 || !strings.HasPrefix(f[0], "r="+c.nonce) || len(f[0]) <= len("r="+c.nonce) {
		return "", errors.New("nonce: " + serverFirst)
	}
	salt, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(f[1], "s="))
	if err != nil {
		return "", err
	}
	n, err := strconv.Atoi(strings.TrimPrefix(f[2], "i="))
	if err != nil || n < 4096 {
		return "", errors.New("iterations: " + serverFirst) // RFC 7677 §4
	}
	if c.salted, err = pbkdf2.Key(c.hash, c.password, salt, n, c.hash().Size()); err != nil {
		return "", err
	}
	without := "c=" + base64.StdEncoding.EncodeToString(append([]byte(c.header), c.binding...)) + "," + f[0]
	c.auth = []byte(c.bare() + "," + serverFirst + "," + without)
	key := c.mac(c.salted, []byte("Client Key"))
	stored := c.hash()
	stored.Write(key)
	proof := c.mac(stored.Sum(nil), c.auth)
	for i := range proof {
		proof[i] ^= key[i]
	}
	return without + ",p=" + base64.StdEncoding.EncodeToString(proof), nil
}

// signature is the server-final-message of a server that knows the password.
func (c *scramClient) signature() string {
	return "v=" + base64.StdEncoding.EncodeToString(c.mac(c.mac(c.salted, []byte("Server Key")), c.auth))
}

func (c *scramClient) mac(key, text []byte) []byte {
	m := hmac.New(c.hash, key)
	m.Write(text)
	return m.Sum(nil)
}

// TestSCRAMClient holds that client against the examples of RFC 5802 §5 and RFC
// 7677 §3.
func TestSCRAMClient(t *testing.T) {
	for _, c := range []struct {
		hash                            func() hash.Hash
		nonce, server, proof, signature string
	}{
		{sha1.New, "fyko+d2lbbFgONRv9qkxdawL",
			"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
			"v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=", "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="},
		{sha256.New, "rOprNGfwEbeRWgbNEkqO",
			"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
			"dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="},
	} {
		cl := &scramClient{hash: c.hash, user: "user", password: "pencil", header: "n,,", nonce: c.nonce}
		final, err := cl.final(c.server)
		if err != nil || !strings.HasSuffix(final, ",p="+c.proof) || cl.signature() != c.signature {
			t.Errorf("%s %s: %v", final, cl.signature(), err)
		}
	}
}

// TestSCRAMOverTheWire logs in with SCRAM in every way, right and wrong: with
// either channel binding, none, a wrong one, and where somebody between has taken
// the -PLUS names from what the server offers (RFC 5802 §6, RFC 9266, RFC 5929).
func TestSCRAMOverTheWire(t *testing.T) {
	h := newHost(t, hostOptions{})
	const (
		refused = "NO [AUTHENTICATIONFAILED] "
		bad     = "BAD "
	)
	for _, c := range []struct {
		name, mechanism string
		tls             uint16 // 0: cleartext
		header          string
		wrongBinding    bool
		password        string
		want            string
	}{
		{"cleartext", "SCRAM-SHA-256", 0, "n,,", false, "secret", "OK "},
		{"cleartext, SHA-1", "SCRAM-SHA-1", 0, "n,,", false, "secret", "OK "},
		{"cleartext, the client could bind", "SCRAM-SHA-256", 0, "y,,", false, "secret", "OK "},
		{"cleartext, acting as oneself", "SCRAM-SHA-256", 0, "n,a=alice,", false, "secret", "OK "},
		{"cleartext, acting as another", "SCRAM-SHA-256", 0, "n,a=bob,", false, "secret", "NO [AUTHORIZATIONFAILED] "},
		{"the same with a wrong password", "SCRAM-SHA-256", 0, "n,a=bob,", false, "wrong", refused},
		{"cleartext, PLUS", "SCRAM-SHA-256-PLUS", 0, "p=tls-exporter,,", false, "secret", "NO [CANNOT] "},
		{"wrong password", "SCRAM-SHA-256", 0, "n,,", false, "wrong", refused},
		{"TLS 1.3, exporter", "SCRAM-SHA-256-PLUS", tls.VersionTLS13, "p=tls-exporter,,", false, "secret", "OK "},
		{"TLS 1.3, exporter, SHA-1", "SCRAM-SHA-1-PLUS", tls.VersionTLS13, "p=tls-exporter,,", false, "secret", "OK "},
		{"TLS 1.3, end point", "SCRAM-SHA-256-PLUS", tls.VersionTLS13, "p=tls-server-end-point,,", false, "secret", "OK "},
		{"TLS 1.2, end point", "SCRAM-SHA-256-PLUS", tls.VersionTLS12, "p=tls-server-end-point,,", false, "secret", "OK "},
		{"TLS 1.2, exporter", "SCRAM-SHA-1-PLUS", tls.VersionTLS12, "p=tls-exporter,,", false, "secret", "OK "},
		{"TLS, no binding", "SCRAM-SHA-256", tls.VersionTLS13, "n,,", false, "secret", "OK "},
		{"TLS, wrong password", "SCRAM-SHA-256-PLUS", tls.VersionTLS13, "p=tls-exporter,,", false, "wrong", refused},
		{"downgrade", "SCRAM-SHA-256", tls.VersionTLS13, "y,,", false, "secret", bad},
		{"wrong exporter data", "SCRAM-SHA-256-PLUS", tls.VersionTLS13, "p=tls-exporter,,", true, "secret", refused},
		{"wrong end point", "SCRAM-SHA-256-PLUS", tls.VersionTLS12, "p=tls-server-end-point,,", true, "secret", refused},
		{"unknown binding", "SCRAM-SHA-256-PLUS", tls.VersionTLS13, "p=tls-unique,,", false, "secret", bad},
		{"PLUS without binding", "SCRAM-SHA-256-PLUS", tls.VersionTLS13, "n,,", false, "secret", bad},
		{"PLUS with the flag y", "SCRAM-SHA-256-PLUS", tls.VersionTLS13, "y,,", false, "secret", bad},
		{"binding without PLUS", "SCRAM-SHA-256", tls.VersionTLS13, "p=tls-exporter,,", false, "secret", bad},
		{"no header", "SCRAM-SHA-256", 0, "", false, "secret", bad},
	} {
		t.Run(c.name, func(t *testing.T) {
			cl := h.client(t)
			var state tls.ConnectionState
			if c.tls != 0 {
				state = cl.startTLS(c.tls)
			}
			sc := newSCRAMClient(t, c.mechanism, c.password, c.header, state)
			if c.wrongBinding {
				sc.binding[0] ^= 1
			}
			if got := sc.login(cl, c.mechanism); !strings.HasPrefix(got, c.want) {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// newSCRAMClient makes alice's client for a mechanism and a gs2-header.
func newSCRAMClient(t *testing.T, mechanism, password, header string, state tls.ConnectionState) *scramClient {
	t.Helper()
	c := &scramClient{hash: sha256.New, user: "alice", password: password, header: header, nonce: "rOprNGfwEbeRWgbNEkqO"}
	if strings.HasPrefix(mechanism, "SCRAM-SHA-1") {
		c.hash = sha1.New
	}
	if state.HandshakeComplete {
		c.binding = bindingData(t, state, header)
	}
	return c
}

// login plays an exchange with an initial response and gives the tagged answer
// without its tag.
func (c *scramClient) login(cl *client, mechanism string) string {
	cl.t.Helper()
	encode := base64.StdEncoding.EncodeToString
	cl.send("a AUTHENTICATE " + mechanism + " " + encode([]byte(c.first())) + "\r\n")
	for step := 0; ; step++ {
		l := cl.line()
		challenge, goesOn := strings.CutPrefix(l, "+ ")
		if !goesOn {
			return strings.TrimPrefix(l, "a ")
		}
		raw, err := base64.StdEncoding.DecodeString(challenge)
		if err != nil {
			cl.t.Fatal(err)
		}
		answer := ""
		switch step {
		case 0:
			if answer, err = c.final(string(raw)); err != nil {
				cl.t.Fatal(err)
			}
		case 1:
			if string(raw) != c.signature() {
				cl.t.Errorf("the server's signature is %q, want %q", raw, c.signature())
			}
		default:
			cl.t.Fatalf("one challenge too many: %q", raw)
		}
		cl.send(encode([]byte(answer)) + "\r\n")
	}
}

// startTLS upgrades the connection.
func (c *client) startTLS(version uint16) tls.ConnectionState {
	c.t.Helper()
	c.do("tls STARTTLS")
	conn := tls.Client(c.Conn, &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version})
	if err := conn.Handshake(); err != nil {
		c.t.Fatal(err)
	}
	c.Conn, c.r = conn, bufio.NewReader(conn)
	return conn.ConnectionState()
}

// bindingData computes the channel binding that a gs2-header names, from the
// client's side of the connection.
func bindingData(t *testing.T, state tls.ConnectionState, header string) []byte {
	t.Helper()
	switch header {
	case "p=tls-exporter,,":
		data, err := state.ExportKeyingMaterial("EXPORTER-Channel-Binding", []byte{}, 32) // RFC 9266 §2
		if err != nil {
			t.Fatal(err)
		}
		return data
	case "p=tls-server-end-point,,":
		sum := sha256.Sum256(state.PeerCertificates[0].Raw) // RFC 5929 §4.1
		return sum[:]
	}
	return nil
}
