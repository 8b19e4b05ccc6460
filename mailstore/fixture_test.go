package mailstore

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
)

// fixture is an account on an engine, in memory unless place says otherwise.
type fixture struct {
	*Account
	t       testing.TB
	backing *memkv.Backing
	engine  *memkv.Store
	open    func(testing.TB) kv.Store // opens the data again; nil: memory
	store   *Store
	inbox   restante.MailboxID
	clock   time.Time
}

func newFixture(t testing.TB, o Options) *fixture {
	t.Helper()
	f := &fixture{t: t, backing: memkv.NewBacking(), clock: time.Unix(1_700_000_000, 0)}
	f.engine = f.backing.Open()
	if o.Now == nil {
		o.Now = func() time.Time { return f.clock }
	}
	if o.KV == nil {
		o.KV = f.engine
		if place != nil {
			f.open = place(t)
			o.KV = f.open(t)
		}
	}
	f.store = openStore(t, o)
	id, err := f.store.CreateAccount(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	f.Account = openAccount(t, f.store, id)
	f.inbox = f.State().MailboxByName("inbox").ID
	t.Cleanup(func() { checkCounts(t, o.KV, id) })
	return f
}

func openStore(t testing.TB, o Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func openAccount(t testing.TB, s *Store, id restante.AccountID) *Account {
	t.Helper()
	a, err := s.Account(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Release)
	return a
}

// node opens the same account through another store on the same backing.
func (f *fixture) node() *fixture {
	f.t.Helper()
	g := &fixture{t: f.t, backing: f.backing, engine: f.backing.Open(), open: f.open, inbox: f.inbox, clock: f.clock}
	engine := kv.Store(g.engine)
	if f.open != nil {
		engine = f.open(f.t)
	}
	g.store = openStore(f.t, Options{KV: engine, Now: func() time.Time { return g.clock }})
	g.Account = openAccount(f.t, g.store, f.ID())
	return g
}

func (f *fixture) append(mb restante.MailboxID, flags []string, bodies ...string) AppendResult {
	f.t.Helper()
	r, err := tryAppend(f.t.Context(), f.Account, mb, flags, bodies...)
	if err != nil {
		f.t.Fatal(err)
	}
	return r
}

func tryAppend(ctx context.Context, a *Account, mb restante.MailboxID, flags []string, bodies ...string) (AppendResult, error) {
	p := a.BeginAppend(ctx)
	defer p.Abort()
	for _, b := range bodies {
		w, err := p.Message(NewMessage{Flags: flags})
		if err != nil {
			return AppendResult{}, err
		}
		if _, err := io.WriteString(w, b); err != nil {
			return AppendResult{}, err
		}
	}
	return p.Commit(ctx, mb)
}

func (f *fixture) snapshot(mb restante.MailboxID) *Snapshot {
	f.t.Helper()
	s, err := f.Snapshot(f.t.Context(), mb)
	if err != nil {
		f.t.Fatal(err)
	}
	return s
}

func (f *fixture) create(name string) *Mailbox {
	f.t.Helper()
	mb, err := f.CreateMailbox(f.t.Context(), name, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	return mb
}

// text reads a whole message.
func (f *fixture) text(id restante.EmailID) string {
	f.t.Helper()
	r, err := f.Reader(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	defer r.Close()
	var b bytes.Buffer
	if err := r.WriteRange(&b, id, 0, -1); err != nil {
		f.t.Fatal(err)
	}
	return b.String()
}

// show gives a mailbox as "uid(flags)" words.
func (f *fixture) show(mb restante.MailboxID) string {
	f.t.Helper()
	s := f.snapshot(mb)
	var words []string
	for i := range s.Len() {
		m := s.At(i + 1)
		words = append(words, fmt.Sprintf("%d(%s)", m.UID, s.Flags().Set(m.FlagSet).Wire))
	}
	return strings.Join(words, " ")
}

func uids(ranges ...restante.UID) UIDSet {
	var s UIDSet
	for i := 0; i < len(ranges); i += 2 {
		s = append(s, UIDRange{ranges[i], ranges[i+1]})
	}
	return s
}

func message1(n int) string {
	return fmt.Sprintf("Message-ID: <m%d@example.org>\r\nSubject: number %d\r\n\r\nbody of %d\r\n", n, n, n)
}

func messages(from, to int) []string {
	var list []string
	for i := from; i < to; i++ {
		list = append(list, message1(i))
	}
	return list
}

// checkCounts holds an account's rows against one another: what Check looks at
// more closely is compared here with nothing but the rows themselves.
func checkCounts(t testing.TB, engine kv.Store, id restante.AccountID) {
	t.Helper()
	ctx := context.Background()
	snap, err := engine.Snapshot(ctx, kv.Partition(id))
	if err != nil {
		t.Log("not checked: ", err)
		return
	}
	defer snap.Close()
	s := &Store{options: Options{}.withDefaults()}
	state, err := s.readState(snap, nil, true)
	if err != nil {
		t.Log("not checked: ", err)
		return
	}
	var usage Usage
	refs := map[restante.EmailID]uint32{}
	for _, b := range state.mailboxes {
		pages, err := readPages(snap, b.mailbox.ID, nil)
		if err != nil {
			t.Fatal(err)
		}
		d := draft{}
		for _, p := range pages {
			unseen, deleted := p.unseen, p.deleted
			p.countFlags(p.FlagSets(), state.flags)
			if unseen != p.unseen || deleted != p.deleted || p.key > p.first {
				t.Errorf("%s: page %d counts %d/%d, has %d/%d", b.mailbox.Name, p.key, unseen, deleted, p.unseen, p.deleted)
			}
			for j := range p.Len() {
				m := p.Message(j)
				d.count(state.flags.system(m.FlagSet), m.Size, 1)
				refs[m.EmailID]++
				if m.ModSeq > b.mailbox.HighestModSeq || m.UID >= b.mailbox.UIDNext {
					t.Errorf("%s: message %+v beyond the mailbox", b.mailbox.Name, m)
				}
			}
			if !slices.IsSorted(p.UIDs()) {
				t.Errorf("%s: UIDs fall", b.mailbox.Name)
			}
		}
		notes := newAnnotationCursor(snap, b.mailbox.ID)
		err = notes.each(UIDSet{{1, b.mailbox.UIDNext}}, func(id annotationID, row annotationRow) error {
			usage.Annotations += row.size(id.entry)
			return nil
		})
		if notes.close(); err != nil {
			t.Error(err)
		}
		got := d.mailbox
		mb := b.mailbox
		if got.Messages != mb.Messages || got.Unseen != mb.Unseen || got.Deleted != mb.Deleted || got.Size != mb.Size || got.DeletedSize != mb.DeletedSize {
			t.Errorf("%s: counts %+v, has %+v", mb.Name, mb, got)
		}
		usage.Bytes += int64(mb.Size)
		usage.Messages += int64(mb.Messages)
	}
	start, end := kindRange(kindMetadata)
	if err := scanMetadata(snap, start, end, func(_ string, row metadataRow) { usage.Metadata += row.size() }); err != nil {
		t.Error(err)
	}
	if usage != state.account.usage {
		t.Errorf("usage %+v, has %+v", state.account.usage, usage)
	}
	checkContents(t, snap, refs)
}

func checkContents(t testing.TB, snap kv.Snapshot, refs map[restante.EmailID]uint32) {
	t.Helper()
	staged := map[restante.EmailID]bool{}
	it := snap.Scan(kindRange(kindStaging))
	for it.Next() {
		n, _, _ := keyNumber(it.Key())
		staged[restante.EmailID(n)] = true
	}
	if err := it.Close(); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []byte{kindSummary, kindHeader, kindBody, kindObject, kindThreadOf} {
		seen := map[restante.EmailID]bool{}
		it := snap.Scan(kindRange(kind))
		for it.Next() {
			n, _, _ := keyNumber(it.Key())
			id := restante.EmailID(n)
			seen[id] = true
			if refs[id] == 0 && !staged[id] {
				t.Errorf("row %x of a content that is nowhere", it.Key())
			}
		}
		if err := it.Close(); err != nil {
			t.Fatal(err)
		}
		for id := range refs {
			if !seen[id] && (kind == kindSummary || kind == kindHeader) {
				t.Errorf("content %d has no row %x", id, kind)
			}
		}
	}
	it = snap.Scan(kindRange(kindRefs))
	for it.Next() {
		n, _, _ := keyNumber(it.Key())
		var b refBlock
		if !b.parse(it.Value()) {
			t.Errorf("damaged references %d", n)
		}
		for i, extra := range b.counts {
			id := restante.EmailID(n*refBlockSize + uint64(i))
			if extra > 0 && refs[id] != extra+1 {
				t.Errorf("content %d: %d extra references, is in %d places", id, extra, refs[id])
			}
			if extra > 0 {
				delete(refs, id)
			}
		}
	}
	if err := it.Close(); err != nil {
		t.Fatal(err)
	}
	for id, n := range refs {
		if n != 1 {
			t.Errorf("content %d is in %d places and has no references row", id, n)
		}
	}
}

// failThose fails the commits of a durability.
func failThose(c memkv.Commit, d kv.Durability, err error) error {
	if c.Durability == d {
		return err
	}
	return nil
}
