package server

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante/auth"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
)

// TestLoginNeedsPrivacy connects by another address than loopback (RFC 9051
// §6.2.3, §11).
func TestLoginNeedsPrivacy(t *testing.T) {
	h := newHost(t, hostOptions{})
	h.address = h.outside(t)
	c := h.client(t)
	lines := c.do("a1 CAPABILITY")
	if want := "* CAPABILITY IMAP4rev2 IMAP4rev1 LITERAL+ SASL-IR ID LANGUAGE ENABLE IDLE STARTTLS LOGINDISABLED"; lines[0] != want {
		t.Errorf("got %q, want %q", lines[0], want)
	}
	for _, command := range []string{"a2 LOGIN alice secret", "a3 AUTHENTICATE PLAIN AGFsaWNlAHNlY3JldA==", "a4 AUTHENTICATE PLAIN"} {
		if _, answer := c.try(command); !strings.Contains(answer, " NO [PRIVACYREQUIRED] ") {
			t.Errorf("%s: %s", command, answer)
		}
	}
}

// TestPanicIsAnswered makes a handler panic: the command gets its tagged
// response, the client goodbye, and the server goes on.
func TestPanicIsAnswered(t *testing.T) {
	h := newHost(t, hostOptions{mayPanic: true})
	*h.imap.rows["NOOP"] = row{name: "NOOP", states: anyState, run: func(*session, context.Context, command.Command) (imap.StatusResponse, error) {
		panic("oh")
	}}
	c := h.client(t)
	_, answer := c.try("a1 NOOP")
	if !strings.HasPrefix(answer, "a1 NO [SERVERBUG] ") {
		t.Error(answer)
	}
	c.expect("* BYE [SERVERBUG] ")
	if !c.closed() {
		t.Error("not closed")
	}
	h.login(t, "alice").do("a2 CAPABILITY")
}

// TestPanicWhileTellingChanges makes the update behind a command panic, of which
// the command's own answer is not taken back.
func TestPanicWhileTellingChanges(t *testing.T) {
	h := newHost(t, hostOptions{mayPanic: true})
	*h.imap.rows["NOOP"] = row{name: "NOOP", states: anyState, run: func(s *session, _ context.Context, _ command.Command) (imap.StatusResponse, error) {
		s.selected, s.state, s.account = &selected{}, stateSelected, nil
		return done, nil
	}}
	c := h.login(t, "alice")
	c.do("a1 NOOP")
	c.expect("* BYE [SERVERBUG] ")
	if !c.closed() {
		t.Error("not closed")
	}
}

// TestAutologout lets each time run out. What is sent before that is sent at once,
// so that it is there in time.
func TestAutologout(t *testing.T) {
	const soon, login = 50 * time.Millisecond, "l LOGIN alice secret\r\n"
	for name, c := range map[string]struct {
		limits Limits
		send   string
		want   []string
	}{
		"before login":     {Limits{LoginTime: soon}, "", []string{"* BYE Autologout; nobody has logged in"}},
		"logged in":        {Limits{IdleTime: soon}, login, []string{"l OK", "* BYE Autologout; idle for too long"}},
		"idling":           {Limits{IdleTime: soon}, login + "a IDLE\r\n", []string{"l OK", "+ idling", "* BYE Autologout"}},
		"within a command": {Limits{CommandTime: soon}, login + "a NO", []string{"l OK", "* BYE The rest of the command did not come"}},
		"within a literal": {Limits{CommandTime: soon}, login + "a CREATE {10+}\r\nabc", []string{"l OK", "* BYE The rest of the command did not come"}},
	} {
		t.Run(name, func(t *testing.T) {
			client := newHost(t, hostOptions{limits: c.limits}).client(t)
			client.send(c.send)
			for _, want := range c.want {
				client.expect(want)
			}
			if !client.closed() {
				t.Error("not closed")
			}
		})
	}
}

func TestConnectionsOfAnAccount(t *testing.T) {
	h := newHost(t, hostOptions{limits: Limits{AccountConnections: 2}})
	a := h.login(t, "alice")
	h.login(t, "alice")
	c := h.client(t)
	if _, answer := c.try("a1 LOGIN alice secret"); !strings.HasPrefix(answer, "a1 NO [LIMIT] ") {
		t.Error(answer)
	}
	c.do("a2 LOGIN bob secret")
	a.do("a3 LOGOUT")
	if !a.closed() {
		t.Error("not closed")
	}
	// The place is given back before the connection is closed.
	h.login(t, "alice")
}

func TestLoginFailures(t *testing.T) {
	h := newHost(t, hostOptions{limits: Limits{LoginFailures: 3}})
	c := h.client(t)
	for i := range 3 {
		if _, answer := c.try(fmt.Sprintf("a%d LOGIN alice wrong%d", i, i)); !strings.Contains(answer, "NO [AUTHENTICATIONFAILED]") {
			t.Error(answer)
		}
	}
	c.expect("* BYE [AUTHENTICATIONFAILED] Too many failed logins")
	if !c.closed() {
		t.Error("not closed")
	}
}

// TestLimits checks that each bound answers, and what comes behind it.
func TestLimits(t *testing.T) {
	h := newHost(t, hostOptions{limits: Limits{
		CommandLine: 1000, LoginCommandLine: 500, Literal: 200, LoginLiteral: 100, Message: 2000, Depth: 5,
		Command: command.Limits{MailboxName: 50, ListPatterns: 3},
	}})
	name := func(n int) string { return strings.Repeat("x", n) }
	c := h.client(t)
	for _, step := range []struct{ send, want string }{
		{"a1 LOGIN alice " + name(600), "a1 NO [LIMIT] "},
		{"a2 LOGIN alice {101}", "a2 NO [TOOBIG] "},
		{"a3 LOGIN alice {101+}\r\n" + name(101), "a3 NO [TOOBIG] "},
		{"a4 LOGIN alice secret", "a4 OK "},
		{"b1 CREATE " + name(51), "b1 NO [LIMIT] "},
		{"b2 CREATE " + name(1100), "b2 NO [LIMIT] "},
		{"b3 CREATE {201}", "b3 NO [TOOBIG] "},
		{"b4 CREATE {201+}\r\n" + name(201), "b4 NO [TOOBIG] "},
		{`b5 LIST "" (a b c d)`, "b5 NO [LIMIT] "},
		{"b6 NOOP", "b6 OK "},
	} {
		c.send(step.send + "\r\n")
		c.expect(step.want)
	}
	// What is too large to be skipped ends the connection.
	c.send("b7 CREATE {100000000+}\r\n")
	c.expect("* BYE [TOOBIG] ")
	if !c.closed() {
		t.Error("not closed")
	}
}

// shutdown begins to shut the server down; what is sent on over tells how that ended.
func (h *host) shutdown() (over <-chan error) {
	ended := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		ended <- h.serve.Shutdown(ctx)
	}()
	return ended
}

// TestDrain shuts the server down under an idle, an idling and a working
// session (RFC 9051 §7.1.5).
func TestDrain(t *testing.T) {
	h := newHost(t, hostOptions{})
	waiting, idling, mid := h.login(t, "alice"), h.login(t, "alice"), h.login(t, "alice")
	idling.do("a1 SELECT INBOX")
	idling.send("a2 IDLE\r\n")
	idling.expect("+ idling")
	mid.send("a3 CREATE {4}\r\n")
	mid.expect("+ ")
	over := h.shutdown()
	waiting.expect("* BYE [UNAVAILABLE] ")
	idling.expect("* BYE [UNAVAILABLE] ")
	// A command that has begun is finished.
	mid.send("work\r\n")
	mid.expect("a3 OK ")
	mid.expect("* BYE [UNAVAILABLE] ")
	if err := <-over; err != nil {
		t.Error(err)
	}
}

// TestDrainDelayedLogins shuts the server down under logins that are kept waiting, some
// because they have failed and some before their password is looked at: they end at
// once, and their answers do not tell which was which.
func TestDrainDelayedLogins(t *testing.T) {
	for _, f := range []struct {
		throttle auth.Throttle
		password string
	}{
		{auth.Throttle{Free: -20, Before: time.Nanosecond, After: time.Hour}, "wrong"},
		{auth.Throttle{Free: -20, Before: time.Hour}, "wrong"},
		{auth.Throttle{Free: -20, Before: time.Hour}, "secret"},
	} {
		waiting := make(chan struct{}, 2)
		h := newHost(t, hostOptions{auth: func(o *auth.Options) {
			o.Throttle = f.throttle
			o.Sleep = func(ctx context.Context, ending <-chan struct{}, d time.Duration) error {
				if d < time.Hour {
					return nil
				}
				waiting <- struct{}{}
				select {
				case <-ending:
					return errors.New("ending")
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		}})
		plain, sasl := h.client(t), h.client(t)
		plain.send("a1 LOGIN alice " + f.password + "\r\na2 LOGIN alice secret\r\n")
		sasl.send("a1 AUTHENTICATE PLAIN " + base64.StdEncoding.EncodeToString([]byte("\x00alice\x00"+f.password)) + "\r\n")
		<-waiting
		<-waiting
		over := h.shutdown()
		for _, c := range []*client{plain, sasl} {
			c.expect("a1 NO [UNAVAILABLE] Server is shutting down")
			c.expect("* BYE [UNAVAILABLE] Server is shutting down")
			if !c.closed() {
				t.Error("not closed")
			}
			c.Close()
		}
		if err := <-over; err != nil {
			t.Error(err)
		}
	}
}

// TestAccountRemoved removes an account under its sessions.
func TestAccountRemoved(t *testing.T) {
	h := newHost(t, hostOptions{})
	idling, waiting, unselected := h.login(t, "alice"), h.login(t, "alice"), h.login(t, "alice")
	idling.do("a1 SELECT INBOX")
	idling.send("a2 IDLE\r\n")
	idling.expect("+ idling")
	waiting.do("a3 SELECT INBOX")
	a, err := h.account("alice")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Release()
	if err := h.store.RemoveAccount(context.Background(), a.ID()); err != nil {
		t.Fatal(err)
	}
	idling.expect("* BYE [NONEXISTENT] ")
	waiting.do("a4 NOOP")
	waiting.expect("* BYE [NONEXISTENT] ")
	if !idling.closed() || !waiting.closed() {
		t.Error("not closed")
	}
	if _, answer := unselected.try("a5 CREATE new"); !strings.HasPrefix(answer, "a5 NO ") {
		t.Error(answer)
	}
}

// TestSlowPieces sends commands octet by octet.
func TestSlowPieces(t *testing.T) {
	h := newHost(t, hostOptions{})
	c := h.login(t, "alice")
	for _, b := range []byte("a1 CREATE {4+}\r\nwork\r\n") {
		c.send(string(b))
	}
	c.expect("a1 OK ")
}

// TestManyPipelined sends thousands of commands without reading an answer.
func TestManyPipelined(t *testing.T) {
	h := newHost(t, hostOptions{})
	c := h.login(t, "alice")
	const n = 5000
	sent := make(chan error, 1)
	go func() {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "t%d NOOP\r\n", i)
		}
		_, err := c.Write([]byte(b.String()))
		sent <- err
	}()
	for i := range n {
		c.expect(fmt.Sprintf("t%d OK NOOP completed", i))
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}
