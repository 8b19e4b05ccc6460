package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/auth"
	"github.com/restante/restante/directory"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/internal/mailtest"
	"github.com/restante/restante/internal/pgtest"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/kv/pebblekv"
	"github.com/restante/restante/kv/pgkv"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/mailstore/mailstoretest"
	"github.com/restante/restante/namespace"
	"github.com/restante/restante/serve"
	"github.com/restante/restante/submission"
)

// host is a server on loopback over a store in memory. Any user logs in with
// the password "secret" and gets an account.
type host struct {
	kv      *memkv.Store
	engine  kv.Store
	store   *mailstore.Store
	users   *directory.Directory
	imap    *Server
	serve   *serve.Server
	address string
}

// hostOptions vary a host.
type hostOptions struct {
	limits    Limits
	imap      func(*Options)      // nil: as they are
	auth      func(*auth.Options) // nil: nobody is kept waiting
	server    func(*Server)       // changes the server before anybody connects; nil: nothing
	store     mailstore.Options
	engine    kv.Store // nil: memory
	directory directory.Options
	serve     serve.Limits
	relay     string // to which messages in "Outbox" are sent; empty: none are
	imap2     bool   // sessions begin with IMAP2
	mayPanic  bool   // a handler that panics is what is tested
}

func newHost(t testing.TB, o hostOptions) *host {
	t.Helper()
	ctx := context.Background()
	h := &host{}
	engine := o.engine
	if engine == nil {
		h.kv = memkv.New()
		engine = h.kv
	}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	h.engine, o.store.KV = engine, engine
	h.store, err = mailstore.Open(ctx, o.store)
	check(err)
	h.users, err = directory.Open(engine, h.store, o.directory)
	check(err)
	logins := auth.Options{
		DemoPassword: "secret", Params: auth.Params{Memory: 1 << 10, Passes: 1, Iterations: 4096},
		Sleep: func(context.Context, <-chan struct{}, time.Duration) error { return nil },
	}
	if o.auth != nil {
		o.auth(&logins)
	}
	a, err := auth.New(ctx, h.users, logins)
	check(err)
	options := Options{Store: h.store, Auth: a, Namespace: namespace.New(namespace.Options{Store: h.store, Directory: h.users}), Submitters: []string{"submitserver"}, Administrators: []string{"root", "quotaset", "quotaset-tls"}, Limits: o.limits}
	if o.relay != "" {
		options.Outbox, options.Submitter = "Outbox", submission.New(submission.Options{
			Relay: o.relay, TLS: "none", Hostname: "mail.example.org", User: "restante", Password: "pass", Sent: true, Limits: submission.Limits{Recipients: 4, Size: 400},
			Resolve: func(ctx context.Context, address string) (restante.AccountID, error) {
				u, _, err := h.users.Resolve(ctx, address)
				return u.Account, err
			},
		})
	}
	if o.imap != nil {
		o.imap(&options)
	}
	h.imap = New(options)
	if o.server != nil {
		o.server(h.imap)
	}
	cert, err := serve.SelfSigned([]string{"localhost"}, time.Now())
	check(err)
	h.serve = serve.New(serve.Options{Logger: slog.New(alarm{t, o.mayPanic}), Limits: o.serve, TLS: func() *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	}})
	handle := h.imap.Handle
	if o.imap2 {
		handle = h.imap.HandleIMAP2
	}
	at, err := h.serve.Listen(serve.Listener{Addr: "127.0.0.1:0", TLS: serve.StartTLS, Protocol: "imap", Handle: handle})
	check(err)
	h.address = at.String()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := h.serve.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		if h.kv != nil {
			h.kv.Inject(memkv.Faults{})
		}
		mailstoretest.MustCheck(t, h.store)
		if err := h.store.Close(); err != nil {
			t.Errorf("closing the store: %v", err)
		}
	})
	return h
}

func (h *host) dial() (net.Conn, error) { return net.Dial("tcp", h.address) }

// peer is what transcripts talk to.
func (h *host) peer(t *testing.T) mailtest.Peer {
	return mailtest.Peer{Dial: h.dial, Directive: func(words []string, messages map[string]string) error {
		switch words[0] {
		case "deliver": // @deliver USER MAILBOX MESSAGE
			return h.deliver(words[1], words[2], messages[words[3]])
		case "appendlimit": // @appendlimit USER MAILBOX OCTETS
			return h.appendLimit(words[1], words[2], words[3])
		case "fill": // @fill USER MAILBOX COUNT MESSAGE
			return h.fill(words[1], words[2], words[3], messages[words[4]])
		case "outdate": // @outdate USER N: contents from the Nth on have summaries as older versions made them
			return h.outdate(words[1], words[2])
		case "public": // @public MAILBOX IDENTIFIER RIGHTS: a public mailbox, made if it is not there
			return h.public(words[1], words[2], words[3])
		case "group": // @group NAME MEMBER: one more member, of a group that is made if it is not there
			return h.group(words[1], words[2])
		case "leave": // @leave GROUP MEMBER
			return h.users.Leave(context.Background(), words[2], words[1])
		}
		return fmt.Errorf("no directive @%s", words[0])
	}}
}

// account opens the account of a user, who has logged in before.
func (h *host) account(user string) (*mailstore.Account, error) {
	ctx := context.Background()
	u, err := h.users.Lookup(ctx, user)
	if err != nil {
		return nil, err
	}
	return h.store.Account(ctx, u.Account)
}

// renew gives a user an account with but three messages, whatever his former one
// held, so that what a fuzzer finds follows from one input.
func (h *host) renew(t *testing.T, user string) {
	t.Helper()
	ctx := t.Context()
	if err := h.users.Remove(ctx, user); err != nil && !errors.Is(err, restante.ErrNotFound) {
		t.Fatal(err)
	}
	if _, err := h.users.Add(ctx, user, directory.Credentials{}); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"From: a@example.org\r\nSubject: one\r\nMessage-ID: <1@x>\r\n\r\nhello\r\n",
		"From: b@example.org\r\nSubject: Re: one\r\nIn-Reply-To: <1@x>\r\n\r\nworld\r\n",
		"Subject: two\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>y\r\n--b--\r\n",
	} {
		if err := h.deliver(user, "INBOX", text); err != nil {
			t.Fatal(err)
		}
	}
}

// appendLimit bounds a mailbox as an administrator does.
func (h *host) appendLimit(user, mailbox, octets string) error {
	a, err := h.account(user)
	if err != nil {
		return err
	}
	defer a.Release()
	n, err := strconv.ParseInt(octets, 10, 64)
	if err != nil {
		return err
	}
	return a.SetAppendLimit(context.Background(), mailbox, n)
}

// deliver stores a message as a delivery would.
func (h *host) deliver(user, mailbox, text string) error {
	ctx := context.Background()
	a, err := h.account(user)
	if err != nil {
		return err
	}
	defer a.Release()
	if err := a.Refresh(ctx); err != nil {
		return err
	}
	m := a.State().MailboxByName(mailbox)
	if m == nil {
		return restante.ErrNotFound
	}
	p := a.BeginAppend(ctx)
	defer p.Abort()
	w, err := p.Message(mailstore.NewMessage{})
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, text); err != nil {
		return err
	}
	_, err = p.Commit(ctx, m.ID)
	return err
}

// fill brings a mailbox to as many messages as are wanted: a new one and copies
// of all.
func (h *host) fill(user, mailbox, count, text string) error {
	want, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	if err := h.deliver(user, mailbox, text); err != nil {
		return err
	}
	ctx := context.Background()
	a, err := h.account(user)
	if err != nil {
		return err
	}
	defer a.Release()
	id := a.State().MailboxByName(mailbox).ID
	for {
		snap, err := a.Snapshot(ctx, id)
		if err != nil || snap.Len() >= want {
			return err
		}
		last := snap.UIDAt(min(snap.Len(), want-snap.Len()))
		if _, err := a.Copy(ctx, id, mailstore.UIDSet{{First: 1, Last: last}}, id); err != nil {
			return err
		}
	}
}

// alarm is a log handler that fails the test when a handler panicked.
type alarm struct {
	t        testing.TB
	mayPanic bool
}

func (a alarm) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelError }
func (a alarm) WithAttrs([]slog.Attr) slog.Handler           { return a }
func (a alarm) WithGroup(string) slog.Handler                { return a }
func (a alarm) Handle(_ context.Context, r slog.Record) error {
	if a.mayPanic || !strings.Contains(r.Message, "panic") {
		return nil
	}
	r.Attrs(func(at slog.Attr) bool {
		a.t.Error(r.Message, at)
		return true
	})
	return nil
}

// patience is how long tests wait for what has to come, on a machine that may be busy.
const patience = 5 * time.Minute

// await tries until what is meant to come has come.
func await(t *testing.T, what string, there func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !there(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// TestTranscripts runs every transcript over each engine.
func TestTranscripts(t *testing.T) {
	transcripts(t, "testdata/*.txt", hostOptions{store: mailstore.Options{Mailboxes: []mailstore.NewMailbox{
		{Name: "Drafts", SpecialUse: []string{`\Drafts`}},
		{Name: "Sent", SpecialUse: []string{`\Sent`}},
	}, ServerMetadata: []mailstore.MetadataEntry{
		{Name: "/shared/comment", Value: []byte("Shared comment")},
		{Name: "/shared/admin", Value: []byte("mailto:postmaster@example.org")},
	}}})
}

// TestSubscribedTranscripts runs the transcripts of accounts that are subscribed to
// the mailboxes that they start with.
func TestSubscribedTranscripts(t *testing.T) {
	transcripts(t, "testdata/subscribed/*.txt", hostOptions{store: mailstore.Options{Subscribe: true, Mailboxes: []mailstore.NewMailbox{
		{Name: "Drafts", SpecialUse: []string{`\Drafts`}},
		{Name: "Sent", SpecialUse: []string{`\Sent`}},
	}}})
}

// TestNarrowTranscripts runs the transcripts of an account that may hold little.
func TestNarrowTranscripts(t *testing.T) {
	transcripts(t, "testdata/narrow/*.txt", hostOptions{
		limits: Limits{Message: 400, ConvertMessages: 1, ConvertParts: 1, NotifyMailboxes: 2, Command: command.Limits{NotifyMailboxes: 4}},
		store: mailstore.Options{Limits: mailstore.Limits{
			MessageSize: 400, Mailboxes: 4, NameBytes: 20, NameDepth: 3, Keywords: 3, KeywordBytes: 10,
			Quota:         mailstore.Quota{Bytes: 1000, Messages: 4},
			MetadataValue: 1024, MetadataEntries: 10, MetadataBytes: 4000,
			AnnotationValue: 1024, Annotations: 10, AnnotationBytes: 4000, GuestNoteBytes: 1200,
		}},
	})
}

// TestLimitedTranscripts runs the transcripts of servers that bound how many
// messages a command may be about (RFC 9738).
func TestLimitedTranscripts(t *testing.T) {
	transcripts(t, "testdata/limited/*.txt", hostOptions{limits: Limits{CommandMessages: 10}})
	transcripts(t, "testdata/savelimited/*.txt", hostOptions{limits: Limits{SavedMessages: 2}})
}

// TestSoftTranscripts runs the transcripts of accounts with a soft quota.
func TestSoftTranscripts(t *testing.T) {
	transcripts(t, "testdata/soft/*.txt", hostOptions{
		limits: Limits{SoftQuota: 50},
		store:  mailstore.Options{Limits: mailstore.Limits{Quota: mailstore.Quota{Messages: 4}}},
	})
}

// TestConfiguredTranscripts runs the transcripts of servers that are configured
// unlike most.
func TestConfiguredTranscripts(t *testing.T) {
	transcripts(t, "testdata/clients/*.txt", hostOptions{imap: func(o *Options) {
		o.Without = []string{"UNAUTHENTICATE", "compress"}
		o.Clients = []ClientRule{
			{Name: "broken*", Without: []string{"IMAP4rev2", "CONDSTORE", "QRESYNC"}},
			{Name: "Broken Mail", Version: "2.*", Without: []string{"SORT", "IDLE"}},
			{Name: "Outlook Express", DelayNew: true},
		}
	}})
	transcripts(t, "testdata/sharedseen/*.txt", hostOptions{store: mailstore.Options{SharedSeen: true}})
	transcripts(t, "testdata/urlmech/*.txt", hostOptions{imap: func(o *Options) { o.URLMechInClear = true }})
	transcripts(t, "testdata/utf8only/*.txt", hostOptions{imap: func(o *Options) { o.UTF8Only = true }})
	transcripts(t, "testdata/referrals/*.txt", hostOptions{imap: func(o *Options) {
		o.Referrals = Referrals{
			Self: "IMAP://user;AUTH=*@HOME",
			Logins: []LoginReferral{
				{User: "mike", URL: "IMAP://%u@SERVER2/"},
				{User: "matthew", URL: "IMAP://%u@SERVER2/", Public: true},
				{User: "gss*", URL: "IMAP://user;AUTH=GSSAPI@SERVER2/"},
			},
			Mailboxes: []MailboxReferral{
				{Prefix: "REMOTE", URLs: []string{"IMAP://user;AUTH=*@SERVER2/REMOTE", "IMAP://user;AUTH=*@SERVER3/REMOTE"}},
				{Prefix: "SHARED", URLs: []string{"IMAP://user;AUTH=*@SERVER2/SHARED"}, Mailboxes: []string{"FOO", "STUFF", "a/b"}},
				{Prefix: "FOO", URLs: []string{"IMAP://user;AUTH=*@SERVER1/FOO"}},
				{Prefix: "BAR", URLs: []string{"IMAP://user;AUTH=*@SERVER2/BAR"}},
				{Prefix: "old/BAZ", URLs: []string{"IMAP://user;AUTH=*@SERVER2/BAZ"}},
			},
		}
	}})
	transcripts(t, "testdata/moved/*.txt", hostOptions{imap: func(o *Options) {
		o.Referrals = Referrals{Greeting: "IMAP://user;AUTH=*@SERVER2/"}
	}})
}

// transcripts runs the transcripts that glob names over each engine, each with a
// host of its own.
func transcripts(t *testing.T, glob string, o hostOptions) {
	server := sync.OnceValue(func() *pgtest.Server { return pgtest.Start(t, "fsync = off") })
	engines := map[string]func(*testing.T) kv.Store{
		"memkv": func(*testing.T) kv.Store { return nil }, // the host's own
		"pebblekv": func(t *testing.T) kv.Store {
			s, err := pebblekv.Open(pebblekv.Options{Dir: t.TempDir(), MemTableBytes: 1 << 20, CacheBytes: 1 << 20, Reserve: -1})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Errorf("closing the engine: %v", err)
				}
			})
			return s
		},
	}
	if pgtest.Required() { // elsewhere they would make go test too long
		engines["pgkv"] = func(t *testing.T) kv.Store {
			s, err := pgkv.Open(t.Context(), pgkv.Options{URL: server().Database(t), Readers: 8, Writers: 4})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			return s
		}
	}
	for name, engine := range engines {
		t.Run(name, func(t *testing.T) {
			mailtest.Run(t, glob, func(t *testing.T) mailtest.Peer {
				o := o
				o.engine = engine(t)
				return newHost(t, o).peer(t)
			})
		})
	}
}
