package mailstore

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"unsafe"

	"github.com/restante/restante"
	"github.com/restante/restante/kv/memkv"
)

func TestAccounts(t *testing.T) {
	f := newFixture(t, Options{Mailboxes: []NewMailbox{{"Sent", []string{`\Sent`}}, {"a/b", nil}}})
	f.append(f.inbox, nil, "12345")
	bob, err := f.store.CreateAccount(t.Context(), "bob")
	if err != nil {
		t.Fatal(err)
	}
	list := func() map[string]AccountInfo {
		all := map[string]AccountInfo{}
		if err := f.store.Accounts(t.Context(), func(i AccountInfo) error { all[i.Name] = i; return nil }); err != nil {
			t.Fatal(err)
		}
		return all
	}
	all := list()
	if len(all) != 2 || all["bob"].ID != bob || all["alice"].Usage != (Usage{Bytes: 5, Messages: 1, Mailboxes: 4}) {
		t.Errorf("%+v", all)
	}
	if mb := f.State().MailboxByName("Sent"); mb == nil || !slices.Equal(mb.SpecialUse, []string{`\Sent`}) {
		t.Errorf("%+v", mb)
	}
	a := openAccount(t, f.store, bob)
	if err := f.store.RemoveAccount(t.Context(), bob); err != nil {
		t.Fatal(err)
	}
	if all := list(); len(all) != 1 {
		t.Errorf("%+v", all)
	}
	if _, err := f.store.Account(t.Context(), bob); !errors.Is(err, restante.ErrNotFound) {
		t.Error(err)
	}
	if _, err := a.CreateMailbox(t.Context(), "x", nil); !errors.Is(err, restante.ErrNotFound) {
		t.Error(err)
	}
	if err := f.store.RemoveAccount(t.Context(), bob); !errors.Is(err, restante.ErrNotFound) {
		t.Error(err)
	}
	for _, id := range []restante.AccountID{0, 255, 1 << 63, 12345} {
		if _, err := f.store.Account(t.Context(), id); !errors.Is(err, restante.ErrNotFound) {
			t.Error(id, err)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, o := range []Options{
		{}, {KV: memkv.New(), Mailboxes: []NewMailbox{{"a//b", nil}}}, {KV: memkv.New(), Mailboxes: []NewMailbox{{"a", []string{`\Nope`}}}},
	} {
		if _, err := Open(t.Context(), o); !errors.Is(err, restante.ErrInvalid) {
			t.Error(err)
		}
	}
}

// TestIdleAccounts holds that accounts out of use stay while there is room.
func TestIdleAccounts(t *testing.T) {
	s := openStore(t, Options{KV: memkv.New(), IdleBytes: 3 * (2048 + 300 + 200)})
	var ids []restante.AccountID
	for i := range 5 {
		id, err := s.CreateAccount(t.Context(), fmt.Sprint(i))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	open := func(i int) *Account {
		a, err := s.Account(t.Context(), ids[i])
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	first := open(0)
	if open(0) != first {
		t.Fatal("an account has two handles")
	}
	first.Release()
	first.Release()
	for i := 1; i < 5; i++ {
		a := open(i)
		a.Release()
	}
	again, last := open(0), open(4)
	if again == first {
		t.Error("the longest unused account was kept")
	}
	again.Release()
	last.Release()
	if n := s.cache.mu.idle.Len(); n != 3 || len(s.cache.mu.accounts) != 3 {
		t.Errorf("%d idle accounts", n)
	}
}

// TestLargeAppendMemory appends a message of 60 MB and looks at what is held.
func TestLargeAppendMemory(t *testing.T) {
	engine := openPebble(t)
	s := openStore(t, Options{KV: engine})
	id, err := s.CreateAccount(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	a := openAccount(t, s, id)
	p := a.BeginAppend(t.Context())
	w, err := p.Message(NewMessage{Size: 60 << 20})
	if err != nil {
		t.Fatal(err)
	}
	block := []byte("Subject: x\r\n\r\n")
	for len(block) < 64<<10 {
		block = append(block, "0123456789012345678901234567890123456789\r\n"...)
	}
	held, size := 0, 0
	for size < 60<<20 {
		if _, err := w.Write(block); err != nil {
			t.Fatal(err)
		}
		size += len(block)
		held = max(held, p.current.held())
	}
	if held > heldMessage+chunkSize {
		t.Errorf("%d bytes held", held)
	}
	mb := a.State().MailboxByName(inbox).ID
	if _, err := p.Commit(t.Context(), mb); err != nil {
		t.Fatal(err)
	}
	snap, err := a.Snapshot(t.Context(), mb)
	if err != nil {
		t.Fatal(err)
	}
	r, err := a.Reader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n := countWriter{w: io.Discard}
	if err := r.WriteRange(&n, snap.At(1).EmailID, 0, -1); err != nil || n.n != int64(size) {
		t.Error(n.n, err)
	}
}

// TestMillionMessages opens a mailbox of a million messages and looks at the
// memory that takes.
func TestMillionMessages(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	engine := openPebble(t)
	s := openStore(t, Options{KV: engine})
	id, err := s.CreateAccount(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	a := openAccount(t, s, id)
	mb := a.State().MailboxByName(inbox).ID
	millionPages(t, a, mb)
	fresh := openStore(t, Options{KV: engine})
	b := openAccount(t, fresh, id)
	snap, err := b.Snapshot(t.Context(), mb)
	if err != nil {
		t.Fatal(err)
	}
	opened := memory(snap)
	for _, p := range snap.Pages() {
		p.Message(0) // decodes all columns
	}
	decoded := memory(snap)
	t.Logf("%d MB to open, %d MB with all columns decoded", opened>>20, decoded>>20)
	if opened > 30<<20 || decoded > 100<<20 {
		t.Errorf("%d bytes to open, %d with all columns decoded", opened, decoded)
	}
}

// memory is what a snapshot's pages take.
func memory(s *Snapshot) (bytes int) {
	for _, p := range s.pages {
		bytes += int(unsafe.Sizeof(*p)) + cap(p.raw)
		for _, c := range []interface{ held() int }{
			&p.uids, &p.flagSets, &p.modSeqs, &p.emailIDs, &p.threadIDs, &p.internalDates, &p.internalZones,
			&p.saveDates, &p.saveZones, &p.sizes, &p.delays, &p.sentZones,
		} {
			bytes += c.held()
		}
	}
	return bytes
}

// held is what the column's decoded entries take.
func (c *column[T]) held() int {
	values, _ := c.decoded()
	var entry T
	return cap(values) * int(unsafe.Sizeof(entry))
}

func TestHistoryIsBounded(t *testing.T) {
	f := newFixture(t, Options{})
	since := f.State().ModSeq()
	var all UIDSet
	expunge := func(from, to int) {
		t.Helper()
		first := f.State().Mailbox(f.inbox).UIDNext
		f.append(f.inbox, nil, make([]string, to-from)...)
		var odd UIDSet
		for i := 0; i < to-from; i += 2 {
			odd = odd.Add(first + restante.UID(i))
		}
		if _, err := f.StoreFlags(t.Context(), f.inbox, odd, AddFlags, []string{`\Deleted`}, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Expunge(t.Context(), f.inbox, nil); err != nil {
			t.Fatal(err)
		}
		all = all.union(odd)
	}
	check := func(name string) {
		t.Helper()
		got, err := f.Vanished(t.Context(), f.inbox, since)
		if err != nil || !slices.Equal(got, all) {
			t.Errorf("%s: %d ranges, want %d: %v", name, len(got), len(all), err)
		}
		if h := f.State().box(f.inbox).history; h > maxHistory {
			t.Errorf("%s: history of %d ranges", name, h)
		}
	}
	for i := range 8 {
		expunge(i*3000, i*3000+3000)
		check(fmt.Sprint("part ", i))
	}
	f.sameAsStored()
	recent := f.State().ModSeq()
	expunge(0, 2)
	if got, err := f.Vanished(t.Context(), f.inbox, recent); err != nil || got.Count() != 1 {
		t.Errorf("since %d: %v %v", recent, got, err)
	}
	expunge(0, 2*maxHistory+10)
	check("one beyond the bound")
	if n := f.countRows(kindExpunged); n != 0 {
		t.Errorf("%d rows of history", n)
	}
}
