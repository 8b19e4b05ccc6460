package mailstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/message"
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

var damages = []struct {
	name   string
	damage func(*damaged)
	kind   FindingKind
	// lost: only Repair with DropLost puts it right.
	lost bool
	// messages that INBOX and all mailboxes have less, once repaired
	inbox, all int
}{
	{"counts", func(d *damaged) { d.head(1, func(_ *accountRow, b *box) { b.mailbox.Unseen += 3; b.mailbox.Size-- }) }, FindCount, false, 0, 0},
	{"usage", func(d *damaged) { d.head(1, func(a *accountRow, _ *box) { a.usage.Bytes++ }) }, FindCount, false, 0, 0},
	{"history count", func(d *damaged) { d.head(1, func(_ *accountRow, b *box) { b.history = 0 }) }, FindCount, false, 0, 0},
	{"uidnext", func(d *damaged) { d.head(1, func(_ *accountRow, b *box) { b.mailbox.UIDNext = 250 }) }, FindMailbox, false, 0, 0},
	{"modseq", func(d *damaged) { d.head(1, func(_ *accountRow, b *box) { b.mailbox.HighestModSeq = 1000 }) }, FindMailbox, false, 0, 0},
	{"uidvalidity", func(d *damaged) { d.head(1, func(_ *accountRow, b *box) { b.mailbox.UIDValidity = 1 << 31 }) }, FindMailbox, false, 0, 0},
	{"no select", func(d *damaged) { d.head(1, func(_ *accountRow, b *box) { b.mailbox.NoSelect = true }) }, FindMailbox, false, 0, 0},
	{"next numbers", func(d *damaged) { d.head(1, func(a *accountRow, _ *box) { a.nextEmail, a.nextMailbox = 10, 2 }) }, FindAccount, false, 0, 0},
	{"name", func(d *damaged) { d.head(2, func(_ *accountRow, b *box) { b.mailbox.Name = "INBOX" }) }, FindMailbox, false, 0, 0},
	{"superior", func(d *damaged) { d.delete(mailboxKey(2)) }, FindMailbox, false, 0, 0},
	{"special use", func(d *damaged) {
		d.head(3, func(_ *accountRow, b *box) { b.mailbox.SpecialUse = []string{`\Nonsense`} })
	}, FindMailbox, false, 0, 0},
	{"no inbox", func(d *damaged) { d.delete(mailboxKey(1)) }, FindOrphan, false, 292, 0},
	{"subscription", func(d *damaged) { d.set(subscriptionKey("a//b"), nil) }, FindMailbox, false, 0, 0},
	{"acl", func(d *damaged) { d.set(aclKey(1), []byte{1}) }, FindACL, false, 0, 0},
	{"acl of nothing", func(d *damaged) { d.set(aclKey(77), appendACL(nil, ACL{{"anyone", RightRead}})) }, FindACL, false, 0, 0},
	{"seen", func(d *damaged) { d.set(seenKey(1, 300, 0), []byte{1}) }, FindSeen, false, 0, 0},
	{"seen of nothing", func(d *damaged) { d.set(seenKey(77, 300, 0), seenBlock{{0, 0, true, 1}}.appendTo(nil)) }, FindSeen, false, 0, 0},
	{"seen above UIDNEXT", func(d *damaged) { d.set(seenKey(1, 300, 9), seenBlock{{0, 0, true, 1}}.appendTo(nil)) }, FindSeen, false, 0, 0},
	{"seen change", func(d *damaged) { d.set(seenChangeKey(77), []byte{1}) }, FindSeen, false, 0, 0},
	{"history of nothing", func(d *damaged) { d.set(expungedKey(77, 3), appendUIDSet(nil, UIDSet{{1, 2}})) }, FindOrphan, false, 0, 0},
	{"history above UIDNEXT", func(d *damaged) { d.set(expungedKey(1, 3), appendUIDSet(nil, UIDSet{{1000, 1001}})) }, FindHistory, false, 0, 0},
	{"history of present", func(d *damaged) { d.set(expungedKey(1, 3), appendUIDSet(nil, UIDSet{{5, 6}})) }, FindHistory, false, 0, 0},
	{"history row", func(d *damaged) { d.set(expungedKey(1, 3), []byte{0}) }, FindHistory, false, 0, 0},
	{"flag set", func(d *damaged) { d.page(func(m []Message) []Message { m[3].FlagSet = 99; return m }) }, FindFlags, false, 0, 0},
	{"message modseq", func(d *damaged) { d.page(func(m []Message) []Message { m[3].ModSeq = 99; return m }) }, FindMessage, false, 0, 0},
	{"sent date", func(d *damaged) { d.page(func(m []Message) []Message { m[3].SentDate.Unix++; return m }) }, FindMessage, false, 0, 0},
	{"zone of the sent date", func(d *damaged) { d.page(func(m []Message) []Message { m[4].SentDate.Zone = -5; return m }) }, FindMessage, false, 0, 0},
	{"entry gone", func(d *damaged) { d.page(func(m []Message) []Message { return slices.Delete(m, 3, 4) }) }, FindOrphan, false, 1, 1},
	{"page damaged", func(d *damaged) { d.set(pageKey(1, 1), []byte("junk")) }, FindPage, true, 248, 17},
	{"refs", func(d *damaged) { d.delete(refsKey(0)) }, FindRefs, false, 0, 0},
	{"refs too many", func(d *damaged) { d.set(refsKey(7), []byte{1, 1}) }, FindRefs, false, 0, 0},
	{"summary gone", func(d *damaged) { d.delete(summaryKey(5)) }, FindSummary, false, 0, 0},
	{"summary junk", func(d *damaged) { d.set(summaryKey(5), []byte("junk")) }, FindSummary, false, 0, 0},
	{"summary of another", func(d *damaged) {
		d.set(summaryKey(5), message.Parse([]byte("Subject: x\r\n\r\n")).AppendSummary(nil))
	}, FindSummary, false, 0, 0},
	{"header gone", func(d *damaged) { d.delete(headerKey(10)) }, FindContent, true, 1, 2},
	{"body gone", func(d *damaged) { d.delete(bodyKey(290, 0)) }, FindContent, true, 1, 1},
	{"body short", func(d *damaged) { d.delete(bodyKey(290, 1)) }, FindContent, true, 1, 1},
	{"orphan", func(d *damaged) { d.set(summaryKey(4000), []byte("x")); d.set(bodyKey(4000, 2), []byte("x")) }, FindOrphan, false, 0, 0},
	{"upload", func(d *damaged) {
		d.set(stagingKey(4000), []byte{1})
		d.set(bodyKey(4000, 2), []byte("x"))
	}, FindUpload, false, 0, 0},
	{"upload that is named", func(d *damaged) { d.set(stagingKey(5), []byte{1}) }, FindUpload, false, 0, 0},
	{"thread row", func(d *damaged) { d.set(threadKey(5, 5), make([]byte, 8)) }, FindThread, false, 0, 0},
	{"thread list", func(d *damaged) { d.set(threadOfKey(5), make([]byte, 8)) }, FindThread, false, 0, 0},
	{"threads of nothing", func(d *damaged) { d.set(threadOfKey(5000), make([]byte, 8)) }, FindThread, false, 0, 0},
	{"metadata usage", func(d *damaged) { d.head(1, func(a *accountRow, _ *box) { a.usage.Metadata++ }) }, FindCount, false, 0, 0},
	{"access key unread", func(d *damaged) { d.set(urlKeyKey(URLKeyPlace{Mailbox: 3}), []byte("junk")) }, FindURLKey, false, 0, 0},
	{"access key of nothing", func(d *damaged) { d.set(urlKeyKey(URLKeyPlace{Mailbox: 99}), append([]byte{1}, make([]byte, 32)...)) }, FindURLKey, false, 0, 0},
	{"metadata unread", func(d *damaged) { d.set(metadataKey(3, 0, "/private/comment"), []byte("junk")) }, FindMetadata, false, 0, 0},
	{"metadata of nothing", func(d *damaged) { d.set(metadataKey(99, 0, "/private/x"), []byte{1, 0, 0}) }, FindMetadata, false, 0, 0},
	{"metadata key", func(d *damaged) { d.set(metadataKey(3, 0, "/private/x*"), []byte{1, 0, 0}) }, FindMetadata, false, 0, 0},
	{"metadata modseq", func(d *damaged) { d.head(3, func(_ *accountRow, b *box) { b.mailbox.MetadataModSeq = 0 }) }, FindMetadata, false, 0, 0},
	{"server metadata modseq", func(d *damaged) { d.head(3, func(a *accountRow, _ *box) { a.metadata = 0 }) }, FindMetadata, false, 0, 0},
	{"import row", func(d *damaged) { d.set([]byte{kindImported, 1}, nil) }, FindRow, false, 0, 0},
}

// TestCheckAndRepair damages one thing, which Check must find, and Repair put
// right without losing what is not lost.
func TestCheckAndRepair(t *testing.T) {
	clean := newDamaged(t)
	for _, c := range damages {
		t.Run(c.name, func(t *testing.T) {
			d := *clean
			d.t, d.engine = t, clean.engine.Backing().CrashClone().Open()
			s := d.open()
			defer d.close(s)
			if r := d.check(s); !r.Clean() || r.Messages != 312 || r.Contents != 295 {
				t.Fatalf("before: %+v", r)
			}
			c.damage(&d)
			r := d.check(s)
			if !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Kind == c.kind }) {
				t.Fatalf("check found %v", r.Findings)
			}
			if r.Clean() {
				t.Fatal("the report says clean")
			}
			r, err := s.Repair(t.Context(), RepairOptions{})
			if err != nil || r.Clean() == c.lost {
				t.Fatalf("repair: %v, %d fixed of\n%v", err, r.Fixed, lines(r))
			}
			if c.lost {
				if r, err = s.Repair(t.Context(), RepairOptions{DropLost: true}); err != nil || !r.Clean() {
					t.Fatalf("repair that drops: %v, %d fixed of\n%v", err, r.Fixed, lines(r))
				}
			}
			t.Logf("repaired:\n%s", lines(r))
			if r := d.check(s); !r.Clean() || r.Messages != int64(312-c.all) {
				t.Fatalf("afterwards there are %d messages and\n%v", r.Messages, lines(r))
			}
			d.works(s, 292-c.inbox)
		})
	}
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

func lines(r Report) string {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%v fixed %v\n", f, f.Fixed)
	}
	return b.String()
}

// Repair of an account that is open here: who has it open sees what was done.
func TestRepairInUse(t *testing.T) {
	d := newDamaged(t)
	s := d.open()
	defer d.close(s)
	a, err := s.Account(t.Context(), d.id)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Release()
	before, err := a.Snapshot(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	d.delete(headerKey(7))
	r, err := s.Repair(t.Context(), RepairOptions{DropLost: true})
	if err != nil || !r.Clean() || r.Fixed == 0 {
		t.Fatalf("%v %s", err, lines(r))
	}
	after, err := a.Snapshot(t.Context(), 1)
	if err != nil || after.Len() != before.Len()-1 {
		t.Fatalf("%v: %d messages, before %d", err, after.Len(), before.Len())
	}
	gone, err := a.Vanished(t.Context(), 1, before.Mailbox().HighestModSeq)
	if err != nil || !slices.Equal(gone, UIDSet{{7, 7}}) {
		t.Fatalf("vanished %v, %v", gone, err)
	}
	d.works(s, before.Len()-1)
}

func TestCheckOptions(t *testing.T) {
	d := newDamaged(t)
	s := d.open()
	defer d.close(s)
	d.delete(summaryKey(5))
	d.set(headerKey(6), []byte("Subject: other\r\n\r\n"))
	var found []Finding
	progress := 0
	r, err := s.Check(t.Context(), CheckOptions{
		Accounts: []restante.AccountID{d.id}, Limit: 1,
		Found: func(f Finding) { found = append(found, f) }, Progress: func(CheckProgress) { progress++ },
	})
	if err != nil || len(r.Findings) != 1 || r.More != len(found)-1 || len(found) < 2 || progress == 0 {
		t.Fatalf("%v %+v, %d found, %d progress", err, r, len(found), progress)
	}
	r, err = s.Check(t.Context(), CheckOptions{SkipContents: true})
	if err != nil || len(r.Findings) != 1 {
		t.Fatalf("without contents: %v\n%s", err, lines(r))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Check(ctx, CheckOptions{}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestCheckRemovedAccount(t *testing.T) {
	d := newDamaged(t)
	s := d.open()
	defer d.close(s)
	if err := s.RemoveAccount(t.Context(), d.id); err != nil {
		t.Fatal(err)
	}
	if r := d.check(s); !r.Clean() || r.Accounts != 0 {
		t.Fatalf("%+v", r)
	}
	d.set(bytes.Repeat([]byte{kindBody}, 13), nil)
	if r := d.check(s); r.Clean() {
		t.Fatal("rows of no account are not found")
	}
}
