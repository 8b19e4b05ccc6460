package directory

import (
	"errors"
	"testing"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
)

// TestCheckUnreadable: an entry that cannot be read is told, and a repair gives its
// account a user of the name again, who is to get a password.
func TestCheckUnreadable(t *testing.T) {
	now := time.Now()
	d, kvs := node(t, memkv.NewBacking(), Options{Now: func() time.Time { return now }})
	ctx := t.Context()
	bob, err := d.Add(ctx, "bob", Credentials{Hash: "$x$"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Add(ctx, "eve", Credentials{}); err != nil {
		t.Fatal(err)
	}
	snap, err := kvs.Snapshot(ctx, partitionOf("bob"))
	if err != nil {
		t.Fatal(err)
	}
	var b kv.Batch
	b.Set(userKey("bob"), []byte(`{"account":`))
	_, err = kvs.Commit(ctx, partitionOf("bob"), snap.Version(), &b, kv.Durable)
	if snap.Close(); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour)
	check := func(repair bool) (found []Finding) {
		if err := d.Check(ctx, repair, func(f Finding) error { found = append(found, f); return nil }); err != nil {
			t.Fatal(err)
		}
		return found
	}
	for _, repair := range []bool{false, true} {
		found := check(repair)
		if len(found) != 2 || found[0].Name != "bob" || found[0].Problem != "has an entry that cannot be read" || found[1].Account != bob.Account {
			t.Errorf("%+v", found)
		}
		for _, f := range found {
			if (f.Repaired != "") != repair {
				t.Errorf("%+v", f)
			}
		}
		if _, err := d.Lookup(ctx, "bob"); !repair && !errors.Is(err, restante.ErrCorrupt) {
			t.Error(err)
		}
	}
	clean(t, d)
	if u, err := d.Lookup(ctx, "bob"); err != nil || u.Account != bob.Account || !u.Disabled {
		t.Errorf("%+v, %v", u, err)
	}
}
