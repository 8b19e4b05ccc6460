package mailstore

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
)

// damaged is a store with one account whose rows a test changes.
type damaged struct {
	t      *testing.T
	engine *memkv.Store
	id     restante.AccountID
	now    time.Time
}

// newDamaged makes an account with mail in two mailboxes: 300 messages in
// INBOX of which 20 have a copy in Archive/2024, and an expunge.
func newDamaged(t *testing.T) *damaged {
	d := &damaged{t: t, engine: memkv.New(), now: time.Unix(1_700_000_000, 0)}
	s := d.open()
	id, err := s.CreateAccount(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	d.id = id
	a, err := s.Account(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	inbox := a.State().Mailboxes()[0].ID
	p := a.BeginAppend(t.Context())
	for i := range 300 {
		w, err := p.Message(NewMessage{Flags: []string{`\Seen`, "$Work"}[:i%3]})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(w, "Subject: message %d\r\nMessage-ID: <%d@x>\r\nReferences: <%d@x>\r\n\r\n%s", i, i, i/2, strings.Repeat("text\r\n", i*20))
	}
	if _, err := p.Commit(t.Context(), inbox); err != nil {
		t.Fatal(err)
	}
	archive, err := a.CreateMailbox(t.Context(), "Archive/2024", []string{`\Archive`})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Copy(t.Context(), inbox, UIDSet{{10, 29}}, archive.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := a.StoreFlags(t.Context(), inbox, UIDSet{{20, 22}, {200, 204}}, AddFlags, []string{`\Deleted`}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Expunge(t.Context(), inbox, nil); err != nil {
		t.Fatal(err)
	}
	if err := a.SetSubscribed(t.Context(), "Archive", true); err != nil {
		t.Fatal(err)
	}
	for _, p := range []MetadataPlace{{}, {Mailbox: archive.ID}, {archive.ID, 7000}} {
		if _, err := a.SetMetadata(t.Context(), p, []MetadataChange{{Name: "/private/Comment", Value: []byte("x")}}); err != nil {
			t.Fatal(err)
		}
	}
	a.Release()
	d.close(s)
	return d
}

func (d *damaged) open() *Store {
	d.t.Helper()
	s, err := Open(d.t.Context(), Options{KV: d.engine, Now: func() time.Time { return d.now }})
	if err != nil {
		d.t.Fatal(err)
	}
	return s
}

func (d *damaged) close(s *Store) {
	if err := s.Close(); err != nil {
		d.t.Fatal(err)
	}
}

// change writes rows.
func (d *damaged) change(f func(snap kv.Snapshot, b *kv.Batch)) {
	d.t.Helper()
	snap, err := d.engine.Snapshot(d.t.Context(), kv.Partition(d.id))
	if err != nil {
		d.t.Fatal(err)
	}
	defer snap.Close()
	var b kv.Batch
	f(snap, &b)
	if _, err := d.engine.Commit(d.t.Context(), kv.Partition(d.id), snap.Version(), &b, kv.Durable); err != nil {
		d.t.Fatal(err)
	}
}

// head changes the account row and the row of a mailbox.
func (d *damaged) head(mailbox restante.MailboxID, f func(*accountRow, *box)) {
	d.t.Helper()
	d.change(func(snap kv.Snapshot, b *kv.Batch) {
		row, err := snap.Get(accountKey(), nil)
		if err != nil {
			d.t.Fatal(err)
		}
		account, err := parseAccountRow(row, Quota{})
		if err != nil {
			d.t.Fatal(err)
		}
		row, err = snap.Get(mailboxKey(mailbox), nil)
		if err != nil {
			d.t.Fatal(err)
		}
		in, err := parseMailboxRow(mailbox, row)
		if err != nil {
			d.t.Fatal(err)
		}
		f(&account, in)
		b.Set(accountKey(), account.appendTo(nil))
		b.Set(mailboxKey(mailbox), appendMailboxRow(nil, in))
	})
}

// page changes the messages of INBOX's first page.
func (d *damaged) page(f func([]Message) []Message) {
	d.t.Helper()
	d.change(func(snap kv.Snapshot, b *kv.Batch) {
		row, err := snap.Get(pageKey(1, 1), nil)
		if err != nil {
			d.t.Fatal(err)
		}
		p, err := parsePage(1, row)
		if err != nil {
			d.t.Fatal(err)
		}
		var list []Message
		for i := range p.Len() {
			list = append(list, p.Message(i))
		}
		b.Set(pageKey(1, 1), NewPage(f(list)).row())
	})
}

func (d *damaged) set(key, value []byte) {
	d.t.Helper()
	d.change(func(_ kv.Snapshot, b *kv.Batch) { b.Set(key, value) })
}

func (d *damaged) delete(key []byte) {
	d.t.Helper()
	d.change(func(_ kv.Snapshot, b *kv.Batch) { b.Delete(key, 0) })
}

func (d *damaged) check(s *Store) Report {
	d.t.Helper()
	r, err := s.Check(d.t.Context(), CheckOptions{})
	if err != nil {
		d.t.Fatal(err)
	}
	return r
}

// works uses the account after a repair.
func (d *damaged) works(s *Store, inInbox int) {
	d.t.Helper()
	a, err := s.Account(d.t.Context(), d.id)
	if err != nil {
		d.t.Fatal(err)
	}
	defer a.Release()
	mb := a.State().MailboxByName("INBOX")
	if int(mb.Messages) != inInbox {
		d.t.Errorf("INBOX has %d messages, want %d", mb.Messages, inInbox)
	}
	p := a.BeginAppend(d.t.Context())
	w, err := p.Message(NewMessage{})
	if err != nil {
		d.t.Fatal(err)
	}
	fmt.Fprint(w, "Subject: after\r\n\r\n")
	if _, err := p.Commit(d.t.Context(), mb.ID); err != nil {
		d.t.Fatal(err)
	}
	if r := d.check(s); !r.Clean() {
		d.t.Errorf("after an append:\n%s", lines(r))
	}
}
