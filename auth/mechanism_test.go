package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/xdg-go/scram"

	"github.com/restante/restante"
)

// tlsPair answers the two ends of one TLS connection as auth sees it: the
// server's Conn and the client's state.
func tlsPair(t *testing.T, version uint16) (Conn, tls.ConnectionState) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	a, b := net.Pipe()
	server := tls.Server(a, &tls.Config{MaxVersion: version,
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	client := tls.Client(b, &tls.Config{InsecureSkipVerify: true})
	done := make(chan error, 1)
	go func() { done <- client.Handshake() }()
	if err := errors.Join(server.Handshake(), <-done); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	state := server.ConnectionState()
	c := local
	c.TLS, c.Certificate = &state, leaf
	return c, client.ConnectionState()
}

func TestMechanisms(t *testing.T) {
	r := newRig(t, Options{})
	c, _ := tlsPair(t, tls.VersionTLS13)
	want := "SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN"
	if got := strings.Join(r.Mechanisms(c), " "); got != want {
		t.Errorf("over TLS: %s", got)
	}
	if got := strings.Join(r.Mechanisms(local), " "); got != "SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN" {
		t.Errorf("on loopback: %s", got)
	}
	if got := r.Mechanisms(Conn{}); len(got) != 0 {
		t.Errorf("in cleartext: %s", got)
	}
	if _, err := r.Start(local, "SCRAM-SHA-256-PLUS"); !errors.Is(err, ErrMechanism) {
		t.Errorf("PLUS without TLS: %v", err)
	}
	if _, err := r.Start(Conn{}, "PLAIN"); !errors.Is(err, ErrMechanism) {
		t.Errorf("PLAIN in cleartext: %v", err)
	}
	only := newRig(t, Options{Mechanisms: []string{"PLAIN"}})
	if got := only.Mechanisms(c); !slices.Equal(got, []string{"PLAIN"}) {
		t.Errorf("only PLAIN: %s", got)
	}
	if _, err := New(t.Context(), r.users, Options{Mechanisms: []string{"GSSAPI"}}); !errors.Is(err, restante.ErrInvalid) {
		t.Errorf("GSSAPI: %v", err)
	}
}

// run plays responses against a mechanism and answers the challenges.
func run(t *testing.T, r *rig, mechanism string, responses ...[]byte) ([]string, Identity, error) {
	t.Helper()
	x, err := r.Start(local, mechanism)
	if err != nil {
		t.Fatal(err)
	}
	var challenges []string
	for i, response := range responses {
		challenge, done, err := x.Next(t.Context(), response)
		if err != nil {
			if _, _, again := x.Next(t.Context(), []byte("x")); again == nil {
				t.Errorf("%s goes on after an error", mechanism)
			}
			return challenges, Identity{}, err
		}
		if done {
			if i != len(responses)-1 {
				t.Errorf("%s is done after %d responses", mechanism, i+1)
			}
			return challenges, x.Identity(), nil
		}
		challenges = append(challenges, string(challenge))
	}
	return challenges, Identity{}, errors.New("not done")
}

func TestPlainAndLogin(t *testing.T) {
	alice := Identity{"alice@example.org", 500}
	for _, test := range []struct {
		mechanism  string
		responses  []string // "-" is nil
		challenges string
		err        error
	}{
		{"PLAIN", []string{"\x00alice@example.org\x00secret"}, "", nil},
		{"plain", []string{"-", "\x00alice@example.org\x00secret"}, "|", nil},
		{"PLAIN", []string{"ALICE@example.org\x00alice@example.org\x00secret"}, "", nil},
		{"PLAIN", []string{"off\x00alice@example.org\x00secret"}, "", restante.ErrAuthFailed},
		{"PLAIN", []string{"nobody\x00alice@example.org\x00secret"}, "", restante.ErrAuthFailed},
		{"PLAIN", []string{"\x00alice@example.org\x00wrong"}, "", restante.ErrAuthFailed},
		{"PLAIN", []string{""}, "", restante.ErrInvalid},
		{"PLAIN", []string{"alice@example.org\x00secret"}, "", restante.ErrInvalid},
		{"PLAIN", []string{"\x00a\x00b\x00c"}, "", restante.ErrInvalid},
		{"LOGIN", []string{"-", "alice@example.org", "secret"}, "Username:|Password:|", nil},
		{"LOGIN", []string{"alice@example.org", "secret"}, "Password:|", nil},
		{"LOGIN", []string{"alice@example.org", "wrong"}, "Password:|", restante.ErrAuthFailed},
	} {
		r := newRig(t, Options{})
		var responses [][]byte
		for _, s := range test.responses {
			if s == "-" {
				responses = append(responses, nil)
			} else {
				responses = append(responses, []byte(s))
			}
		}
		challenges, id, err := run(t, r, test.mechanism, responses...)
		got := strings.Join(challenges, "|")
		if len(challenges) > 0 {
			got += "|"
		}
		if !errors.Is(err, test.err) || got != test.challenges || err == nil && id != alice {
			t.Errorf("%s %q: %q %v %v", test.mechanism, test.responses, got, id, err)
		}
	}
}

// converse runs a SCRAM client against the server.
func converse(t *testing.T, r *rig, c Conn, mechanism string, client *scram.ClientConversation) (Identity, error) {
	t.Helper()
	x, err := r.Start(c, mechanism)
	if err != nil {
		return Identity{}, err
	}
	message := ""
	for {
		out, err := client.Step(message)
		if err != nil {
			t.Fatalf("client: %v", err)
		}
		challenge, done, err := x.Next(t.Context(), []byte(out))
		if err != nil {
			return Identity{}, err
		}
		message = string(challenge)
		if done {
			if _, err := client.Step(message); err != nil || !client.Valid() {
				t.Errorf("client does not accept the server's signature: %v", err)
			}
			return x.Identity(), nil
		}
	}
}

func scramClient(t *testing.T, mechanism, name, password, authzid string) *scram.Client {
	t.Helper()
	hash := scram.SHA256
	if strings.HasPrefix(mechanism, "SCRAM-SHA-1") {
		hash = scram.SHA1
	}
	c, err := hash.NewClient(name, password, authzid)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSCRAM(t *testing.T) {
	r := newRig(t, Options{})
	r.users.m["imported"] = r.users.m["alice@example.org"]
	imported := r.users.m["imported"]
	imported.Credentials.SCRAM = nil
	r.users.m["imported"] = imported
	for _, mechanism := range []string{"SCRAM-SHA-256", "SCRAM-SHA-1"} {
		for _, test := range []struct {
			name, password, authzid string
			err                     error
		}{
			{"alice@example.org", "secret", "", nil},
			{"alice@example.org", "secret", "alice@example.org", nil},
			{"alice@example.org", "secret", "off", restante.ErrAuthFailed},
			{"alice@example.org", "wrong", "", restante.ErrAuthFailed},
			{"nobody", "secret", "", restante.ErrAuthFailed},
			{"off", "secret", "", restante.ErrAuthFailed},
			{"imported", "secret", "", restante.ErrAuthFailed},
		} {
			client := scramClient(t, mechanism, test.name, test.password, test.authzid)
			id, err := converse(t, r, local, mechanism, client.NewConversation())
			if !errors.Is(err, test.err) || err == nil && id.Account != 500 {
				t.Errorf("%s %+v: %v %v", mechanism, test, id, err)
			}
		}
	}
}

func TestSCRAMChannelBinding(t *testing.T) {
	r := newRig(t, Options{})
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		c, client := tlsPair(t, version)
		endPoint, err := scram.NewTLSServerEndpointBinding(&client)
		if err != nil {
			t.Fatal(err)
		}
		exporter := scram.ChannelBinding{Type: scram.ChannelBindingTLSExporter}
		if exporter.Data, err = client.ExportKeyingMaterial("EXPORTER-Channel-Binding", []byte{}, 32); err != nil {
			t.Fatal(err)
		}
		for _, mechanism := range []string{"SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS"} {
			for _, cb := range []scram.ChannelBinding{endPoint, exporter} {
				conversation := scramClient(t, mechanism, "alice@example.org", "secret", "").NewConversationWithChannelBinding(cb)
				if id, err := converse(t, r, c, mechanism, conversation); err != nil || id.Account != 500 {
					t.Errorf("%s with %s: %v", mechanism, cb.Type, err)
				}
				bad := cb
				bad.Data = slices.Clone(cb.Data)
				bad.Data[0] ^= 1
				conversation = scramClient(t, mechanism, "alice@example.org", "secret", "").NewConversationWithChannelBinding(bad)
				if _, err := converse(t, r, c, mechanism, conversation); !errors.Is(err, restante.ErrAuthFailed) {
					t.Errorf("%s with a foreign %s: %v", mechanism, cb.Type, err)
				}
			}
		}
		plain := scramClient(t, "SCRAM-SHA-256", "alice@example.org", "secret", "")
		if _, err := converse(t, r, c, "SCRAM-SHA-256", plain.NewConversation()); err != nil {
			t.Errorf("without binding over TLS: %v", err)
		}
		for _, message := range []string{
			"y,,n=alice@example.org,r=abc",              // the list of mechanisms was tampered with
			"p=tls-exporter,,n=alice@example.org,r=abc", // binding without -PLUS
			"x", "n,,", "n,,n=a=b,r=c", "", "p=,,n=alice,r=x", // nonsense
		} {
			x, err := r.Start(c, "SCRAM-SHA-256")
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := x.Next(t.Context(), []byte(message)); !errors.Is(err, restante.ErrInvalid) {
				t.Errorf("%q: %v", message, err)
			}
		}
		for _, message := range []string{"n,,n=alice@example.org,r=abc", "y,,n=alice@example.org,r=abc", "p=tls-unique,,n=a,r=b"} {
			x, err := r.Start(c, "SCRAM-SHA-256-PLUS")
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := x.Next(t.Context(), []byte(message)); !errors.Is(err, restante.ErrInvalid) {
				t.Errorf("PLUS %q: %v", message, err)
			}
		}
	}
}

// TestSCRAMDoesNotTellUsers: a name that is not there has a salt that stays
// the same, as that of a user does.
func TestSCRAMDoesNotTellUsers(t *testing.T) {
	r := newRig(t, Options{})
	first := func(name string) string {
		x, err := r.Start(local, "SCRAM-SHA-256")
		if err != nil {
			t.Fatal(err)
		}
		challenge, _, err := x.Next(t.Context(), []byte("n,,n="+name+",r=abc"))
		if err != nil {
			t.Fatal(err)
		}
		_, salt, _ := strings.Cut(string(challenge), ",")
		return salt
	}
	if a, b := first("nobody"), first("NOBODY"); a != b || !strings.HasSuffix(a, ",i=4096") {
		t.Errorf("%q, %q", a, b)
	}
	if first("nobody") == first("somebody") {
		t.Error("two users with one salt")
	}
}

func FuzzExchange(f *testing.F) {
	f.Add("PLAIN", "\x00alice@example.org\x00secret", "")
	f.Add("LOGIN", "alice", "x")
	f.Add("SCRAM-SHA-256", "n,,n=alice@example.org,r=abc", "c=biws,r=abc,p=AAAA")
	f.Add("SCRAM-SHA-1", "y,a=b,n=alice,r=", "")
	r := newRig(f, Options{})
	f.Fuzz(func(t *testing.T, mechanism, first, second string) {
		x, err := r.Start(local, mechanism)
		if err != nil {
			return
		}
		for _, s := range []string{first, second, second} {
			if _, done, err := x.Next(t.Context(), []byte(s)); done || err != nil {
				if err == nil && x.Identity().Account != 500 {
					t.Fatalf("logged in as %v", x.Identity())
				}
				return
			}
		}
	})
}
