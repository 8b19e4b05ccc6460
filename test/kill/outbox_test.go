package kill_test

import (
	"fmt"
	"io"
	"net"
	"slices"
	"testing"

	"github.com/emersion/go-smtp"

	"github.com/restante/restante/test/binary"
	"github.com/restante/restante/test/imapclient"
)

// relay is an SMTP server that tells when it has a message, and answers when it may.
type relay struct {
	got    chan struct{} // a message came whole
	answer chan struct{} // closed: it is taken
}

func (r *relay) NewSession(*smtp.Conn) (smtp.Session, error) { return r, nil }
func (r *relay) Mail(string, *smtp.MailOptions) error        { return nil }
func (r *relay) Rcpt(string, *smtp.RcptOptions) error        { return nil }
func (r *relay) Reset()                                      {}
func (r *relay) Logout() error                               { return nil }

func (r *relay) Data(data io.Reader) error {
	if _, err := io.Copy(io.Discard, data); err != nil {
		return err
	}
	r.got <- struct{}{}
	<-r.answer
	return nil
}

// TestKillWhileSending: a server that is killed while a message is on its way to the
// relay leaves it in the outbox with keywords that say that it may have been sent; one
// that is killed after the relay has taken it has it there or among what was sent.
func TestKillWhileSending(t *testing.T) {
	t.Parallel()
	for name, answered := range map[string]bool{"before the answer": false, "with the answer": true} {
		t.Run(name, func(t *testing.T) {
			r := &relay{got: make(chan struct{}, 1), answer: make(chan struct{})}
			server := smtp.NewServer(r)
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan struct{})
			go func() { defer close(done); _ = server.Serve(l) }()
			t.Cleanup(func() { _, _ = server.Close(), l.Close(); <-done })
			s := binary.Start(t, binary.Options{Path: restante, Config: fmt.Sprintf(
				"submit.outbox = \"Outbox\"\nsubmit.relay = %q\nsubmit.tls = \"none\"\n", l.Addr())})
			s.AddUser(t, "alice@example.org", password)
			login := func() *imapclient.Client {
				c, err := imapclient.Login(s.IMAPS, s.TLS(t), "alice@example.org", password)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { c.Close() })
				return c
			}
			c := login()
			if _, err := c.Do("CREATE Outbox"); err != nil {
				t.Fatal(err)
			}
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				// Whatever it is answered, the connection breaks.
				_, _, _ = c.Append("Outbox", "", []byte("From: alice@example.org\r\nTo: bob@example.com\r\n\r\nHi.\r\n"))
			}()
			<-r.got
			if answered {
				close(r.answer)
			}
			s.Kill(t)
			<-ended
			if !answered {
				close(r.answer)
			}
			s.Check(t)
			s.Run(t)
			after := login()
			outbox, err := after.Messages("Outbox", "RFC822.SIZE")
			if err != nil {
				t.Fatal(err)
			}
			sent, err := after.Messages("Sent", "RFC822.SIZE")
			if err != nil {
				t.Fatal(err)
			}
			if len(outbox)+len(sent) != 1 || len(sent) == 1 && !answered {
				t.Fatalf("in the outbox %v, sent %v", outbox, sent)
			}
			flags := append(outbox, sent...)[0].Flags
			if !slices.Contains(flags, "$submitted") || !answered && !slices.Contains(flags, "$submitpending") {
				t.Errorf("nothing says that it may have been sent: %v", flags)
			}
		})
	}
}
