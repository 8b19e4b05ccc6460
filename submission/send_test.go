package submission_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/mailstore/mailstoretest"
	"github.com/restante/restante/submission"
)

// relay is an SMTP server that demands a login and TLS as it is told to.
type relay struct {
	mechanism string // the only one
	address   string
	roots     *x509.CertPool
	answer    error  // to a message that has come whole
	hangUp    func() // instead of an answer
	reached   func() // called when somebody connects; nil: nothing

	mu     sync.Mutex
	taken  []string
	secure bool // the last login was over TLS
}

func startRelay(t *testing.T, r *relay, how string) {
	t.Helper()
	certificate, roots := selfSigned(t)
	server := smtp.NewServer(r)
	server.Domain, server.AllowInsecureAuth = "relay.example.org", how == "none"
	server.MaxMessageBytes = 1000
	config := &tls.Config{Certificates: []tls.Certificate{certificate}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.address, r.roots = l.Addr().String(), roots
	l = door{l, r}
	switch how {
	case "tls":
		l = tls.NewListener(l, config)
	case "starttls":
		server.TLSConfig = config
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(l) }()
	t.Cleanup(func() { _, _ = server.Close(), l.Close(); <-done })
}

// door is where a relay is reached.
type door struct {
	net.Listener
	relay *relay
}

func (d door) Accept() (net.Conn, error) {
	c, err := d.Listener.Accept()
	if err == nil && d.relay.reached != nil {
		d.relay.reached()
	}
	return c, err
}

func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

func (r *relay) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &relaySession{relay: r, conn: c}, nil
}

type relaySession struct {
	*relay
	conn     *smtp.Conn
	login    bool
	envelope []string
}

func (s *relaySession) AuthMechanisms() []string { return []string{s.mechanism} }

func (s *relaySession) Auth(mechanism string) (sasl.Server, error) {
	check := func(user, password string) error {
		if user != "restante" || password != "pass" {
			return smtp.ErrAuthFailed
		}
		_, secure := s.conn.TLSConnectionState()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.login, s.secure = true, secure
		return nil
	}
	if mechanism == sasl.Login {
		return &loginServer{check: check}, nil
	}
	return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
}

// loginServer is the mechanism LOGIN, which the library has for clients only.
type loginServer struct {
	check func(user, password string) error
	got   []string
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	if response != nil {
		l.got = append(l.got, string(response))
	}
	switch len(l.got) {
	case 0:
		return []byte("Username:"), false, nil
	case 1:
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.got[0], l.got[1])
}

func (s *relaySession) Mail(from string, _ *smtp.MailOptions) error {
	if !s.login {
		return smtp.ErrAuthRequired
	}
	s.envelope = []string{from}
	return nil
}

func (s *relaySession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.envelope = append(s.envelope, to)
	return nil
}

func (s *relaySession) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.taken = append(s.taken, strings.Join(s.envelope, " ")+"\n"+string(b))
	s.mu.Unlock()
	if s.hangUp != nil {
		s.hangUp()
		return s.conn.Conn().Close()
	}
	return s.answer
}

func (s *relaySession) Reset()        {}
func (s *relaySession) Logout() error { return nil }

// outbox is an account with a message in it.
type outbox struct {
	*mailstore.Account
	mailbox restante.MailboxID
	uid     restante.UID
}

func newOutbox(t *testing.T, text string) outbox {
	t.Helper()
	return newOutboxOn(t, memkv.NewBacking().Open(), text)
}

// newOutboxOn is newOutbox on an engine, which it closes.
func newOutboxOn(t *testing.T, engine kv.Store, text string) outbox {
	t.Helper()
	store, err := mailstore.Open(t.Context(), mailstore.Options{KV: engine, Mailboxes: []mailstore.NewMailbox{
		{Name: "Outbox"}, {Name: "Sent", SpecialUse: []string{`\Sent`}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	id, err := store.CreateAccount(t.Context(), "me")
	if err != nil {
		t.Fatal(err)
	}
	a, err := store.Account(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		mailstoretest.MustCheck(t, store)
		a.Release()
		store.Close()
		engine.Close()
	})
	p := a.BeginAppend(t.Context())
	defer p.Abort()
	text = strings.ReplaceAll(text, "\n", "\r\n")
	w, err := p.Message(mailstore.NewMessage{Size: int64(len(text))})
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err != nil {
		t.Fatal(err)
	}
	mailbox := a.State().MailboxByName("Outbox").ID
	r, err := p.Commit(t.Context(), mailbox)
	if err != nil {
		t.Fatal(err)
	}
	return outbox{Account: a, mailbox: mailbox, uid: r.First}
}

// flags are those of the message in the outbox, or of the one in Sent with "Sent:".
func (o outbox) flags(t *testing.T) string {
	t.Helper()
	for prefix, id := range map[string]restante.MailboxID{"": o.mailbox, "Sent: ": o.State().MailboxByName("Sent").ID} {
		snap, err := o.Snapshot(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if snap.Len() == 1 {
			names := strings.Fields(string(snap.Flags().Set(snap.At(1).FlagSet).Wire))
			slices.Sort(names)
			return prefix + strings.Join(names, " ")
		}
	}
	return "gone"
}

const letter = "From: me@example.org\nTo: you@example.org\nBcc: her@example.org\nSubject: x\n\nHi.\n"

// TestSecureRelay: over TLS from the start, after STARTTLS and without, with the
// mechanisms that relays have.
func TestSecureRelay(t *testing.T) {
	for _, how := range []string{"none", "starttls", "tls"} {
		for _, mechanism := range []string{sasl.Plain, sasl.Login} {
			t.Run(how+" "+mechanism, func(t *testing.T) {
				r := &relay{mechanism: mechanism}
				startRelay(t, r, how)
				o := newOutbox(t, letter)
				filed, err := r.submitter(how, o, "pass", r.roots).Submit(t.Context(), o.Account, o.mailbox, o.uid)
				if err != nil || !filed {
					t.Fatal(filed, err)
				}
				want := "me@example.org you@example.org her@example.org\nFrom: me@example.org\r\nTo: you@example.org\r\nSubject: x\r\n\r\nHi.\r\n"
				if len(r.taken) != 1 || r.taken[0] != want || r.secure != (how != "none") {
					t.Errorf("secure %v: %q", r.secure, r.taken)
				}
				if got := o.flags(t); got != `Sent: $Submitted \Seen` {
					t.Error(got)
				}
			})
		}
	}
}

func (r *relay) submitter(how string, o outbox, password string, roots *x509.CertPool) *submission.Submitter {
	return submission.New(submission.Options{
		Relay: r.address, TLS: how, User: "restante", Password: password, Sent: true,
		TLSConfig: &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"},
		Resolve:   func(context.Context, string) (restante.AccountID, error) { return o.ID(), nil },
	})
}

// TestRefusedByRelay: whatever goes wrong, the message stays, marked, and nothing is
// sent, in cleartext least of all.
func TestRefusedByRelay(t *testing.T) {
	large := letter + strings.Repeat("large\n", 300)
	for _, c := range []struct {
		name, serves, asks, password, text, want string
		untrusted                                bool
	}{
		{"no TLS", "none", "starttls", "pass", letter, "The relay cannot be reached", false},
		{"TLS for cleartext", "tls", "starttls", "pass", letter, "The relay cannot be reached", false},
		{"unknown certificate", "tls", "tls", "pass", letter, "The relay cannot be reached", true},
		{"unknown certificate after STARTTLS", "starttls", "starttls", "pass", letter, "The relay cannot be reached", true},
		{"wrong password", "starttls", "starttls", "no", letter, "The relay does not accept this server's login", false},
		{"too large", "starttls", "starttls", "pass", large, "The relay refused the message: Max message size exceeded", false},
		{"addresses", "none", "none", "pass", "From: me@example.org\nTo: y\u00f6u@example.org\n\n", "The relay takes no addresses with characters beyond ASCII", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &relay{mechanism: sasl.Plain}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if c.name == "TLS for cleartext" { // the two would wait for each other
				r.reached = cancel
			}
			startRelay(t, r, c.serves)
			if c.untrusted {
				r.roots = x509.NewCertPool()
			}
			o := newOutbox(t, c.text)
			_, err := r.submitter(c.asks, o, c.password, r.roots).Submit(ctx, o.Account, o.mailbox, o.uid)
			var why *submission.Error
			if !errors.As(err, &why) || why.Text != c.want || why.Unknown {
				t.Errorf("%v, want %s", err, c.want)
			}
			if len(r.taken) > 0 {
				t.Errorf("sent: %q", r.taken)
			}
			if got := o.flags(t); got != "$SubmitFailed" {
				t.Error(got)
			}
		})
	}
}

// TestUnknownOutcome: a relay that takes the message and then says nothing leaves it
// open whether it was sent, which its keywords tell. Sent again it goes.
func TestUnknownOutcome(t *testing.T) {
	r := &relay{mechanism: sasl.Plain}
	o := newOutbox(t, letter)
	during := ""
	r.hangUp = func() { during = o.flags(t) }
	startRelay(t, r, "starttls")
	s := r.submitter("starttls", o, "pass", r.roots)
	_, err := s.Submit(t.Context(), o.Account, o.mailbox, o.uid)
	var why *submission.Error
	if !errors.As(err, &why) || !why.Unknown {
		t.Fatal(err)
	}
	for when, got := range map[string]string{"during": during, "after": o.flags(t)} {
		if got != "$SubmitPending $Submitted" {
			t.Errorf("%s: %s", when, got)
		}
	}
	r.hangUp = nil
	if _, err := s.Submit(t.Context(), o.Account, o.mailbox, o.uid); err != nil || o.flags(t) != `Sent: $Submitted \Seen` {
		t.Error(err, o.flags(t))
	}
}
