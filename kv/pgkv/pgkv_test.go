package pgkv

import (
	"testing"
	"time"

	"github.com/restante/restante/internal/pgtest"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/kvtest"
)

func TestConformance(t *testing.T) {
	server := pgtest.Start(t, "fsync = off")
	kvtest.Run(t, func(t testing.TB) kvtest.Backing {
		url := server.Database(t)
		return kvtest.Backing{Nodes: true, Open: func(t testing.TB) kv.Store { return open(t, url) }}
	})
}

// open opens a store without closing it.
func open(t testing.TB, url string) *Store {
	t.Helper()
	s, err := Open(t.Context(), Options{URL: url, Readers: 8, Writers: 8, Patience: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// impatient opens a store of which only calls end soon, for to open it may take long.
func impatient(t testing.TB, o Options, patience time.Duration) *Store {
	t.Helper()
	o.Patience = time.Minute
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	s.options.Patience = patience
	return s
}
