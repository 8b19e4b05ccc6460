package pgkv

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// TestBacklog: with a standby that is away, commits of ever new partitions are refused,
// and do not take all connections of the server.
func TestBacklog(t *testing.T) {
	_, standby, url := pair(t)
	const writers, callers = 4, 8
	patient := open(t, url)
	defer patient.Close()
	mustCommit(t, patient, 1, 0, "before")
	s := impatient(t, Options{URL: url, AnswerTime: 300 * time.Millisecond, Writers: writers, Readers: 4}, 600*time.Millisecond)
	backlog := func() Backlog {
		t.Helper()
		b, err := s.Backlog(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if b := backlog(); b != (Backlog{}) {
		t.Errorf("with a standby: %+v", b)
	}
	began := time.Now()
	standby.Link.Mute(true)
	var all sync.WaitGroup
	for caller := range callers {
		all.Go(func() {
			for i := range 10 {
				_, err := s.Commit(context.Background(), kv.Partition(1000+100*caller+i), 0, one("k"), kv.Durable)
				if err == nil || !errors.Is(err, restante.ErrUnavailable) {
					t.Errorf("without a standby: %v", err)
				}
			}
		})
	}
	all.Wait()
	b, waited := backlog(), time.Since(began)
	if b.Commits == 0 || b.Commits > 3*writers || b.Longest <= 0 || b.Longest > waited {
		t.Errorf("%d commits wait for the standby, %v long, after %v", b.Commits, b.Longest, waited)
	}
	if later := backlog(); later.Longest <= b.Longest {
		t.Errorf("they wait %v, later %v", b.Longest, later.Longest)
	}
	standby.Link.Mute(false)
	standby.Link.Cut()
	mustCommit(t, patient, 1, 1, "after")
}
