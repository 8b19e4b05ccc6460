package pgkv

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/restante/restante/internal/pgtest"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/kvtest"
)

// pair is a primary with a standby, and the URL that finds whichever takes writes.
func pair(t *testing.T) (primary, standby *pgtest.Server, url string) {
	t.Helper()
	primary = pgtest.Start(t)
	primary.Exec(t, "postgres", "CREATE DATABASE mail")
	standby = primary.Standby(t)
	return primary, standby, fmt.Sprintf("postgres://postgres@127.0.0.1:%d,127.0.0.1:%d/mail?target_session_attrs=read-write", primary.Port, standby.Port)
}

// during has callers commit through the nodes while f makes things fail, and
// holds their history to the contract.
func during(t *testing.T, nodes []kv.Store, f func()) {
	t.Helper()
	stop := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() { kvtest.Linearizable(t, nodes, 4, 4000, stop) })
	f()
	close(stop)
	all.Wait()
}

// TestLinearizableUnderFaults breaks connections, loses answers and kills the server
// while two nodes commit to one partition.
func TestLinearizableUnderFaults(t *testing.T) {
	server := pgtest.Start(t)
	url := server.Database(t)
	var nodes []kv.Store
	var proxies []*pgtest.Proxy
	for range 2 {
		s, p := throughProxy(t, server, url)
		nodes, proxies = append(nodes, s), append(proxies, p)
	}
	rng := rand.New(rand.NewPCG(2, 2))
	during(t, nodes, func() { faults(t, rng, server, proxies, 20) })
}

// TestLinearizableOverFailover kills the primary and promotes its standby while two
// nodes commit.
func TestLinearizableOverFailover(t *testing.T) {
	primary, standby, url := pair(t)
	var nodes []kv.Store
	for range 2 {
		s := open(t, url)
		t.Cleanup(func() { s.Close() })
		nodes = append(nodes, s)
	}
	during(t, nodes, func() {
		for versionOf(t, nodes[0].(*Store), 7) < 20 {
			time.Sleep(time.Millisecond) // between questions
		}
		primary.Kill()
		before := time.Now()
		standby.Promote(t)
		v := versionOf(t, nodes[0].(*Store), 7)
		t.Logf("promoted after %v, at version %d", time.Since(before), v)
		for versionOf(t, nodes[1].(*Store), 7) < v+20 {
			time.Sleep(time.Millisecond)
		}
	})
}

// TestUnreplicated: while nothing comes through to the standby, no commit is acknowledged
// that only the primary has, however long it takes and whatever breaks meanwhile; what
// was acknowledged is there when the standby takes over.
func TestUnreplicated(t *testing.T) {
	primary, standby, url := pair(t)
	patient := open(t, url)
	t.Cleanup(func() { patient.Close() })
	mustCommit(t, patient, 1, 0, "before")
	s := impatient(t, Options{URL: url, AnswerTime: 300 * time.Millisecond}, 2*time.Second)
	standby.Link.Mute(true)
	acknowledged := make(map[string]bool)
	for i := range 2 {
		key := fmt.Sprint("k", i)
		_, err := s.Commit(context.Background(), 1, 1, one(key), kv.Durable)
		acknowledged[key] = err == nil
		if err == nil || errors.Is(err, kv.ErrConflict) {
			t.Errorf("%s is answered with %v though nothing comes through to the standby", key, err)
		}
	}
	primary.Kill()
	standby.Promote(t)
	v := versionOf(t, patient, 1)
	there := keys(t, patient, 1)
	t.Logf("version %d: %s", v, there)
	for key, yes := range acknowledged {
		if yes && !slices.Contains(strings.Fields(there), key) {
			t.Errorf("%s was acknowledged and is not there", key)
		}
	}
	// A commit over a connection that broke long ago may be refused.
	for ; ; v = versionOf(t, patient, 1) {
		if _, err := patient.Commit(t.Context(), 1, v, one("after"), kv.Durable); err == nil {
			break
		} else if !errors.Is(err, kv.ErrConflict) {
			t.Fatal(err)
		}
	}
}

// TestCancelledWait has an administrator cancel a commit that waits for the standby, which
// PostgreSQL then answers as done: nobody hears of it before the standby has it.
func TestCancelledWait(t *testing.T) {
	primary, standby, url := pair(t)
	s, err := Open(t.Context(), Options{URL: url, Patience: 2 * time.Minute, AnswerTime: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	mustCommit(t, s, 1, 0, "before")
	standby.Link.Mute(true)
	answer := make(chan error, 1)
	go func() {
		v, err := s.Commit(context.Background(), 1, 1, one("k"), kv.Durable)
		if err == nil && v != 2 {
			err = fmt.Errorf("version %d", v)
		}
		answer <- err
	}()
	administrator, err := pgx.Connect(t.Context(), primary.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer administrator.Close(context.Background())
	// until asks the primary of those who wait for the standby, until one answer is true.
	until := func(query string) {
		t.Helper()
		for yes := false; !yes; {
			select {
			case err := <-answer:
				t.Fatalf("answered with %v though nothing comes through to the standby", err)
			case <-time.After(5 * time.Millisecond): // between questions
			}
			const waiting = " FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND datname = 'mail'"
			err := administrator.QueryRow(t.Context(), "SELECT coalesce(bool_or("+query+"), false)"+waiting).Scan(&yes)
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	until("query LIKE '%mine AS (%' AND pg_cancel_backend(pid)")          // of whose query the beginning is told
	until("query LIKE '%SET marks = marks %' AND pg_cancel_backend(pid)") // when it is looked for, too
	until("query LIKE '%SET marks = marks %'")
	standby.Link.Mute(false)
	standby.Link.Cut()
	if err := <-answer; err != nil {
		t.Errorf("a commit that the standby has: %v", err)
	}
	if s.Stats().Unknown == 0 {
		t.Error("the outcome was never in doubt")
	}
}
