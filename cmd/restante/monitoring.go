package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/restante/restante/admin"
	"github.com/restante/restante/config"
	"github.com/restante/restante/monitor"
	"github.com/restante/restante/serve"
)

// monitoring tells how the service does, over HTTP and the administration socket.
type monitoring struct {
	service *service
	started time.Time
	rates   *monitor.Rates
	http    *http.Server
	cancel  context.CancelFunc
}

// startMonitoring listens for HTTP where that is configured, and adds what tells
// the status to the administration.
func (s *service) startMonitoring(ctx context.Context) error {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	m := &monitoring{service: s, started: time.Now(), cancel: cancel, rates: monitor.NewRates(s.meters.registry, nil,
		"restante_imap_commands_total", "restante_logins_total", "restante_deliveries_total", "restante_messages_stored_total",
		"restante_account_commits_total", "restante_account_conflicts_total", "restante_connections_total",
		"restante_postgresql_round_trips_total", "restante_received_bytes_total", "restante_sent_bytes_total")}
	s.monitoring = m
	go m.rates.Run(ctx)
	s.node.admin[opStatus] = admin.Define(func(ctx context.Context, _ struct{}, _ func(any) error) (monitor.Report, error) {
		return m.report(ctx)
	})
	if len(s.config.HTTP.Listen) == 0 {
		return nil
	}
	m.http = monitor.NewServer(monitor.Options{Metrics: s.meters.registry, Ready: m.ready, Draining: s.isDraining})
	for _, addr := range s.config.HTTP.Listen {
		l, err := listenHTTP(addr)
		if err != nil {
			return err
		}
		s.addresses["http"] = append(s.addresses["http"], l.Addr().String())
		s.logger.Info("listening", "protocol", "http", "address", l.Addr().String())
		go func() {
			if err := m.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				s.logger.Error("monitoring over HTTP has ended", "error", err)
			}
		}()
	}
	return nil
}

func listenHTTP(addr string) (net.Listener, error) {
	if path, ok := strings.CutPrefix(addr, "unix:"); ok {
		return serve.ListenUnix(path, 0o660)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen for http: %w", err)
	}
	return l, nil
}

// close ends it.
func (m *monitoring) close() {
	m.cancel()
	if m.http != nil {
		m.http.Close() // scrapes under way are cut off
	}
}

// ready answers why the node should get no connections: its store does not answer,
// or there is no certificate to show.
func (m *monitoring) ready(ctx context.Context) error {
	if m.service.tls.config() == nil {
		return errors.New("no certificate is loaded")
	}
	snap, err := m.service.node.kv.Snapshot(ctx, 0)
	if err == nil {
		err = snap.Close()
	}
	if err != nil {
		m.service.logger.Debug("not ready", "error", err)
		return errors.New("the store does not answer")
	}
	return nil
}

// report is the status of the node.
func (m *monitoring) report(ctx context.Context) (monitor.Report, error) {
	s := m.service
	metrics, err := monitor.Metrics(s.meters.registry)
	if err != nil {
		return monitor.Report{}, err
	}
	r := monitor.Report{
		Version: version(), PID: os.Getpid(), Started: m.started, Engine: engineName(s.node.kv),
		Rates: m.rates.PerSecond(), Metrics: metrics, Problems: s.problems.List(),
	}
	if r.Engine == config.EnginePebble {
		r.Engine += " in " + s.config.StoreDir()
	}
	r.Host, _ = os.Hostname()
	r.Nodes, r.Alone = s.nodeReports()
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if s.isDraining() {
		r.NotReady = "draining"
	} else if err := m.ready(ctx); err != nil {
		r.NotReady = err.Error()
	}
	r.Waiting = s.commitsWait(ctx)
	return r, nil
}
