package mailstore

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/restante/restante"
)

// TestQuotaOverNodes: many nodes that add to one account at a time do not let in more
// than the quota, and refuse nothing that fits.
func TestQuotaOverNodes(t *testing.T) {
	const limit, each = 25, 20
	f := newFixture(t, Options{})
	nodes := []*fixture{f, f.node(), f.node()}
	if err := f.SetQuota(t.Context(), Quota{Messages: limit}); err != nil {
		t.Fatal(err)
	}
	var in, full atomic.Int64
	var wg sync.WaitGroup
	for i, n := range nodes {
		wg.Go(func() {
			for j := range each {
				_, err := tryAppend(t.Context(), n.Account, n.inbox, nil, message1(i*each+j))
				switch {
				case err == nil:
					in.Add(1)
				case errors.Is(err, restante.ErrOverQuota):
					full.Add(1)
				default:
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if in.Load() != limit || full.Load() != 3*each-limit {
		t.Errorf("%d are in and %d were refused, with a quota of %d", in.Load(), full.Load(), limit)
	}
	// Room that one node makes is there for another that thinks it is full.
	if _, err := nodes[1].StoreFlags(t.Context(), f.inbox, uids(1, 3), AddFlags, []string{`\Deleted`}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := nodes[1].Expunge(t.Context(), f.inbox, nil); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		if _, err := tryAppend(t.Context(), nodes[2].Account, f.inbox, nil, message1(1000+i)); (err == nil) != (i < 3) {
			t.Errorf("message %d: %v", i, err)
		}
	}
}
