package namespace_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/directory"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/mailstore/mailstoretest"
	"github.com/restante/restante/namespace"
)

// world is a namespace with users.
type world struct {
	*testing.T
	store *mailstore.Store
	users *directory.Directory
	names *namespace.Namespace
}

func newWorld(t *testing.T, backing *memkv.Backing, users ...string) *world {
	w := &world{T: t}
	engine := backing.Open()
	var err error
	if w.store, err = mailstore.Open(t.Context(), mailstore.Options{KV: engine}); err != nil {
		t.Fatal(err)
	}
	if w.users, err = directory.Open(engine, w.store, directory.Options{LocalDomains: []string{"local.example"}}); err != nil {
		t.Fatal(err)
	}
	w.names = namespace.New(namespace.Options{Store: w.store, Directory: w.users})
	for _, name := range users {
		if _, err := w.users.Add(t.Context(), name, directory.Credentials{}); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		mailstoretest.MustCheck(t, w.store)
		if err := w.names.Check(context.Background(), false, func(f namespace.Finding) error {
			t.Error(f)
			return nil
		}); err != nil {
			t.Error(err)
		}
		w.store.Close()
		engine.Close()
	})
	return w
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// user is one who is logged in.
func (w *world) user(name string) *namespace.User {
	w.Helper()
	u, err := w.users.Lookup(w.Context(), name)
	w.ok(err)
	return w.names.User(u.Name, u.Account)
}

// grant gives rights on the INBOX of a user.
func (w *world) grant(owner, who string, c namespace.Change, letters string) {
	w.Helper()
	u, err := w.users.Lookup(w.Context(), owner)
	w.ok(err)
	w.grantIn(w.names.OwnerOf(u), who, c, letters)
}

func (w *world) grantIn(o namespace.Owner, who string, c namespace.Change, letters string) {
	w.Helper()
	a, err := w.store.Account(w.Context(), o.Account)
	w.ok(err)
	defer a.Release()
	rights, err := mailstore.ParseRights(letters)
	w.ok(err)
	who, err = w.names.Identifier(w.Context(), who)
	w.ok(err)
	w.ok(w.names.Grant(w.Context(), o, a, a.State().MailboxByName("INBOX").ID, who, c, rights))
}

// rights are those of a user on a name.
func (w *world) rights(u *namespace.User, name string) string {
	w.Helper()
	o, local, err := u.Find(w.Context(), name)
	if errors.Is(err, restante.ErrNotFound) {
		return ""
	}
	w.ok(err)
	a, err := u.Open(w.Context(), o)
	w.ok(err)
	defer a.Release()
	w.ok(a.Refresh(w.Context()))
	mb := a.State().MailboxByName(local)
	if mb == nil {
		return "none there"
	}
	r, err := u.Rights(w.Context(), o, a.State(), mb.ID)
	w.ok(err)
	return r.String()
}

// owners are the prefixes of those who share with a user.
func (w *world) owners(u *namespace.User) (prefixes []string) {
	w.Helper()
	list, err := u.Owners(w.Context())
	w.ok(err)
	for _, o := range list {
		prefixes = append(prefixes, o.Prefix)
	}
	return prefixes
}

func TestFind(t *testing.T) {
	w := newWorld(t, memkv.NewBacking(), "alice", "bob@example.com", "a%b*c=d", "mallet")
	u := w.user("alice")
	for _, owner := range []string{"bob@example.com", "a%b*c=d"} {
		w.grant(owner, "alice", namespace.Replace, "l")
	}
	for name, want := range map[string]string{
		"INBOX":                              " INBOX",
		"Others/x":                           " Others/x",
		"Other Users":                        "!",
		"Other Users/":                       "!",
		"Other Users/bob@example.com":        "!",
		"Other Users/bob@example.com/":       "!",
		"Other Users/bob@example.com/a/b":    "Other Users/bob@example.com/ a/b",
		"Other Users/BOB@EXAMPLE.com/a":      "Other Users/bob@example.com/ a",
		"Other Users/nobody/a":               "!",
		"Other Users/mallet/a":               "!", // who shares nothing
		"Other Users/a=25b=2Ac=3Dd/x":        "Other Users/a=25b=2Ac=3Dd/ x",
		"Other Users/\x00/x":                 "!",
		"Other Users/alice/x":                "Other Users/alice/ x",
		"Other Users/alice@local.example/x":  "Other Users/alice/ x",
		"Shared":                             "!",
		"Shared/x":                           "!",
		"Other Users/a=25b=2Ac=3Dd=/INBOX/x": "!",
	} {
		o, local, err := u.Find(t.Context(), name)
		got := o.Prefix + " " + local
		if errors.Is(err, restante.ErrNotFound) {
			got = "!"
		} else {
			w.ok(err)
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
	public, err := w.users.MakePublic(t.Context(), "")
	w.ok(err)
	if _, _, err := u.Find(t.Context(), "Shared/x"); !errors.Is(err, restante.ErrNotFound) {
		t.Errorf("public mailboxes of which none is shared: %v", err)
	}
	w.grantIn(namespace.Owner{Account: public}, "anyone", namespace.Replace, "l")
	for name, there := range map[string]bool{"alice": true, "bob@example.com": false} {
		if _, _, err := w.user(name).Find(t.Context(), "Shared/x"); errors.Is(err, restante.ErrNotFound) == there {
			t.Errorf("public mailboxes without a domain, for %s: %v", name, err)
		}
	}
}

func TestIdentifier(t *testing.T) {
	w := newWorld(t, memkv.NewBacking(), "alice")
	for in, want := range map[string]string{
		"anyone": "anyone", "-anyone": "-anyone", "anonymous": "anonymous", "ALICE": "alice", "-alice": "-alice",
		"alice@local.example": "alice", "Fred@EXAMPLE.com": "fred@example.com", "$Team": "group:team", "-$team@x.example": "-group:team@x.example",
		"group:Team": "group:team", "": "!", "-": "!", "$": "!", "a b": "!", "--alice": "--alice",
	} {
		got, err := w.names.Identifier(t.Context(), in)
		if errors.Is(err, restante.ErrInvalid) {
			got = "!"
		} else {
			w.ok(err)
		}
		if got != want {
			t.Errorf("%q: got %q, want %q (%v)", in, got, want, err)
		}
	}
}

// TestRights: what lists say, and what the index of who shares with whom says with
// them, at once and to users who have looked before.
func TestRights(t *testing.T) {
	w := newWorld(t, memkv.NewBacking(), "alice@x.example", "bob@x.example", "carol@y.example")
	alice, bob, carol := w.user("alice@x.example"), w.user("bob@x.example"), w.user("carol@y.example")
	const inbox = "Other Users/alice@x.example/INBOX"
	expect := func(bobs, carols, alices string) {
		t.Helper()
		got := []string{w.rights(bob, inbox), w.rights(carol, inbox), w.rights(alice, "INBOX")}
		if want := []string{bobs, carols, alices}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		for i, u := range []*namespace.User{bob, carol} {
			if shares := len(w.owners(u)) > 0; !shares && got[i] != "" {
				t.Errorf("rights %s, and is not listed", got[i])
			}
		}
	}
	all := mailstore.Rights(mailstore.AllRights).String()
	expect("", "", all)
	w.grant("alice@x.example", "bob@x.example", namespace.Replace, "lrs")
	expect("lrs", "", all)
	w.grant("alice@x.example", "bob@x.example", namespace.Add, "w")
	expect("lrsw", "", all)
	w.grant("alice@x.example", "bob@x.example", namespace.Remove, "ls")
	expect("rw", "", all)
	w.grant("alice@x.example", "anyone", namespace.Replace, "l") // of her domain
	expect("lrw", "", all)
	_, err := w.users.AddGroup(t.Context(), "team@y.example")
	w.ok(err)
	w.ok(w.users.Join(t.Context(), "carol@y.example", "team@y.example"))
	w.grant("alice@x.example", "$team@y.example", namespace.Replace, "lrk")
	expect("lrw", "lrk", all)
	w.grant("alice@x.example", "-anyone", namespace.Replace, "r")
	expect("lw", "lrk", "lswipkxtean")
	w.grant("alice@x.example", "-$team@y.example", namespace.Replace, "k")
	expect("lw", "lr", "lswipkxtean")
	w.grant("alice@x.example", "-anyone", namespace.Delete, "")
	w.grant("alice@x.example", "alice@x.example", namespace.Replace, "r")
	expect("lrw", "lr", "lra") // and what no list takes from her
	w.ok(w.users.Leave(t.Context(), "carol@y.example", "team@y.example"))
	expect("lrw", "", "lra")
	w.grant("alice@x.example", "bob@x.example", namespace.Delete, "")
	expect("l", "", "lra")
	w.grant("alice@x.example", "anyone", namespace.Delete, "")
	expect("", "", "lra")
}

func TestForget(t *testing.T) {
	w := newWorld(t, memkv.NewBacking(), "alice", "bob")
	w.grant("alice", "bob", namespace.Replace, "lrs")
	w.grant("alice", "-bob", namespace.Replace, "s")
	if got := w.owners(w.user("bob")); !slices.Equal(got, []string{"Other Users/alice/"}) {
		t.Fatal(got)
	}
	w.ok(w.names.Forget(t.Context(), "bob"))
	if got := w.owners(w.user("bob")); len(got) != 0 {
		t.Error(got)
	}
	if got := w.rights(w.user("bob"), "Other Users/alice/INBOX"); got != "" {
		t.Error(got)
	}
}

// TestForgetMentions: nor does a list keep a name that has nothing in it, or that it
// takes rights from.
func TestForgetMentions(t *testing.T) {
	w := newWorld(t, memkv.NewBacking(), "alice", "bob")
	u, err := w.users.Lookup(t.Context(), "alice")
	w.ok(err)
	a, err := w.store.Account(t.Context(), u.Account)
	w.ok(err)
	defer a.Release()
	for name, grant := range map[string]func(){
		"negative": func() { w.grant("alice", "-bob", namespace.Replace, "l") },
		"empty":    func() { w.grant("alice", "bob", namespace.Replace, "") },
		"taken": func() {
			w.grant("alice", "bob", namespace.Replace, "lr")
			w.grant("alice", "bob", namespace.Remove, "lr")
		},
	} {
		grant()
		w.ok(w.names.Forget(t.Context(), "bob"))
		for _, list := range a.State().ACLs {
			if len(list) != 1 || list[0].Identifier != "alice" {
				t.Errorf("%s: the list is %v", name, list)
			}
		}
	}
}

// TestOwnersOnNodes: a user on one node finds what another node's user shares.
func TestOwnersOnNodes(t *testing.T) {
	backing := memkv.NewBacking()
	w := newWorld(t, backing, "alice", "bob")
	v := newWorld(t, backing)
	bob := v.user("bob")
	if got := v.owners(bob); len(got) != 0 {
		t.Fatal(got)
	}
	w.grant("alice", "bob", namespace.Replace, "lr")
	if got := v.owners(bob); !slices.Equal(got, []string{"Other Users/alice/"}) || v.rights(bob, "Other Users/alice/INBOX") != "lr" {
		t.Error(got)
	}
	w.grant("alice", "bob", namespace.Delete, "")
	if got := v.rights(bob, "Other Users/alice/INBOX"); got != "" || len(v.owners(bob)) != 0 {
		t.Error(got)
	}
}

func TestMayPost(t *testing.T) {
	w := newWorld(t, memkv.NewBacking(), "alice", "bob")
	u, err := w.users.Lookup(t.Context(), "alice")
	w.ok(err)
	public, err := w.users.MakePublic(t.Context(), "")
	w.ok(err)
	for _, o := range []namespace.Owner{w.names.OwnerOf(u), {Account: public}} {
		expect := func(users, publics bool) {
			t.Helper()
			a, err := w.store.Account(t.Context(), o.Account)
			w.ok(err)
			defer a.Release()
			if got := o.MayPost(a.State(), a.State().MailboxByName("INBOX").ID); got != users && !o.IsPublic() || got != publics && o.IsPublic() {
				t.Errorf("owner %q: %v", o.Name, got)
			}
		}
		expect(true, false)
		w.grantIn(o, "bob", namespace.Replace, "lrsp")
		expect(true, false)
		w.grantIn(o, "anonymous", namespace.Replace, "p")
		expect(true, true)
		w.grantIn(o, "alice", namespace.Replace, "lr")
		expect(true, true)
		w.grantIn(o, "anonymous", namespace.Delete, "")
		expect(false, false)
		w.grantIn(o, "anyone", namespace.Replace, "p")
		expect(true, true)
		w.grantIn(o, "-bob", namespace.Replace, "p")
		expect(true, true)
		w.grantIn(o, "-anonymous", namespace.Replace, "p")
		expect(false, false)
	}
}
