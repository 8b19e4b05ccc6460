package memkv_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/kvtest"
	"github.com/restante/restante/kv/memkv"
)

// TestLinearizable: the commits of two nodes are linearizable, also where answers are
// lost.
func TestLinearizable(t *testing.T) {
	b := memkv.NewBacking()
	lost := errors.New("lost")
	var nodes []kv.Store
	for range 2 {
		s := b.Open()
		some := func(context.Context, memkv.Commit) error {
			if rand.IntN(100) == 0 {
				return lost
			}
			return nil
		}
		s.Inject(memkv.Faults{BeforeCommit: some, AfterCommit: some})
		nodes = append(nodes, s)
	}
	kvtest.Linearizable(t, nodes, 4, 150, nil)
}
