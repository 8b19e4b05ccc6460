package cluster

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
)

// TestAlive: somebody who is no node learns which nodes live, and that none does when
// they have ended in order or have died.
func TestAlive(t *testing.T) { synctest.Test(t, testAlive) }

func testAlive(t *testing.T) {
	b := memkv.NewBacking()
	outside := b.Open()
	defer outside.Close()
	expect := func(what string, want ...string) {
		t.Helper()
		got, err := Alive(t.Context(), outside)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", what, got, err)
		}
	}
	expect("nobody was ever here")
	one, _ := quick(t, b, Options{Name: "one"})
	eventually(t, "it has beaten", func() bool {
		table, err := one.look(t.Context())
		return err == nil && len(table.nodes) == 1
	})
	expect("one lives", "one")
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	expect("it has ended")
	table, err := one.look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var dead kv.Batch
	setJSON(&dead, nodeKey(7), nodeRow{Beat: 3, Name: "dead", LeaseMS: 1})
	if _, err := outside.Commit(t.Context(), partition, table.version, &dead, kv.Durable); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	expect("one has died")
	if time.Since(began) < time.Second {
		t.Error("a node's lease was not waited for")
	}
}
