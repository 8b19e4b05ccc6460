package namespace_test

import (
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/namespace"
)

// TestCheck takes rows out of the index, which Check must find and a repair put back.
func TestCheck(t *testing.T) {
	w := newWorld(t, memkv.NewBacking(), "alice", "bob", "eve@local.example")
	w.grant("alice", "bob", namespace.Replace, "lr")
	w.grant("alice", "-eve@local.example", namespace.Add, "r")
	w.grant("bob", "anyone", namespace.Replace, "l")
	w.grant("bob", "group:staff", namespace.Replace, "lrs")
	w.grant("bob", "alice", namespace.Replace, "")
	id, err := w.users.MakePublic(t.Context(), "example.org")
	w.ok(err)
	w.grantIn(namespace.Owner{Account: id, Tenant: "example.org"}, "anyone", namespace.Replace, "lr")
	if found := w.check(false); found != nil {
		t.Fatal(found)
	}
	account := func(name string) restante.AccountID {
		u, err := w.users.Lookup(t.Context(), name)
		w.ok(err)
		return u.Account
	}
	for key, owner := range map[string]restante.AccountID{
		"bob": account("alice"), "-eve@local.example": account("alice"), "anyone@": account("bob"), "group:staff": account("bob"), "anyone@example.org": id,
	} {
		w.ok(w.users.Unshare(t.Context(), key, owner))
		for _, repair := range []bool{false, true} {
			if found := w.check(repair); len(found) != 1 || found[0].Owner.Account != owner || found[0].Repaired != repair {
				t.Errorf("%s, repair %v: %v", key, repair, found)
			}
		}
		if found := w.check(false); found != nil {
			t.Errorf("%s: %v", key, found)
		}
	}
}

func (w *world) check(repair bool) (found []namespace.Finding) {
	w.Helper()
	w.ok(w.names.Check(w.Context(), repair, func(f namespace.Finding) error {
		found = append(found, f)
		return nil
	}))
	return found
}
