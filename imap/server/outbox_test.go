package server

import (
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// relay is an SMTP server that keeps what it takes, and refuses recipients whose
// name begins with "no" and messages with the subject "spam".
type relay struct {
	mu    sync.Mutex
	taken []string
}

func (r *relay) NewSession(*smtp.Conn) (smtp.Session, error) { return &relaySession{r: r}, nil }

type relaySession struct {
	r        *relay
	login    bool
	envelope []string
}

func (s *relaySession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *relaySession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "restante" || password != "pass" {
			return errors.New("wrong password")
		}
		s.login = true
		return nil
	}), nil
}

func (s *relaySession) Mail(from string, _ *smtp.MailOptions) error {
	if !s.login {
		return smtp.ErrAuthRequired
	}
	s.envelope = []string{from}
	return nil
}

func (s *relaySession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if strings.HasPrefix(to, "no") {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
	}
	s.envelope = append(s.envelope, to)
	return nil
}

func (s *relaySession) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if strings.Contains(string(b), "Subject: later") {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "try again later"}
	}
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	s.r.taken = append(s.r.taken, strings.Join(s.envelope, " ")+"\n"+string(b))
	return nil
}

func (s *relaySession) Reset()        { s.envelope = nil }
func (s *relaySession) Logout() error { return nil }

// startRelay starts a relay and gives its address.
func startRelay(t *testing.T) (*relay, string) {
	r := &relay{}
	server := smtp.NewServer(r)
	server.AllowInsecureAuth, server.Domain = true, "relay.example.org"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(l) }()
	t.Cleanup(func() { _, _ = server.Close(), l.Close(); <-done }) // l too, if Serve has yet to begin
	return r, l.Addr().String()
}

// TestOutboxTranscripts runs the transcripts of sending by IMAP.
func TestOutboxTranscripts(t *testing.T) {
	r, address := startRelay(t)
	transcripts(t, "testdata/outbox/outbox.txt", hostOptions{relay: address})
	r.mu.Lock()
	defer r.mu.Unlock()
	want := "alice@example.org bob@example.com carol@example.com eve@example.com d d@example.com\n" +
		"From: Alice <alice@example.org>\r\nTo: Team: bob@example.com, carol@example.com;, bob@example.com\r\n" +
		"Cc: eve@example.com\r\nSubject: hello\r\n\r\nHi.\r\n.\r\n"
	const resent = "alice@example.org dave@example.com erin@example.com\n" +
		"Resent-From: alice@example.org\r\nResent-To: dave@example.com\r\nFrom: bob@example.com\r\nTo: alice@example.org\r\n" +
		"Subject: sent on\r\n\r\nHi.\r\n"
	const each = 4 // by APPEND, COPY and MOVE, and one that was sent on
	if len(r.taken)%each != 0 {
		t.Fatalf("%d messages were sent", len(r.taken))
	}
	for i, got := range r.taken {
		if i%each == each-1 && got != resent || i%each < each-1 && got != want {
			t.Errorf("sent\n%q, want\n%q", got, want)
		}
	}
}

// TestLegacySend runs the transcript of SEND (RFC 1203), which needs a relay.
func TestLegacySend(t *testing.T) {
	r, address := startRelay(t)
	transcripts(t, "testdata/outbox/legacy/*.txt", hostOptions{relay: address, imap: func(o *Options) { o.LegacyDialects = true }})
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.taken) == 0 {
		t.Fatal("nothing was sent")
	}
	for _, got := range r.taken {
		if !strings.HasPrefix(got, "rice@example.org crispin@example.org\n") {
			t.Errorf("sent %q", got)
		}
	}
}

// TestUnreachableRelay runs the transcript of a relay that is not there.
func TestUnreachableRelay(t *testing.T) {
	transcripts(t, "testdata/outbox/unreachable.txt", hostOptions{relay: "127.0.0.1:1"})
}
