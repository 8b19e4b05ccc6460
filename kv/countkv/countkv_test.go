package countkv_test

import (
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/countkv"
	"github.com/restante/restante/kv/memkv"
)

func TestCount(t *testing.T) {
	s := countkv.New(memkv.New())
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	account := kv.Partition(restante.FirstAccountID)
	var b kv.Batch
	b.Set([]byte{0x30, 1}, []byte("four"))
	b.Set([]byte{0x31, 1}, []byte("sixsix"))
	_, err := s.Commit(t.Context(), account, 0, &b, kv.Durable)
	ok(err)
	_, err = s.Version(t.Context(), account)
	ok(err)
	_, _, err = s.Look(t.Context(), 7, []kv.Range{kv.Only([]byte("ualice"))})
	ok(err)
	_, err = s.LookAt(t.Context(), []kv.Place{{Partition: account, Range: kv.Only([]byte{0x30, 1})}, {Partition: 7, Range: kv.Only([]byte("u"))}})
	ok(err)
	snap, err := s.Snapshot(t.Context(), account)
	ok(err)
	_, err = snap.Get([]byte{0x30, 1}, []byte("before"))
	ok(err)
	_, _ = snap.Get([]byte{0x22, 1}, nil)
	it := snap.Scan(nil, nil)
	for it.Next() {
	}
	for it.Prev() {
	}
	it.SeekGE([]byte{0x31})
	it.SeekLT([]byte{0x31})
	ok(it.Close())
	ok(snap.Close())
	const want = "commit account: 1, look account: 1, look directory: 1, read 22: 1, read 30: 5, read 31: 3, read u: 2, " +
		"snapshot account: 1, version account: 1, write 30: 1, write 31: 1"
	if got := s.Count().String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	count := s.Take()
	if got, want := count.Rows("30", "31"), (countkv.Amount{N: 8, Bytes: 38}); got != want {
		t.Errorf("rows: %v, want %v", got, want)
	}
	if got := count.Rows().N; got != 11 {
		t.Errorf("%d rows in all, not 11", got)
	}
	if got := count.Questions(); got != 5 {
		t.Errorf("%d questions, not 5", got)
	}
	if got := s.Take().String(); got != "" {
		t.Errorf("after Take: %s", got)
	}
}
