package directory

import (
	"context"
	"errors"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/mailstore"
)

// counted counts how often a store is read.
type counted struct {
	kv.Store
	reads int
}

func (c *counted) Snapshot(ctx context.Context, p kv.Partition) (kv.Snapshot, error) {
	c.reads++
	return c.Store.Snapshot(ctx, p)
}

// TestLookupDiscreetly holds that it finds what Lookup finds, and reads as often for
// names that nobody has.
func TestLookupDiscreetly(t *testing.T) {
	store := &counted{Store: memkv.New()}
	ms, err := mailstore.Open(t.Context(), mailstore.Options{KV: store})
	if err != nil {
		t.Fatal(err)
	}
	defer ms.Close()
	d, err := Open(store, ms, Options{LocalDomains: []string{"here.example"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"alice", "bob@here.example", "carol", "carol@here.example", "dan@there.example"} {
		if _, err := d.Add(t.Context(), name, Credentials{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, names := range [][]string{
		{"alice", "Alice", "nobody"},
		{"alice@here.example", "bob@here.example", "carol@here.example", "nobody@here.example"},
		{"dan@there.example", "nobody@there.example", "nobody@nowhere.example"},
	} {
		want := 0
		for _, name := range names {
			store.reads = 0
			got, err := d.LookupDiscreetly(t.Context(), name)
			reads := store.reads
			if want == 0 {
				want = reads
			}
			if reads != want || reads == 0 {
				t.Errorf("%s: %d reads, those before %d", name, reads, want)
			}
			u, plain := d.Lookup(t.Context(), name)
			if got.Name != u.Name || got.Account != u.Account || errors.Is(err, restante.ErrNotFound) != errors.Is(plain, restante.ErrNotFound) {
				t.Errorf("%s: %+v, %v; Lookup: %+v, %v", name, got, err, u, plain)
			}
		}
	}
	if _, err := d.LookupDiscreetly(t.Context(), "a@"); !errors.Is(err, restante.ErrInvalid) {
		t.Errorf("no name: %v", err)
	}
}
