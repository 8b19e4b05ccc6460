package kvtest

import (
	"context"
	"errors"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// testImport fills partitions with versions of another store.
func testImport(t *testing.T, b Backing) {
	s, ok := store(t, b).(kv.Importer)
	if !ok {
		t.Skip("the engine takes no imports")
	}
	ctx := context.Background()
	do := func(p kv.Partition, base, version kv.Version, b *kv.Batch, want error) {
		t.Helper()
		if err := s.Import(ctx, p, base, version, b); !errors.Is(err, want) {
			t.Fatalf("Import(%d, %d to %d): %v, not %v", p, base, version, err, want)
		}
	}
	const high = 1<<62 | 1<<61 | 7
	large := string(random(3 << 20))
	do(1, 0, high, set("a", large), nil)
	do(2, 0, 5, set("a", "2"), nil)
	expect(t, s, 1, high, row{"a", large})
	do(1, 6, 7, set("a", "x"), kv.ErrConflict)
	do(1, 0, 7, set("a", "x"), kv.ErrConflict)
	do(1, high, 0, set(string(make([]byte, kv.MaxKey+1)), ""), nil) // the batch is not looked at
	expect(t, s, 1, 0)
	do(1, 0, 9, set("b", "1"), nil)
	do(1, 9, 4, batch(func(b *kv.Batch) { // lower
		b.Delete([]byte("b"), 1)
		b.Set([]byte("c"), []byte("3"))
	}), nil)
	expect(t, s, 1, 4, row{"c", "3"})
	do(1, 0, 0, nil, kv.ErrConflict)
	do(3, 0, 0, nil, nil)
	do(2, 5, 6, set("", "x"), restante.ErrInvalid)
	do(kv.MaxPartition+1, 0, 1, nil, restante.ErrInvalid)
	do(2, 5, 5, nil, nil)
	do(4, 0, 2, nil, nil)
	do(4, 2, 0, nil, nil)
	// What was imported is there after a restart, and is committed to as anything.
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	after := store(t, b)
	var all []kv.Version
	err := after.Partitions(ctx, func(_ kv.Partition, v kv.Version) error {
		all = append(all, v)
		return nil
	})
	if err != nil || len(all) != 2 || all[0] != 4 || all[1] != 5 {
		t.Errorf("Partitions: %v, %v", all, err)
	}
	expect(t, after, 1, 4, row{"c", "3"})
	commit(t, after, 1, 4, set("d", "4"), kv.Relaxed)
	expect(t, after, 1, 5, row{"c", "3"}, row{"d", "4"})
	commit(t, after, 4, 0, set("d", "4"), kv.Durable)
}
