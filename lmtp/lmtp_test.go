package lmtp_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante/directory"
	"github.com/restante/restante/internal/mailtest"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/lmtp"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/mailstore/mailstoretest"
	"github.com/restante/restante/namespace"
	"github.com/restante/restante/serve"
)

// site is a server with the users alice and chloe.
type site struct {
	t      *testing.T
	store  *mailstore.Store
	users  *directory.Directory
	names  *namespace.Namespace
	faults *memkv.Store
	addr   net.Addr
	server *serve.Server
	spool  string   // the directory for messages that are coming in
	last   net.Conn // the connection that was dialled last, for @flood
}

func newSite(t *testing.T) *site {
	engine := memkv.New()
	return newSiteOn(t, engine, engine)
}

// newSiteOn is newSite over what stands before an engine.
func newSiteOn(t *testing.T, faults *memkv.Store, engine kv.Store) *site {
	return newSiteWith(t, faults, mailstore.Options{KV: engine})
}

// newSiteWith is newSite with a store of the caller's choice.
func newSiteWith(t *testing.T, faults *memkv.Store, o mailstore.Options) *site {
	nl, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return newSiteAt(t, nl, faults, o)
}

// newSiteAt is newSiteWith for the clients of a listener.
func newSiteAt(t *testing.T, nl net.Listener, faults *memkv.Store, o mailstore.Options) *site {
	s, engine := &site{t: t, faults: faults, addr: nl.Addr()}, o.KV
	var err error
	if s.store, err = mailstore.Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if s.users, err = directory.Open(engine, s.store, directory.Options{}); err != nil {
		t.Fatal(err)
	}
	s.names = namespace.New(namespace.Options{Store: s.store, Directory: s.users})
	for _, name := range []string{"alice@example.com", "chloe@example.com"} {
		if _, err := s.users.Add(t.Context(), name, directory.Credentials{}); err != nil {
			t.Fatal(err)
		}
	}
	s.spool = t.TempDir()
	front := lmtp.New(lmtp.Options{
		Store: s.store, Namespace: s.names, PublicUser: "public", Resolve: s.users.Resolve, Hostname: "mail.example", SpoolDir: s.spool,
		Limits: lmtp.Limits{MessageSize: 20 << 10, Recipients: 10, SpoolMemory: 4 << 10},
	})
	s.server = serve.New(serve.Options{})
	if err := s.server.Serve(nl, serve.Listener{Protocol: "lmtp", Handle: front.Handle}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		front.Close()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := s.server.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		mailstoretest.MustCheck(t, s.store)
		if err := s.store.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *site) dial() (net.Conn, error) {
	c, err := net.Dial(s.addr.Network(), s.addr.String())
	s.last = c
	return c, err
}

// account calls f with a user's account.
func (s *site) account(name string, f func(*mailstore.Account) error) error {
	u, err := s.users.Lookup(s.t.Context(), name)
	if err != nil {
		return err
	}
	a, err := s.store.Account(s.t.Context(), u.Account)
	if err != nil {
		return err
	}
	defer a.Release()
	return f(a)
}

// messages are the contents of a mailbox.
func (s *site) messages(name, mailbox string) (all []string, err error) {
	err = s.account(name, func(a *mailstore.Account) error {
		snap, err := a.Snapshot(s.t.Context(), a.State().MailboxByName(mailbox).ID)
		if err != nil {
			return err
		}
		r, err := a.Reader(s.t.Context())
		if err != nil {
			return err
		}
		defer r.Close()
		for seq := 1; seq <= snap.Len(); seq++ {
			m := snap.At(seq)
			text, err := io.ReadAll(r.Open(m.EmailID, 0, int64(m.Size)))
			if err != nil {
				return err
			}
			all = append(all, string(text))
		}
		return nil
	})
	return all, err
}

func (s *site) directive(words []string, _ map[string]string) error {
	switch words[0] {
	case "mailbox":
		return s.account(words[1], func(a *mailstore.Account) error {
			_, err := a.CreateMailbox(s.t.Context(), words[2], nil)
			return err
		})
	case "acl", "public", "posted":
		return s.share(words)
	case "quota":
		return s.account(words[1], func(a *mailstore.Account) error {
			n, err := strconv.ParseInt(words[2], 10, 64)
			if err != nil {
				return err
			}
			return a.SetQuota(s.t.Context(), mailstore.Quota{Bytes: n})
		})
	case "stored":
		got, err := s.messages(words[1], words[2])
		if err == nil && strconv.Itoa(len(got)) != words[3] {
			err = fmt.Errorf("%s has %d messages in %s: %q", words[1], len(got), words[2], got)
		}
		return err
	case "contains":
		got, err := s.messages(words[1], words[2])
		if text := strings.Join(words[3:], " "); err == nil && !strings.Contains(strings.Join(got, ""), text+"\r\n") {
			err = fmt.Errorf("no line %q in %q", text, got)
		}
		return err
	case "flood":
		n, err := strconv.Atoi(words[1])
		if err == nil {
			_, err = s.last.Write([]byte(strings.Repeat("0123456789abcdefghijklmnopqrstuvwxyz\r\n", n/38+1)))
		}
		return err
	}
	return fmt.Errorf("no directive @%s", words[0])
}

func TestTranscripts(t *testing.T) {
	mailtest.Run(t, "testdata/*.txt", func(t *testing.T) mailtest.Peer {
		s := newSite(t)
		return mailtest.Peer{Dial: s.dial, Directive: s.directive, Greeting: "220 mail.example LMTP Service Ready",
			Quit: "QUIT", QuitAnswer: []string{"221 2.0.0 ${*}"}}
	})
}

// TestDrain: a connection without a transaction is ended, one with a
// transaction may finish it.
func TestDrain(t *testing.T) {
	s := newSite(t)
	idle, busy := s.talk(), s.talk()
	busy.say("MAIL FROM:<>", "250")
	busy.say("RCPT TO:<alice@example.com>", "250")
	done := make(chan error, 1)
	go func() { done <- s.server.Shutdown(t.Context()) }()
	idle.hear("421")
	busy.say("DATA", "354")
	busy.say("Subject: x\r\n\r\n.", "250")
	busy.hear("421")
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got, err := s.messages("alice@example.com", "INBOX"); err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
}

// TestSpoolFails: each recipient is told that a message has no room while it comes in, also where
// it is given in chunks (RFC 2033 §4.3), and the next one is taken.
func TestSpoolFails(t *testing.T) {
	s := newSite(t)
	if err := os.Remove(s.spool); err != nil {
		t.Fatal(err)
	}
	text := "Subject: x\r\n\r\n" + strings.Repeat("0123456789abcde\r\n", 1000)
	c := s.talk()
	for _, sent := range []string{
		fmt.Sprintf("BDAT %d LAST\r\n%s", len(text), text),
		fmt.Sprintf("BDAT %d\r\n%sBDAT 0 LAST\r\n", len(text), text),
		"DATA\r\n" + text + ".\r\n",
		"BDAT 16 LAST\r\nSubject: small\r\n",
	} {
		c.say("MAIL FROM:<>", "250")
		c.say("RCPT TO:<alice@example.com>", "250")
		c.say("RCPT TO:<chloe@example.com>", "250")
		if _, err := io.WriteString(c.c, sent); err != nil {
			t.Fatal(err)
		}
		want := "451 4.3.0"
		switch {
		case strings.HasPrefix(sent, "DATA"):
			c.hear("354")
		case strings.Contains(sent, "BDAT 0"):
			c.hear("250 2.0.0")
		case strings.Contains(sent, "small"):
			want = "250 2.1.5"
		}
		c.hear(want + " <alice@")
		c.hear(want + " <chloe@")
	}
	if got, err := s.messages("chloe@example.com", "INBOX"); err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
}

// TestStoreFails: what cannot be made durable is not acknowledged.
func TestStoreFails(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"full disk": {kv.ErrNoSpace, "452 4.3.1"},
		"broken":    {io.ErrUnexpectedEOF, "451 4.3.0"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			c2 := s.talk()
			c2.say("MAIL FROM:<>", "250")
			c2.say("RCPT TO:<alice@example.com>", "250")
			c2.say("DATA", "354")
			s.faults.Inject(memkv.Faults{BeforeCommit: memkv.Writes(c.err)})
			c2.say("Subject: x\r\n\r\n.", c.want)
			s.faults.Inject(memkv.Faults{})
			if got, err := s.messages("alice@example.com", "INBOX"); err != nil || len(got) != 0 {
				t.Fatal(got, err)
			}
		})
	}
}
