package mailstore_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/internal/pgtest"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/kv/pgkv"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/mailstore/mailstoretest"
)

// openAccount opens a store on an engine, and the account id of it or, for 0,
// a new one.
func openAccount(t testing.TB, engine kv.Store, id restante.AccountID) (*mailstore.Store, *mailstore.Account) {
	t.Helper()
	store, err := mailstore.Open(t.Context(), mailstore.Options{KV: engine})
	if err != nil {
		t.Fatal(err)
	}
	if id == 0 {
		if id, err = store.CreateAccount(t.Context(), "alice"); err != nil {
			t.Fatal(err)
		}
	}
	a, err := store.Account(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return store, a
}

// keepAccount is openAccount with a store that is closed when the test ends.
func keepAccount(t testing.TB, engine kv.Store, id restante.AccountID) (*mailstore.Store, *mailstore.Account) {
	t.Helper()
	store, a := openAccount(t, engine, id)
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store, a
}

// mustMatch fails the test unless the account holds exactly what the model does.
func mustMatch(t testing.TB, a *mailstore.Account, m *model, when string) {
	t.Helper()
	got, err := dumpAccount(t.Context(), a)
	if err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	if want := m.dump(); got != want {
		t.Fatalf("%s: account and model differ\n%s", when, difference(got, want))
	}
}

// difference shows the lines that are not in both.
func difference(got, want string) string {
	var b strings.Builder
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for _, line := range g {
		if !slices.Contains(w, line) {
			fmt.Fprintf(&b, "store: %s\n", line)
		}
	}
	for _, line := range w {
		if !slices.Contains(g, line) {
			fmt.Fprintf(&b, "model: %s\n", line)
		}
	}
	return b.String()
}

// TestRandomAgainstModel runs random operations, each also on a model, and
// compares all that can be seen.
func TestRandomAgainstModel(t *testing.T) {
	steps := 500
	if os.Getenv("RESTANTE_LONG") != "" {
		steps = 3000
	}
	for seed := range uint64(3) {
		t.Run(fmt.Sprintf("seed%d", seed), func(t *testing.T) { againstModel(t, memkv.New(), seed, steps) })
	}
}

// TestRandomAgainstModelOnPostgreSQL does so there.
func TestRandomAgainstModelOnPostgreSQL(t *testing.T) {
	if !pgtest.Required() {
		t.Skip("RESTANTE_SERVERS=required runs this; it would make go test too long")
	}
	server := pgtest.Start(t, "fsync = off")
	for seed := range uint64(2) {
		t.Run(fmt.Sprintf("seed%d", seed), func(t *testing.T) {
			engine, err := pgkv.Open(t.Context(), pgkv.Options{URL: server.Database(t), Readers: 8, Writers: 4})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { engine.Close() })
			againstModel(t, engine, seed, 500)
		})
	}
}

func againstModel(t *testing.T, engine kv.Store, seed uint64, steps int) {
	rng := rand.New(rand.NewPCG(seed, 1))
	store, a := openAccount(t, engine, 0)
	defer func() { store.Close() }() // the last one
	m := newModel()
	if err := m.adopt(a.State()); err != nil {
		t.Fatal(err)
	}
	for i := range steps {
		m = randomStep(rng, m, i%50 == 0).take(t, t.Context(), a, m)
		if rng.IntN(25) == 0 {
			mustMatch(t, a, m, fmt.Sprintf("after step %d", i))
		}
		if rng.IntN(10) == 0 {
			compareSearch(t, rng, a, m)
			compareVanished(t, rng, a, m)
		}
		if rng.IntN(300) == 0 { // all from the engine again
			a.Release()
			if err := store.Close(); err != nil {
				t.Fatal(err)
			}
			store, a = openAccount(t, engine, a.ID())
		}
	}
	mustMatch(t, a, m, "at the end")
	mailstoretest.MustCheck(t, store)
}

// compareSearch searches a mailbox and holds the result against the model.
func compareSearch(t *testing.T, rng *rand.Rand, a *mailstore.Account, m *model) {
	t.Helper()
	name := anyName(rng, m)
	b := m.boxes[name]
	if b == nil || b.noSelect {
		return
	}
	s, err := a.Snapshot(t.Context(), idOf(a, name))
	if err != nil {
		t.Fatal(err)
	}
	word := words[rng.IntN(len(words))]
	has := func(text string) bool { return strings.Contains(strings.ToUpper(text), strings.ToUpper(word)) }
	flag := randomFlags(rng)
	for _, c := range []struct {
		q    mailstore.Query
		want func(modelMessage) bool
	}{
		{mailstore.Subject{Text: word}, func(m modelMessage) bool { return has(m.parts.subject) }},
		{mailstore.Body{Text: word}, func(m modelMessage) bool { return has(m.parts.body) }},
		{mailstore.Not{Query: mailstore.Text{Text: word}}, func(m modelMessage) bool { return !has(m.parts.body) && !has(m.parts.subject) }},
		{mailstore.From{Text: "USER1@"}, func(m modelMessage) bool { return m.parts.from == "user1@example.org" }},
		{mailstore.Header{Field: "mime-version", Text: "1.0"}, func(modelMessage) bool { return true }},
		{mailstore.Header{Field: "X-None"}, func(modelMessage) bool { return false }},
		{
			mailstore.And{mailstore.Body{Text: word}, mailstore.Or{mailstore.Body{Text: "pears"}, mailstore.HasFlag{Flag: `\Seen`}}, mailstore.Larger{Size: 500}},
			func(m modelMessage) bool {
				return has(m.parts.body) && len(m.content) > 500 &&
					(strings.Contains(m.parts.body, "pears") || slices.Contains(m.flags, `\seen`))
			},
		},
		{
			mailstore.And{mailstore.HasFlag{Flag: strings.Join(flag, "")}, mailstore.Smaller{Size: 3000}},
			func(m modelMessage) bool {
				return len(flag) == 1 && slices.Contains(m.flags, strings.ToLower(flag[0])) && len(m.content) < 3000
			},
		},
	} {
		r, err := a.Search(t.Context(), s, c.q, mailstore.SearchOptions{})
		if err != nil {
			t.Fatalf("%#v: %v", c.q, err)
		}
		var want []restante.UID
		for _, msg := range b.messages {
			if c.want(msg) {
				want = append(want, msg.uid)
			}
		}
		if got := slices.Collect(r.UIDs()); !slices.Equal(got, want) {
			t.Fatalf("%s: %#v: %v, want %v", name, c.q, got, want)
		}
	}
}

// compareVanished asks for what was expunged since some moment.
func compareVanished(t *testing.T, rng *rand.Rand, a *mailstore.Account, m *model) {
	t.Helper()
	for name, b := range m.boxes {
		if b.noSelect {
			continue
		}
		since := restante.ModSeq(rng.Int64N(int64(a.State().ModSeq()) + 1))
		got, err := a.Vanished(t.Context(), idOf(a, name), since)
		if err != nil {
			t.Fatal(err)
		}
		var ranges []mailstore.UIDRange
		for _, uid := range slices.Sorted(maps.Keys(b.gone)) {
			if b.gone[uid] > since {
				ranges = append(ranges, mailstore.UIDRange{First: uid, Last: uid})
			}
		}
		if want := mailstore.NewUIDSet(ranges); !slices.Equal(got, want) {
			t.Fatalf("%s: vanished since %d: %v, want %v", name, since, got, want)
		}
	}
}

// TestRandomUnknownOutcomes lets commits fail before or after they are
// written. What was asked for is there wholly or not at all, the open account
// shows which, and what was written is no error.
func TestRandomUnknownOutcomes(t *testing.T) {
	seeds, steps := uint64(2), 200
	if os.Getenv("RESTANTE_LONG") != "" {
		seeds, steps = 4, 800
	}
	for seed := range seeds {
		t.Run(fmt.Sprintf("seed%d", seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 2))
			engine := memkv.New()
			store, a := keepAccount(t, engine, 0)
			m := newModel()
			if err := m.adopt(a.State()); err != nil {
				t.Fatal(err)
			}
			for i := range steps {
				if rng.IntN(3) > 0 {
					m = randomStep(rng, m, false).take(t, t.Context(), a, m)
					continue
				}
				m = takeFailing(t, rng, engine, a, m, i)
			}
			mustMatch(t, a, m, "at the end")
			mailstoretest.MustCheck(t, store)
		})
	}
}

// takeFailing runs a step whose commits meet a fault.
func takeFailing(t *testing.T, rng *rand.Rand, engine *memkv.Store, a *mailstore.Account, m *model, i int) *model {
	t.Helper()
	s := randomStep(rng, m, i%20 == 0)
	next := m.clone()
	refused := s.model(next) != nil
	fault := func(context.Context, memkv.Commit) error {
		if rng.IntN(2) == 0 {
			return fmt.Errorf("injected")
		}
		return nil
	}
	kind := rng.IntN(3)
	switch kind {
	case 0:
		engine.Inject(memkv.Faults{BeforeCommit: fault})
	case 1:
		engine.Inject(memkv.Faults{AfterCommit: fault})
	case 2:
		engine.Inject(memkv.Faults{BeforeCommit: func(ctx context.Context, c memkv.Commit) error {
			if fault(ctx, c) != nil {
				return kv.ErrConflict
			}
			return nil
		}})
	}
	err := s.run(t.Context(), a)
	engine.Inject(memkv.Faults{})
	if kind == 1 && !refused && err != nil {
		t.Fatalf("step %d, %s: all was written, and the answer is %v", i, s.name, err)
	}
	old, okOld := matches(t, a, m)
	if refused {
		if err == nil || !okOld {
			t.Fatalf("step %d, %s: %v, and the account changed:\n%s", i, s.name, err, old)
		}
		return m
	}
	if err != nil && okOld {
		return m
	}
	if e := next.adopt(a.State()); e != nil {
		t.Fatalf("step %d, %s: %v, then %v", i, s.name, err, e)
	}
	if diff, ok := matches(t, a, next); !ok {
		t.Fatalf("step %d, %s: %v, and the account is neither as before nor as asked for:\n%s\n%s", i, s.name, err, diff, old)
	}
	return next
}

// matches compares the account with a model and shows the difference.
func matches(t *testing.T, a *mailstore.Account, m *model) (diff string, ok bool) {
	t.Helper()
	got, err := dumpAccount(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	want := m.dump()
	return difference(got, want), got == want
}
