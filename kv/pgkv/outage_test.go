package pgkv

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/restante/restante/internal/pgtest"
	"github.com/restante/restante/kv"
)

// TestOutageIsWaitedForOnce: what is called once others have waited in vain does not
// wait as long again, and the next outage is waited for as a whole.
func TestOutageIsWaitedForOnce(t *testing.T) { synctest.Test(t, outageIsWaitedForOnce) }

func outageIsWaitedForOnce(t *testing.T) {
	var o outage
	left := func() time.Duration { return time.Until(o.patience(time.Minute).end) }
	if d := left(); d != time.Minute {
		t.Errorf("at first %v", d)
	}
	o.note(&connectError{errors.New("refused")})
	if d := left(); d != time.Minute {
		t.Errorf("as it begins %v", d)
	}
	for ago, want := range map[time.Duration]time.Duration{
		20 * time.Second: 40 * time.Second, 2 * time.Minute: leastPatience, time.Minute - leastPatience/2: leastPatience,
	} {
		since := time.Now().Add(-ago)
		o.since.Store(&since)
		o.note(&lostError{errors.New("reset")})
		o.note(kv.ErrConflict) // the standby was not asked for it
		if d := left(); d != want {
			t.Errorf("%v after it began %v", ago, d)
		}
	}
	o.note(nil)
	if d := left(); d != time.Minute {
		t.Errorf("after it %v", d)
	}
}

// TestReadsDoNotEndAnOutageOfCommits: while no commit is answered, reads that are do not
// make each commit wait as long as the first.
func TestReadsDoNotEndAnOutageOfCommits(t *testing.T) {
	s := open(t, pgtest.Start(t, "fsync = off").Database(t))
	defer s.Close()
	read := func() {
		t.Helper()
		if _, err := s.Version(t.Context(), 1000); err != nil {
			t.Fatal(err)
		}
		snap, err := s.Snapshot(t.Context(), 1000)
		if err != nil {
			t.Fatal(err)
		}
		snap.Close()
	}
	s.outages.write.note(&lostError{errors.New("no answer")})
	began := s.outages.write.since.Load()
	read()
	if s.outages.write.since.Load() != began {
		t.Error("a read has ended the outage of commits")
	}
	s.outages.read.note(&lostError{errors.New("no answer")})
	read()
	if s.outages.read.since.Load() != nil {
		t.Error("reads do not end their own")
	}
	if _, err := s.Commit(t.Context(), 1000, 0, one("key"), kv.Durable); err != nil {
		t.Fatal(err)
	}
	if s.outages.write.since.Load() != nil {
		t.Error("a commit does not end it")
	}
}

// TestLatencies: each commit and each round trip of a read is one observation, and what
// nobody waits for is none.
func TestLatencies(t *testing.T) {
	s := open(t, pgtest.Start(t, "fsync = off").Database(t))
	defer s.Close()
	counts := func() (commits, reads uint64) {
		t.Helper()
		var n [2]uint64
		for i, h := range []prometheus.Histogram{s.latencies.commit, s.latencies.read} {
			var m dto.Metric
			if err := h.Write(&m); err != nil {
				t.Fatal(err)
			}
			n[i] = m.Histogram.GetSampleCount()
			if sum := m.Histogram.GetSampleSum(); (sum > 0) != (n[i] > 0) || sum > 60*float64(n[i]) {
				t.Errorf("%d took %v s", n[i], sum)
			}
		}
		return n[0], n[1]
	}
	// The first use of a connection prepares its statements, which are round trips too.
	commits, reads := counts()
	for i := range 5 {
		if _, err := s.Commit(t.Context(), 1000, kv.Version(i), one("key"), kv.Durable); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Commit(t.Context(), 1000, 1, one("key"), kv.Durable); !errors.Is(err, kv.ErrConflict) {
		t.Fatal(err)
	}
	for range 7 {
		if _, err := s.Version(t.Context(), 1000); err != nil {
			t.Fatal(err)
		}
	}
	// The last commit is left out of a transaction for several, and hears why when it goes alone.
	c, r := counts()
	if c-commits != 7 || r-reads != 7 {
		t.Errorf("%d commits and %d reads are counted", c-commits, r-reads)
	}
	if n := len(s.Collectors()); n != 2 {
		t.Errorf("%d collectors", n)
	}
}
