package mailstore

import (
	"fmt"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/kv/memkv"
)

// TestLostCommitsAnnotated loses changes of annotations and metadata, which sessions were
// told of: what there is of them now is told again, of the mailbox in which something was
// lost and of the server, and by one node only.
func TestLostCommitsAnnotated(t *testing.T) {
	backing := memkv.NewBacking()
	engine := &failsOver{Store: backing.Open()}
	engine.now.Store(backing.Open())
	f := newFixture(t, Options{KV: engine})
	f.append(f.inbox, nil, messages(0, 3)...)
	f.create("other")
	other := f.State().MailboxByName("other").ID
	set := func(mb restante.MailboxID, value string) {
		t.Helper()
		if _, err := f.setMetadata(MetadataPlace{Mailbox: mb}, "/private/comment="+value); err != nil {
			t.Fatal(err)
		}
	}
	annotate := func(uid restante.UID, value string) {
		t.Helper()
		a := Annotation{Entry: "/comment", Value: []byte(value)}
		if _, err := f.Annotate(t.Context(), f.inbox, uids(uid, uid), []Annotation{a}, nil); err != nil {
			t.Fatal(err)
		}
	}
	since := func(mb restante.MailboxID, since restante.ModSeq) (names []string) {
		t.Helper()
		err := f.MetadataSince(t.Context(), MetadataPlace{Mailbox: mb}, since, func(name string, _ restante.ModSeq) { names = append(names, name) })
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	annotate(2, "kept")
	for _, mb := range []restante.MailboxID{0, f.inbox, other} {
		set(mb, "kept")
	}
	standby := backing.CrashClone()
	annotate(2, "lost")
	set(f.inbox, "lost")
	set(0, "lost")
	told := f.State().ModSeq()
	g := &fixture{t: t, store: openStore(t, Options{KV: engine})}
	g.Account = openAccount(t, g.store, f.ID())

	engine.now.Store(standby.Open())
	if err := f.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	mb := f.State().Mailbox(f.inbox)
	if mb.AnnotationModSeq <= told || mb.MetadataModSeq <= told || f.State().ServerMetadataModSeq() <= told || f.State().MetadataModSeq() <= told {
		t.Errorf("%+v, modseqs of metadata %d and %d, %d was told", mb, f.State().ServerMetadataModSeq(), f.State().MetadataModSeq(), told)
	}
	changed, err := f.ChangedAnnotations(t.Context(), mb, uids(1, 3), AnnotationSpan{Since: told})
	if got := fmt.Sprint(changed); err != nil || got != "map[2:[/comment]]" {
		t.Errorf("annotations %s, %v", got, err)
	}
	if got := fmt.Sprint(since(f.inbox, told), since(0, told), since(other, told)); got != "[/private/comment] [/private/comment] []" {
		t.Errorf("metadata %s", got)
	}
	again := f.State().ServerMetadataModSeq()
	if err := g.Refresh(t.Context()); err != nil || g.State().ServerMetadataModSeq() != again {
		t.Errorf("a second node: modseq %d after %d, %v", g.State().ServerMetadataModSeq(), again, err)
	}
	g.sameAsStored()
}

// TestLostCommitsColumns has another node give a message the numbers of one that was lost,
// of which the first one has columns: neither a search nor labels are of the lost one, be
// it that the account is in use or was forgotten meanwhile, or that the other node has
// changed it more often since and only the bus told that something may be lost.
func TestLostCommitsColumns(t *testing.T) {
	for _, how := range []string{"in use", "forgotten", "overtaken"} {
		t.Run(how, func(t *testing.T) {
			inUse, overtaken := how != "forgotten", how == "overtaken"
			f, engine, standby := lossFixture(t)
			id := f.ID()
			found := func(a *Account, subject string) int {
				t.Helper()
				s, err := a.Snapshot(t.Context(), f.inbox)
				if err != nil {
					t.Fatal(err)
				}
				r, err := a.Search(t.Context(), s, Subject{Text: subject}, SearchOptions{})
				if err != nil {
					t.Fatal(err)
				}
				sorted, err := a.Sort(t.Context(), r, []SortKey{{Field: SortSubject}})
				if err != nil || sorted.Len() != r.Count() {
					t.Fatal(sorted.Len(), err)
				}
				return r.Count()
			}
			lost := f.append(f.inbox, nil, "Subject: lost\r\n\r\n").First
			email := f.snapshot(f.inbox).At(int(lost)).EmailID
			for range 3 {
				f.append(f.State().MailboxByName("other").ID, nil, "x")
			}
			store, a := f.store, f.Account
			if !inUse {
				store = openStore(t, Options{KV: engine, IdleBytes: 1})
				var err error
				if a, err = store.Account(t.Context(), id); err != nil {
					t.Fatal(err)
				}
			}
			if n := found(a, "lost"); n != 1 {
				t.Fatalf("%d messages", n)
			}
			if !inUse {
				a.Release()
			}

			other := &fixture{t: t, store: openStore(t, Options{KV: standby.Open()})}
			other.Account = openAccount(t, other.store, id)
			other.append(f.inbox, nil, "Subject: kept\r\n\r\n")
			if m := other.snapshot(f.inbox).At(int(lost)); m.EmailID != email {
				t.Fatalf("EmailID %d, not %d", m.EmailID, email)
			}
			for overtaken && other.State().version <= a.State().version {
				other.append(other.State().MailboxByName("other").ID, nil, "y")
			}
			engine.now.Store(standby.Open())
			if overtaken {
				store.cache.doubtAll()
			}
			if !inUse {
				a = openAccount(t, store, id)
			} else if err := a.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
			if lost, kept := found(a, "lost"), found(a, "kept"); lost != 0 || kept != 1 {
				t.Errorf("%d messages are lost and %d kept", lost, kept)
			}
			if n := store.Losses(); n != 1 {
				t.Errorf("%d losses", n)
			}
		})
	}
}
