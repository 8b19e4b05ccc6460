package main

import (
	"context"
	"log/slog"
	"reflect"
	"sync"
	"sync/atomic"

	"github.com/restante/restante"
	"github.com/restante/restante/auth"
	"github.com/restante/restante/config"
	imapserver "github.com/restante/restante/imap/server"
	"github.com/restante/restante/lmtp"
	"github.com/restante/restante/serve"
	"github.com/restante/restante/submission"
)

// frontends are the protocols' servers as the configuration wants them now. A
// reload makes new ones for new connections; those that are open keep theirs.
type frontends struct {
	node         *node
	meters       *meters
	connections  *imapserver.Connections
	demoPassword string
	logger       *slog.Logger
	now          atomic.Pointer[generation]

	mu struct {
		sync.Mutex
		old []*lmtp.Server // closed at the end
	}
}

type generation struct {
	config config.Config
	auth   *auth.Authenticator
	imap   *imapserver.Server
	lmtp   *lmtp.Server
}

func newFrontends(ctx context.Context, n *node, c config.Config, m *meters, demoPassword string, logger *slog.Logger) (*frontends, error) {
	f := &frontends{node: n, meters: m, demoPassword: demoPassword, logger: logger}
	f.connections = &imapserver.Connections{Crowded: f.changed}
	return f, f.apply(ctx, c)
}

// changed says that the other nodes should hear of what is counted here.
func (f *frontends) changed() { f.node.nodes.Load().Changed() }

// apply makes the front-ends follow c. What has not changed stays, and with it
// what it remembers.
func (f *frontends) apply(ctx context.Context, c config.Config) error {
	old := f.now.Load()
	g := &generation{config: c}
	if old != nil && reflect.DeepEqual(old.config.Auth, c.Auth) {
		g.auth = old.auth
	} else {
		options := c.AuthOptions()
		options.Logger, options.DemoPassword, options.Metrics = f.logger, f.demoPassword, f.meters.auth
		options.Failed = f.changed
		var err error
		if g.auth, err = auth.New(ctx, f.node.directory, options); err != nil {
			return err
		}
	}
	if old != nil && old.auth == g.auth && reflect.DeepEqual(old.config.Limits, c.Limits) && reflect.DeepEqual(old.config.IMAP, c.IMAP) && reflect.DeepEqual(old.config.Accounts, c.Accounts) && reflect.DeepEqual(old.config.Submit, c.Submit) {
		g.imap = old.imap
	} else {
		options := c.IMAPOptions()
		options.Store, options.Auth, options.Namespace, options.Limits = f.node.store, g.auth, f.node.namespace, c.IMAPLimits()
		options.Metrics, options.Connections = f.meters.imap, f.connections
		options.Submitters = c.Accounts.Submitters
		options.Administrators, options.ID = c.Accounts.Administrators, []string{"name", "Restante", "version", version()}
		submit, sends, err := c.SubmissionOptions()
		if err != nil {
			return err
		}
		if sends {
			submit.Resolve = func(ctx context.Context, address string) (restante.AccountID, error) {
				u, _, err := f.node.directory.Resolve(ctx, address)
				return u.Account, err
			}
			options.Outbox, options.Submitter = c.Submit.Outbox, submission.New(submit)
		}
		g.imap = imapserver.New(options)
	}
	if old != nil && reflect.DeepEqual(old.config.LMTP, c.LMTP) && old.config.Limits.MessageSize == c.Limits.MessageSize {
		g.lmtp = old.lmtp
	} else {
		options := c.LMTPOptions(f.node.directory)
		options.Store, options.Namespace, options.Logger, options.Metrics = f.node.store, f.node.namespace, f.logger, f.meters.lmtp
		g.lmtp = lmtp.New(options)
		f.mu.Lock()
		f.mu.old = append(f.mu.old, g.lmtp)
		f.mu.Unlock()
	}
	f.now.Store(g)
	return nil
}

func (f *frontends) imap(ctx context.Context, c *serve.Conn) { f.now.Load().imap.Handle(ctx, c) }

func (f *frontends) imap2(ctx context.Context, c *serve.Conn) {
	f.now.Load().imap.HandleIMAP2(ctx, c)
}

func (f *frontends) lmtp(ctx context.Context, c *serve.Conn) { f.now.Load().lmtp.Handle(ctx, c) }

// close ends what the front-ends run themselves. No connection is open any
// more.
func (f *frontends) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, l := range f.mu.old {
		if err := l.Close(); err != nil {
			f.logger.Debug("closing LMTP", "error", err)
		}
	}
}
