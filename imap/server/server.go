package server

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/auth"
	"github.com/restante/restante/convert"
	"github.com/restante/restante/imap/legacy"
	"github.com/restante/restante/imap/text"
	"github.com/restante/restante/imap/wire"
	"github.com/restante/restante/internal/buffers"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/namespace"
	"github.com/restante/restante/serve"
	"github.com/restante/restante/submission"
)

// Server serves IMAP. Its methods may be called concurrently.
type Server struct {
	store  *mailstore.Store
	auth   *auth.Authenticator
	names  *namespace.Namespace
	limits Limits
	id     []string
	now    func() time.Time

	submitters     []string
	urlMechInClear bool
	urlKey         []byte // of the URLs that were authorized here

	administrators []string

	clients  []clientRule
	without  []string // capabilities that nobody has
	utf8Only bool
	texts    *text.Catalogue
	outbox   string
	submit   *submission.Submitter // nil: nothing is sent
	language *text.Language        // which clients get that ask for "default"

	referrals referrals

	rows              map[string]*row
	dialects          *dialects // nil where only IMAP4rev1 and IMAP4rev2 are understood
	loginCapabilities []string
	capabilities      []string
	in, out           *wire.Buffers
	scratch           *buffers.Pool // in which commands gather their answers and copy literals
	searches          *turns
	converter         *convert.Converter
	conversions       *turns
	converted         *conversionCache
	hangUpGrace       time.Duration

	metrics     *Metrics
	connections *Connections

	mu struct {
		sync.Mutex
		budgets map[restante.AccountID]*sharedBudget // of those that have connections
	}
}

// New gives a server over a store that is open.
func New(o Options) *Server {
	s := &Server{
		store: o.Store, auth: o.Auth, names: o.Namespace, limits: o.Limits.filled(), id: o.ID, now: defaultClock(o.Now),
		administrators: o.Administrators, submitters: o.Submitters, urlMechInClear: o.URLMechInClear, urlKey: o.Auth.Key("URLAUTH"),
		clients: compileRules(o.Clients), utf8Only: o.UTF8Only, texts: text.New(), referrals: compileReferrals(o.Referrals),
		in: wire.NewBuffers(8 << 10), out: wire.NewBuffers(16 << 10), scratch: buffers.New(spillSize, 4*spillSize), metrics: o.Metrics, connections: o.Connections,
	}
	stored := o.Store.Limits()
	s.limits.Command.AnnotationValue, s.limits.Command.AnnotationEntry = stored.AnnotationValue, stored.EntryBytes
	s.limits.Command.MetadataValue = stored.MetadataValue
	if s.id == nil {
		s.id = []string{"name", "Restante"}
	}
	if s.connections == nil {
		s.connections = new(Connections)
	}
	s.hangUpGrace = hangUpGrace
	s.searches = newTurns(s.limits.AccountSearches)
	s.converter = convert.New(convert.Options{Image: o.ConvertImages, Limits: s.limits.Convert})
	s.conversions = newTurns(s.limits.AccountConversions)
	s.converted = newConversionCache(s.limits.ConvertCache)
	if o.Outbox != "" {
		s.outbox, s.submit = o.Outbox, o.Submitter
	}
	if s.language, _ = s.texts.Find(o.Language); s.language == nil {
		s.language, _ = s.texts.Find(text.Default)
	}
	rows := table()
	s.rows = make(map[string]*row, len(rows))
	for i := range rows {
		s.rows[rows[i].name] = &rows[i]
	}
	s.offer(rows, o)
	s.mu.budgets = make(map[restante.AccountID]*sharedBudget)
	return s
}

// offer decides which capabilities there are before and after login, and whether the
// older dialects are understood.
func (srv *Server) offer(rows []row, o Options) {
	srv.without = slices.Clone(o.Without)
	if len(srv.referrals.logins) == 0 && srv.referrals.greeting == "" {
		srv.without = append(srv.without, "LOGIN-REFERRALS")
	}
	if len(srv.referrals.mailboxes) == 0 {
		srv.without = append(srv.without, "MAILBOX-REFERRALS")
	}
	if !o.GmailExtensions {
		srv.without = append(srv.without, "X-GM-EXT-1")
	}
	srv.loginCapabilities, srv.capabilities = fixedCapabilities(rows, srv.limits)
	if srv.submit != nil {
		srv.capabilities = append(srv.capabilities, "XCOURIEROUTBOX="+srv.outbox)
	}
	if srv.utf8Only {
		srv.capabilities[slices.Index(srv.capabilities, "UTF8=ACCEPT")] = "UTF8=ONLY"
	}
	srv.loginCapabilities, srv.capabilities = offered(srv.loginCapabilities, srv.without), offered(srv.capabilities, srv.without)
	if o.LegacyDialects {
		srv.dialects = newDialects(srv.rows)
		// RFC 1730 §7.2.1 has it first.
		srv.loginCapabilities = append([]string{"IMAP4"}, srv.loginCapabilities...)
		srv.capabilities = append([]string{"IMAP4"}, srv.capabilities...)
	}
}

// Handle serves one connection until the client or the server ends it; the
// caller closes c afterwards. ctx ends what commands do; whoever ends it closes
// c as well.
func (srv *Server) Handle(ctx context.Context, c *serve.Conn) {
	s := newSession(srv, c)
	s.serve(ctx)
}

// HandleIMAP2 is Handle for a listener to which clients of the protocols before IMAP4
// connect: a session begins with IMAP2 (RFC 1176), as IMAP3's do (RFC 1203,
// SELECT.VERSION), and goes on with another when its commands tell so. Without
// LegacyDialects it is Handle.
func (srv *Server) HandleIMAP2(ctx context.Context, c *serve.Conn) {
	s := newSession(srv, c)
	if s.elder != nil {
		s.speak(legacy.IMAP2)
	}
	s.serve(ctx)
}

// enter counts a connection of an account and answers the memory that its
// connections share for long commands; nil if it may have no more of them.
func (srv *Server) enter(id restante.AccountID) *wire.Budget {
	if !srv.connections.enter(id, srv.limits.AccountConnections) {
		return nil
	}
	srv.mu.Lock()
	defer srv.mu.Unlock()
	budget := srv.mu.budgets[id]
	if budget == nil {
		budget = &sharedBudget{budget: wire.NewBudget(srv.limits.AccountMemory)}
		srv.mu.budgets[id] = budget
	}
	budget.users++
	return budget.budget
}

// sharedBudget is a budget and how many connections have it.
type sharedBudget struct {
	budget *wire.Budget
	users  int
}

// leave undoes enter.
func (srv *Server) leave(id restante.AccountID) {
	srv.connections.leave(id)
	srv.mu.Lock()
	defer srv.mu.Unlock()
	if b := srv.mu.budgets[id]; b != nil {
		if b.users--; b.users == 0 {
			delete(srv.mu.budgets, id)
		}
	}
}
