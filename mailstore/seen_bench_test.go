package mailstore

import (
	"testing"

	"github.com/restante/restante"
)

// BenchmarkViewersLook times what it costs to show a mailbox of 1,000,000 messages to
// its owner, to somebody else for the first time, and to him again after one message
// of it was marked.
func BenchmarkViewersLook(b *testing.B) {
	engine := openPebble(b)
	a, mb := benchAccount(b, engine)
	millionPages(b, a, mb)
	const bob = restante.FirstAccountID + 1000
	look := func(b *testing.B, a *Account) {
		b.Helper()
		if snap, err := a.Snapshot(b.Context(), mb); err != nil || snap.Len() != 1_000_000 {
			b.Fatal(snap, err)
		}
	}
	b.Run("owner", func(b *testing.B) {
		for b.Loop() {
			look(b, a)
		}
	})
	b.Run("first", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			look(b, a.As(bob+restante.AccountID(i)))
		}
	})
	b.Run("again", func(b *testing.B) {
		viewer := a.As(bob)
		look(b, viewer)
		for i := 0; b.Loop(); i++ {
			op := AddFlags
			if i%2 == 1 {
				op = RemoveFlags
			}
			if _, err := viewer.StoreFlags(b.Context(), mb, UIDSet{{First: 77, Last: 77}}, op, []string{`\Seen`}, nil); err != nil {
				b.Fatal(err)
			}
			look(b, viewer)
		}
	})
}
