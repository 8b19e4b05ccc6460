package main

import (
	"context"
	"os"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/restante/restante/cluster"
	"github.com/restante/restante/monitor"
)

// joinNodes makes the service a node among those that share its store: they count
// failed logins and connections together, and work in the background is done once.
func (s *service) joinNodes(ctx context.Context) error {
	f := s.front
	name, err := os.Hostname()
	if err != nil {
		name = "unknown"
	}
	nodes, err := cluster.Open(ctx, cluster.Options{
		KV: s.node.kv, Name: name, Logger: s.logger, Tasks: s.tasks(),
		Notes: []cluster.Note{
			{
				Name: "logins",
				Say:  func() []byte { return f.now.Load().auth.FailedLogins() },
				Hear: func(others [][]byte) { f.now.Load().auth.FailedElsewhere(others) },
			},
			{
				Name: "connections",
				Say: func() []byte {
					return f.connections.Told(f.now.Load().config.Limits.ConnectionsPerAccount, f.node.nodes.Load().Count())
				},
				Hear: f.connections.Hear,
			},
		},
	})
	if err != nil {
		return err
	}
	s.node.nodes.Store(nodes)
	s.nodes = nodes
	s.meters.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "restante_nodes", Help: "Nodes of the store that live, this one among them.",
	}, func() float64 { return float64(nodes.Count()) }))
	return nil
}

// tasks are what is done in the background, once for all nodes.
func (s *service) tasks() []cluster.Task { return s.blobTasks() }

// nodeReports are the nodes for the status.
func (s *service) nodeReports() (list []monitor.Node, problem string) {
	nodes, err := s.nodes.Nodes()
	for _, n := range nodes {
		list = append(list, monitor.Node{Name: n.Name, Started: n.Started, Self: n.Self})
	}
	if err != nil {
		problem = err.Error()
	}
	return list, problem
}
