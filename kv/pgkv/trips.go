package pgkv

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
)

// latencies are how long the database takes.
type latencies struct{ commit, read prometheus.Histogram }

func newLatencies() latencies {
	seconds := func(name, help string) prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "restante_postgresql_" + name + "_seconds", Help: help,
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		})
	}
	return latencies{
		commit: seconds("commit", "Time from sending a commit to its answer, conflicts and errors included."),
		read:   seconds("read", "Time of one round trip that reads."),
	}
}

// Collectors are metrics beside Stats: how long commits and reads take.
func (s *Store) Collectors() []prometheus.Collector {
	return []prometheus.Collector{s.latencies.commit, s.latencies.read}
}

// tripTracer counts what is sent and answered at once (queries, pipelines and the
// preparation of statements) and takes the time of those that somebody waits for.
type tripTracer struct {
	trips *atomic.Uint64
	// nil: they are not timed
	queries, pipelines prometheus.Observer
}

var (
	_ pgx.QueryTracer   = tripTracer{}
	_ pgx.BatchTracer   = tripTracer{}
	_ pgx.PrepareTracer = tripTracer{}
)

// tripBegun is the key of a context's value that is when a round trip began.
type tripBegun struct{}

// begin counts a round trip.
func (t tripTracer) begin(ctx context.Context, timed bool) context.Context {
	t.trips.Add(1)
	if timed {
		ctx = context.WithValue(ctx, tripBegun{}, time.Now())
	}
	return ctx
}

func end(ctx context.Context, o prometheus.Observer) {
	if begun, timed := ctx.Value(tripBegun{}).(time.Time); timed {
		o.Observe(time.Since(begun).Seconds())
	}
}

func (t tripTracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	if d.SQL == sqlNotify {
		return ctx
	}
	return t.begin(ctx, t.queries != nil && d.SQL != sqlRollback)
}

func (t tripTracer) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryEndData) {
	end(ctx, t.queries)
}

func (t tripTracer) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return t.begin(ctx, t.pipelines != nil)
}

func (tripTracer) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

func (t tripTracer) TraceBatchEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchEndData) {
	end(ctx, t.pipelines)
}

func (t tripTracer) TracePrepareStart(ctx context.Context, _ *pgx.Conn, _ pgx.TracePrepareStartData) context.Context {
	return t.begin(ctx, false)
}

func (tripTracer) TracePrepareEnd(context.Context, *pgx.Conn, pgx.TracePrepareEndData) {}
