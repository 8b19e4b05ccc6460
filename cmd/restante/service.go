package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/restante/restante/cluster"
	"github.com/restante/restante/config"
	"github.com/restante/restante/monitor"
	"github.com/restante/restante/serve"
)

// serviceOptions say how a service runs.
type serviceOptions struct {
	logs         io.Writer
	reload       func() (config.Config, error) // nil: SIGHUP is not heeded
	demoPassword string                        // not empty: any name logs in with it
	// ready is called with the bound addresses when all is listening.
	ready func(s *service, addresses map[string][]string)
}

// service is a server at work: a node with all its front-ends.
type service struct {
	options serviceOptions
	config  config.Config
	logger  *slog.Logger
	level   *slog.LevelVar

	node     *node
	tls      *tlsSource
	front    *frontends
	mail     *serve.Server // IMAP and LMTP
	meters   *meters
	problems *monitor.Problems
	draining atomic.Bool

	nodes      *cluster.Cluster
	monitoring *monitoring // nil until it is started

	admin     *serve.Server // apart, so that it is there when mail has no connection left
	addresses map[string][]string
}

// newService opens the store, binds all addresses and serves.
func newService(ctx context.Context, c config.Config, o serviceOptions) (*service, error) {
	s := &service{options: o, config: c, addresses: map[string][]string{}}
	s.logger, s.level = c.Logger(o.logs)
	s.problems = new(monitor.Problems)
	s.logger = slog.New(s.problems.Handler(s.logger.Handler()))
	var err error
	if s.node, err = openNode(ctx, c, s.logger, true); err != nil {
		return nil, err
	}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.stop(ctx))
	}
	return s, nil
}

func (s *service) start(ctx context.Context) (err error) {
	c := s.config
	if err := os.MkdirAll(c.SpoolDir(), 0o700); err != nil {
		return fmt.Errorf("spool directory: %w", err)
	}
	if s.tls, err = newTLSSource(c, s.logger); err != nil {
		return err
	}
	s.meters = newMeters(s.node)
	if s.front, err = newFrontends(ctx, s.node, c, s.meters, s.options.demoPassword, s.logger); err != nil {
		return err
	}
	if err := s.joinNodes(ctx); err != nil {
		return err
	}
	options := serve.Options{Logger: s.logger, TLS: s.tls.config, Limits: c.Serve(), Metrics: s.meters.serve}
	if c.Log.Trace {
		options.Trace = func(conn uint64, d serve.Direction, data []byte) {
			s.logger.Debug("trace", "conn", conn, "from", string(d), "data", string(data))
		}
	}
	s.mail = serve.New(options)
	s.admin = serve.New(serve.Options{Logger: s.logger})
	if err := s.startMonitoring(ctx); err != nil {
		return err
	}
	if _, err := s.admin.Listen(serve.Listener{
		Addr: "unix:" + c.AdminSocket(), SocketMode: 0o600, Protocol: "admin", Handle: s.node.admin.Handle,
	}); err != nil {
		return err
	}
	for _, l := range s.listeners() {
		addr, err := s.mail.Listen(l)
		if err != nil {
			return err
		}
		s.addresses[l.Protocol] = append(s.addresses[l.Protocol], addr.String())
	}
	return nil
}

// listeners are those that the configuration names.
func (s *service) listeners() []serve.Listener {
	var all []serve.Listener
	for _, addr := range s.config.IMAP.Listen {
		all = append(all, serve.Listener{Addr: addr, TLS: serve.StartTLS, Protocol: "imap", ALPN: []string{"imap"},
			Handle: s.front.imap, Refuse: refuseIMAP, Proxies: s.config.IMAPProxies()})
	}
	for _, addr := range s.config.IMAP.ListenTLS {
		all = append(all, serve.Listener{Addr: addr, TLS: serve.Implicit, Protocol: "imaps", ALPN: []string{"imap"},
			Handle: s.front.imap, Proxies: s.config.IMAPProxies()})
	}
	for _, addr := range s.config.IMAP.ListenLegacy {
		all = append(all, serve.Listener{Addr: addr, TLS: serve.StartTLS, Protocol: "imap2",
			Handle: s.front.imap2, Refuse: refuseIMAP, Proxies: s.config.IMAPProxies()})
	}
	for _, addr := range s.config.LMTP.Listen {
		all = append(all, serve.Listener{Addr: addr, Protocol: "lmtp", SocketMode: s.config.SocketMode(),
			Handle: s.front.lmtp, Refuse: refuseLMTP, Proxies: s.config.LMTPProxies()})
	}
	return all
}

// refuseIMAP is the greeting of a server that takes no connection (RFC 9051
// §7.1.5).
func refuseIMAP(r serve.Refusal) string {
	return "* BYE [UNAVAILABLE] " + sentence(r) + "\r\n"
}

// refuseLMTP is the greeting that a mail transfer agent takes for "later" (RFC
// 5321 §3.1).
func refuseLMTP(r serve.Refusal) string {
	return "421 4.3.2 " + sentence(r) + "\r\n"
}

func sentence(r serve.Refusal) string {
	switch r {
	case serve.TooMany:
		return "Too many connections, try again later"
	case serve.TooManyAddress:
		return "Too many connections from your address, close some"
	default:
		return "Server is shutting down"
	}
}

// run serves until ctx ends or the disk fails, then drains. A signal while it
// drains ends it at once.
func (s *service) run(ctx context.Context) error {
	hangup := make(chan os.Signal, 1)
	if s.options.reload != nil {
		signal.Notify(hangup, syscall.SIGHUP)
		defer signal.Stop(hangup)
	}
	s.logger.Info("ready", "version", version(), "data", s.config.Data)
	if s.options.ready != nil {
		s.options.ready(s, s.addresses)
	}
	for {
		select {
		case <-hangup:
			s.reload(context.WithoutCancel(ctx))
		case err := <-s.node.failed: // only a new start can write again
			return errors.Join(err, s.drain(ctx))
		case <-ctx.Done():
			return s.drain(ctx)
		}
	}
}

// drain stops, at a signal at once.
func (s *service) drain(ctx context.Context) error {
	s.draining.Store(true)
	s.logger.Info("stopping", "connections", s.mail.Connections())
	stopping, cancel := signal.NotifyContext(context.WithoutCancel(ctx), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	s.awaitBalancer(stopping)
	err := s.stop(stopping)
	s.logger.Info("stopped")
	return err
}

func (s *service) isDraining() bool { return s.draining.Load() }

// awaitBalancer goes on serving for a while, in which /readyz says no, so that a
// balancer sends nobody any more before connections are refused.
func (s *service) awaitBalancer(ctx context.Context) {
	wait := s.config.HTTP.DrainWait.Duration
	if wait == 0 || len(s.config.HTTP.Listen) == 0 {
		return
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// stop drains within the configured time and closes the store.
func (s *service) stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.Limits.ShutdownTime.Duration)
	defer cancel()
	if s.mail != nil {
		if err := s.mail.Shutdown(ctx); err != nil {
			s.logger.Warn("connections were cut off", "reason", err)
		}
	}
	if s.admin != nil {
		if err := s.admin.Shutdown(ctx); err != nil {
			s.logger.Warn("administration was cut off", "reason", err)
		}
	}
	if s.front != nil {
		s.front.close()
	}
	if err := s.nodes.Close(); err != nil {
		s.logger.Warn("the other nodes were not told that this one ends", "error", err)
	}
	if s.monitoring != nil {
		s.monitoring.close()
	}
	return s.node.Close()
}
