package pgkv

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// TestBacklog: with a standby that is away, commits of ever new partitions are refused,
// and do not take all connections of the server.
func TestBacklog(t *testing.T) {
	primary, standby, url := pair(t)
	const writers, callers = 4, 8
	patient := open(t, url)
	defer patient.Close()
	mustCommit(t, patient, 1, 0, "before")
	s := impatient(t, Options{URL: url, AnswerTime: 300 * time.Millisecond, Writers: writers, Readers: 4}, 600*time.Millisecond)
	administrator, err := pgx.Connect(t.Context(), primary.URL("mail"))
	if err != nil {
		t.Fatal(err)
	}
	defer administrator.Close(context.Background())
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
	var n int
	if err := administrator.QueryRow(t.Context(), sqlBacklog).Scan(&n); err != nil {
		t.Fatal(err)
	}
	if n == 0 || n > 3*writers {
		t.Errorf("%d commits wait for the standby", n)
	}
	standby.Link.Mute(false)
	standby.Link.Cut()
	mustCommit(t, patient, 1, 1, "after")
}
