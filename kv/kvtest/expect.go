package kvtest

import (
	"context"
	"errors"
	"testing"

	"github.com/restante/restante/kv"
)

// testExpect commits on ranges that are empty and on some that are not.
func testExpect(t *testing.T, b Backing) {
	s := store(t, b)
	expecting := func(what string, base kv.Version, kind error, c *kv.Batch, empty ...kv.Range) {
		t.Helper()
		version, err := kv.CommitExpecting(context.Background(), s, 1, base, c, kv.Durable, empty)
		if !errors.Is(err, kind) || err == nil && version != base+1 {
			t.Fatalf("%s: version %d, %v", what, version, err)
		}
	}
	between := func(start, end string) kv.Range { return kv.Range{Start: []byte(start), End: []byte(end)} }
	expecting("a partition that is not there", 0, nil, set("c", "1"), between("a", "z"))
	for name, r := range map[string]kv.Range{
		"first": between("c", "d"), "within": between("b", "cc"), "alone": kv.Only([]byte("c")), "all": between("", "z"),
	} {
		expecting(name, 1, kv.ErrUnexpected, set("d", "no"), r)
		expecting(name+" and an empty one", 1, kv.ErrUnexpected, set("d", "no"), between("x", "y"), r)
		large := batch(func(b *kv.Batch) { b.Set([]byte("d"), random(300_000)) }) // which goes alone
		expecting(name+", large", 1, kv.ErrUnexpected, large, r)
	}
	expect(t, s, 1, 1, row{"c", "1"})
	expecting("another base", 0, kv.ErrConflict, set("d", "no"), between("x", "y"))
	expecting("another base, large", 7, kv.ErrConflict, batch(func(b *kv.Batch) { b.DeleteRange(nil, nil) }), between("x", "y"))
	for i, r := range []kv.Range{between("a", "c"), between("c\x00", "d"), between("c", "c"), kv.Only([]byte("b"))} {
		expecting("beside", kv.Version(i+1), nil, set("c", "2"), r, between("x", "y"))
	}
	expecting("what the batch makes", 5, nil, set("x", "3"), between("x", "y"))
	expecting("what the batch deletes", 6, kv.ErrUnexpected, batch(func(b *kv.Batch) { b.DeleteRange(nil, nil) }), between("x", "y"))
	expect(t, s, 1, 6, row{"c", "2"}, row{"x", "3"})
}
