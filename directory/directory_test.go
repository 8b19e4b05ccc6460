package directory

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/mailstore"
)

// node opens a directory on a node of its own.
func node(t *testing.T, b *memkv.Backing, o Options) (*Directory, *memkv.Store) {
	t.Helper()
	kvs := b.Open()
	ms, err := mailstore.Open(t.Context(), mailstore.Options{KV: kvs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ms.Close(); kvs.Close() })
	d, err := Open(kvs, ms, o)
	if err != nil {
		t.Fatal(err)
	}
	return d, kvs
}

// clean fails the test if Check finds anything, seen from long after.
func clean(t *testing.T, d *Directory) {
	t.Helper()
	later := *d
	later.now = func() time.Time { return time.Now().Add(time.Hour) }
	err := later.Check(t.Context(), false, func(f Finding) error {
		t.Errorf("%+v", f)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestUsers(t *testing.T) {
	d, _ := node(t, memkv.NewBacking(), Options{LocalDomains: []string{"Local.Example"}})
	ctx := t.Context()
	c := Credentials{Hash: "$x$"}
	bob, err := d.Add(ctx, "Bob@Example.org", c)
	if err != nil || bob.Name != "bob@example.org" || bob.Account < restante.FirstAccountID {
		t.Fatalf("%+v, %v", bob, err)
	}
	if _, err := d.Add(ctx, "bob@EXAMPLE.org", c); !errors.Is(err, restante.ErrExists) {
		t.Errorf("again: %v", err)
	}
	if _, err := d.Add(ctx, "a@b@c", c); !errors.Is(err, restante.ErrInvalid) {
		t.Errorf("bad name: %v", err)
	}
	eve, err := d.Add(ctx, "eve", Credentials{})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]restante.AccountID{
		"BOB@example.org": bob.Account, "eve": eve.Account, "eve@local.example": eve.Account,
	} {
		if u, err := d.Lookup(ctx, name); err != nil || u.Account != want {
			t.Errorf("%s: %+v, %v", name, u, err)
		}
	}
	for _, name := range []string{"bob", "eve@example.org", "bob@local.example"} {
		if _, err := d.Lookup(ctx, name); !errors.Is(err, restante.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	next := Credentials{Hash: "$y$", SCRAM: []SCRAMKeys{{Mechanism: "SCRAM-SHA-1", Iterations: 1}}}
	if _, err := d.ReplaceCredentials(ctx, "bob@example.org", next, c); !errors.Is(err, restante.ErrNotPermitted) {
		t.Errorf("replacing what is not there: %v", err)
	}
	if _, err := d.ReplaceCredentials(ctx, "bob@example.org", c, next); err != nil {
		t.Error(err)
	}
	if _, err := d.SetDisabled(ctx, "bob@example.org", true); err != nil {
		t.Error(err)
	}
	if u, err := d.Lookup(ctx, "bob@example.org"); err != nil || !u.Disabled || !u.Credentials.Equal(next) || u.Created.IsZero() {
		t.Errorf("%+v, %v", u, err)
	}
	if _, err := d.SetCredentials(ctx, "nobody", c); !errors.Is(err, restante.ErrNotFound) {
		t.Error(err)
	}
	var names []string
	if err := d.List(ctx, func(u User) error { names = append(names, u.Name); return nil }); err != nil ||
		!slices.Equal(names, []string{"bob@example.org", "eve"}) {
		t.Errorf("%q, %v", names, err)
	}
	clean(t, d)
	if err := d.Remove(ctx, "bob@example.org"); err != nil {
		t.Error(err)
	}
	if err := d.Remove(ctx, "bob@example.org"); !errors.Is(err, restante.ErrNotFound) {
		t.Errorf("again: %v", err)
	}
	if _, err := d.store.Account(ctx, bob.Account); !errors.Is(err, restante.ErrNotFound) {
		t.Errorf("the account is still there: %v", err)
	}
	clean(t, d)
}

func TestResolve(t *testing.T) {
	d, _ := node(t, memkv.NewBacking(), Options{LocalDomains: []string{"example.org"}})
	for _, name := range []string{"a@example.com", "a+b@example.com", "eve"} {
		if _, err := d.Add(t.Context(), name, Credentials{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct{ address, name, detail string }{
		{"a@example.com", "a@example.com", ""},
		{"A+Lists/Go@Example.COM", "a@example.com", "Lists/Go"},
		{"a+b@example.com", "a+b@example.com", ""},
		{"a+b+c@example.com", "a+b@example.com", "c"},
		{"a+x+c@example.com", "a@example.com", "x+c"},
		{"a+@example.com", "a@example.com", ""},
		{"a+b c@example.com", "a@example.com", "b c"},
		{"eve+x@example.org", "eve", "x"},
		{"eve", "eve", ""},
	} {
		u, detail, err := d.Resolve(t.Context(), test.address)
		if err != nil || u.Name != test.name || detail != test.detail {
			t.Errorf("%s: %s, %q, %v", test.address, u.Name, detail, err)
		}
	}
	for address, want := range map[string]error{
		"eve@example.com": restante.ErrNotFound, "nobody@example.org": restante.ErrNotFound, "+x@example.com": restante.ErrNotFound,
		"": restante.ErrInvalid, "@example.com": restante.ErrInvalid, "a@": restante.ErrInvalid,
	} {
		if _, _, err := d.Resolve(t.Context(), address); !errors.Is(err, want) {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// TestNodesRace adds the same names from two nodes at once: one of each wins,
// and nothing is left of the other.
func TestNodesRace(t *testing.T) {
	b := memkv.NewBacking()
	one, _ := node(t, b, Options{})
	two, _ := node(t, b, Options{})
	var wg sync.WaitGroup
	var mu sync.Mutex
	made := map[string]int{}
	for _, d := range []*Directory{one, two, one, two} {
		wg.Go(func() {
			for _, name := range []string{"a", "b", "c", "d"} {
				_, err := d.Add(t.Context(), name, Credentials{})
				if err != nil && !errors.Is(err, restante.ErrExists) {
					t.Error(err)
				}
				if err == nil {
					mu.Lock()
					made[name]++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	for name, n := range made {
		if n != 1 {
			t.Errorf("%s was made %d times", name, n)
		}
	}
	n := 0
	if err := two.store.Accounts(t.Context(), func(mailstore.AccountInfo) error { n++; return nil }); err != nil || n != 4 {
		t.Errorf("%d accounts, %v", n, err)
	}
	s1, err1 := one.Secret(t.Context())
	s2, err2 := two.Secret(t.Context())
	if err := errors.Join(err1, err2); err != nil || len(s1) != 32 || !slices.Equal(s1, s2) {
		t.Errorf("two secrets: %v", err)
	}
	clean(t, one)
}

func TestAddFailsAtTheName(t *testing.T) {
	d, kvs := node(t, memkv.NewBacking(), Options{})
	lost := errors.New("the disk is gone")
	fail := func(_ context.Context, c memkv.Commit) error {
		if c.Partition < kv.Partition(restante.FirstAccountID) {
			return lost
		}
		return nil
	}
	kvs.Inject(memkv.Faults{BeforeCommit: fail})
	if _, err := d.Add(t.Context(), "bob", Credentials{}); !errors.Is(err, lost) {
		t.Errorf("not written: %v", err)
	}
	clean(t, d)
	kvs.Inject(memkv.Faults{AfterCommit: fail})
	if u, err := d.Add(t.Context(), "bob", Credentials{}); err != nil || u.Account == 0 {
		t.Errorf("written, but not told so: %v", err)
	}
	kvs.Inject(memkv.Faults{})
	clean(t, d)
}

// TestWrittenAndNotTold fails every commit of names after it is written: all that
// was asked for has happened, and is answered so.
func TestWrittenAndNotTold(t *testing.T) {
	d, kvs := node(t, memkv.NewBacking(), Options{})
	ctx := t.Context()
	kvs.Inject(memkv.Faults{AfterCommit: func(context.Context, memkv.Commit) error { return errors.New("lost") }})
	u, err := d.Add(ctx, "bob", Credentials{})
	if err != nil {
		t.Fatal(err)
	}
	if u, err := d.SetCredentials(ctx, "bob", Credentials{Hash: "$x$"}); err != nil || u.Credentials.Hash != "$x$" {
		t.Errorf("%+v, %v", u, err)
	}
	if err := d.Remove(ctx, "bob"); err != nil {
		t.Error(err)
	}
	if _, err := d.store.Account(ctx, u.Account); !errors.Is(err, restante.ErrNotFound) {
		t.Errorf("the account is still there: %v", err)
	}
	clean(t, d)
}

func TestCheckRepairs(t *testing.T) {
	now := time.Now()
	d, _ := node(t, memkv.NewBacking(), Options{Now: func() time.Time { return now }})
	ctx := t.Context()
	gone, err := d.Add(ctx, "gone", Credentials{})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.store.RemoveAccount(ctx, gone.Account); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Add(ctx, "taken", Credentials{}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"lost", "taken"} {
		if _, err := d.store.CreateAccount(ctx, name); err != nil {
			t.Fatal(err)
		}
	}
	check := func(repair bool) (found []Finding) {
		if err := d.Check(ctx, repair, func(f Finding) error { found = append(found, f); return nil }); err != nil {
			t.Fatal(err)
		}
		return found
	}
	if found := check(false); len(found) != 1 || found[0].Name != "gone" {
		t.Errorf("accounts as young as these may be about to get a name: %+v", found)
	}
	now = now.Add(time.Hour)
	if found := check(false); len(found) != 3 {
		t.Errorf("%+v", found)
	}
	if found := check(true); len(found) != 3 || found[0].Repaired == "" {
		t.Errorf("%+v", found)
	}
	clean(t, d)
	if u, err := d.Lookup(ctx, "lost"); err != nil || !u.Disabled {
		t.Errorf("%+v, %v", u, err)
	}
	if _, err := d.Lookup(ctx, "gone"); !errors.Is(err, restante.ErrNotFound) {
		t.Error(err)
	}
}

// TestUIDValidityOfNames removes users and adds them again at once: no mailbox has a
// UIDVALIDITY that another of its name had before (RFC 9051 §2.3.1.1), however many
// were made in that second.
func TestUIDValidityOfNames(t *testing.T) {
	d, _ := node(t, memkv.NewBacking(), Options{})
	ctx := t.Context()
	highest := uint32(0)
	for round := range 4 {
		u, err := d.Add(ctx, "bob", Credentials{})
		if err != nil {
			t.Fatal(err)
		}
		a, err := d.store.Account(ctx, u.Account)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 30 {
			if _, err := a.CreateMailbox(ctx, fmt.Sprint(i), nil); err != nil {
				t.Fatal(err)
			}
		}
		before := highest
		for _, mb := range a.State().Mailboxes() {
			if mb.UIDValidity <= before {
				t.Errorf("round %d: %s has UIDVALIDITY %d, and %d was given out before", round, mb.Name, mb.UIDValidity, before)
			}
			highest = max(highest, mb.UIDValidity)
		}
		a.Release()
		if round == 2 {
			// The removal ends before the account goes.
			_, err = d.change(ctx, "bob", func(User, bool) (User, bool, error) { return User{}, false, nil })
		} else {
			err = d.Remove(ctx, "bob")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestRepairOfRemovedUser: a repair that comes too late for an entry, because the user
// was removed, does not forget the UIDVALIDITY that the name has to go on from.
func TestRepairOfRemovedUser(t *testing.T) {
	d, _ := node(t, memkv.NewBacking(), Options{})
	u, err := d.Add(t.Context(), "bob", Credentials{})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Remove(t.Context(), "bob"); err != nil {
		t.Fatal(err)
	}
	_, err = d.change(t.Context(), "bob", func(_ User, found bool) (User, bool, error) {
		if found {
			t.Error("there is a user")
		}
		return User{}, false, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	rows, _, err := kv.First(t.Context(), d.kv, partitionOf("bob"), []kv.Range{kv.Only(removedKey("bob"))})
	if err != nil {
		t.Fatal(err)
	}
	if want := binary.BigEndian.AppendUint64(nil, uint64(u.Account)); !bytes.Equal(rows[0].Value, want) {
		t.Errorf("the account that was removed is noted as %x, want %x", rows[0].Value, want)
	}
}
