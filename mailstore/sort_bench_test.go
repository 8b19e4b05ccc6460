package mailstore_test

import (
	"testing"

	"github.com/restante/restante/kv/pebblekv"
	"github.com/restante/restante/mailstore"

	"github.com/restante/restante"

	"github.com/restante/restante/search"
)

// BenchmarkSortEngine sorts and threads 20,000 and 100,000 messages on the
// embedded engine: first is what the first one of an account costs, when nothing
// is in memory.
func BenchmarkSortEngine(b *testing.B) {
	for _, size := range []struct {
		name string
		n    int
	}{{"20k", 20_000}, {"100k", 100_000}} {
		b.Run(size.name, func(b *testing.B) {
			engine, id := fillForSearch(b, size.n)
			benchmarkSorts(b, engine, id)
		})
	}
}

func benchmarkSorts(b *testing.B, engine *pebblekv.Store, id restante.AccountID) {
	sort := func(keys ...mailstore.SortKey) func(*mailstore.Account, mailstore.Result) error {
		return func(a *mailstore.Account, found mailstore.Result) error {
			_, err := a.Sort(b.Context(), found, keys)
			return err
		}
	}
	thread := func(by mailstore.ThreadAlgorithm) func(*mailstore.Account, mailstore.Result) error {
		return func(a *mailstore.Account, found mailstore.Result) error {
			_, err := a.Thread(b.Context(), found, by, search.UnicodeCasemap)
			return err
		}
	}
	for _, c := range []struct {
		name string
		do   func(*mailstore.Account, mailstore.Result) error
	}{
		{"date", sort(mailstore.SortKey{Field: mailstore.SortDate, Reverse: true})},
		{"subject", sort(mailstore.SortKey{Field: mailstore.SortSubject})},
		{"from-date", sort(mailstore.SortKey{Field: mailstore.SortFrom}, mailstore.SortKey{Field: mailstore.SortDate})},
		{"references", thread(mailstore.ThreadReferences)},
		{"refs", thread(mailstore.ThreadRefs)},
		{"orderedsubject", thread(mailstore.ThreadOrderedSubject)},
	} {
		run := func(b *testing.B, store *mailstore.Store) {
			a, err := store.Account(b.Context(), id)
			if err != nil {
				b.Fatal(err)
			}
			defer a.Release()
			s, err := a.Snapshot(b.Context(), a.State().MailboxByName("INBOX").ID)
			if err != nil {
				b.Fatal(err)
			}
			found, err := a.Search(b.Context(), s, mailstore.All{}, mailstore.SearchOptions{})
			if err != nil {
				b.Fatal(err)
			}
			if err := c.do(a, found); err != nil {
				b.Fatal(err)
			}
		}
		b.Run(c.name+"/first", func(b *testing.B) {
			for b.Loop() {
				store, a := openAccount(b, engine, id)
				run(b, store)
				a.Release()
				_ = store.Close()
			}
		})
		b.Run(c.name+"/again", func(b *testing.B) {
			store, a := openAccount(b, engine, id)
			defer func() { a.Release(); _ = store.Close() }()
			run(b, store)
			b.ReportAllocs()
			for b.Loop() {
				run(b, store)
			}
		})
	}
}
