package mailstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/blob"
	"github.com/restante/restante/blob/memblob"
)

// objectFixture is an account whose larger messages are objects.
type objectFixture struct {
	*fixture
	blobs *memblob.Store
	at    *atomic.Int64 // Unix seconds
}

func newObjectFixture(t testing.TB, o Options) *objectFixture {
	f := &objectFixture{at: new(atomic.Int64)}
	f.at.Store(1_700_000_000)
	o.Now = f.now
	f.blobs = memblob.New(f.now)
	o.Blobs, o.Spool = f.blobs, t.TempDir()
	if o.BlobsAbove == 0 {
		o.BlobsAbove = 10_000
	}
	f.fixture = newFixture(t, o)
	t.Cleanup(func() { f.mustBeClean() })
	return f
}

func (f *objectFixture) now() time.Time { return time.Unix(f.at.Load(), 0) }

func (f *objectFixture) pass(d time.Duration) { f.at.Add(int64(d / time.Second)) }

// mustBeClean checks the whole store as it is a day later, when no object is too young
// to be told of.
func (f *objectFixture) mustBeClean() {
	f.t.Helper()
	f.blobs.SetFault(memblob.Fault{})
	f.pass(24 * time.Hour)
	r, err := f.store.Check(context.Background(), CheckOptions{})
	if err != nil {
		f.t.Fatal(err)
	}
	for _, found := range r.Findings {
		f.t.Errorf("check: %v", found)
	}
}

// large is a message of about n octets whose octets tell where they are.
func large(seed, n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Subject: number %d\r\nMessage-ID: <%d@example.org>\r\n\r\n", seed, seed)
	for b.Len() < n {
		fmt.Fprintf(&b, "%d %d %x\r\n", seed, b.Len(), b.Len()*b.Len()*(seed+1))
	}
	return b.String()
}

// text reads a message's octets in a range.
func (f *objectFixture) text(id restante.EmailID, off, n int64) (string, error) {
	f.t.Helper()
	r, err := f.Reader(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	defer r.Close()
	var b bytes.Buffer
	err = r.WriteRange(&b, id, off, n)
	return b.String(), err
}

func (f *objectFixture) email(seq int) restante.EmailID { return f.snapshot(f.inbox).At(seq).EmailID }

func TestObjects(t *testing.T) {
	f := newObjectFixture(t, Options{})
	sizes := []int{100, 9_000, 10_500, 20_000, 300_000, 1 << 20, 1<<20 + 5000, 3_000_000}
	var texts []string
	for i, n := range sizes {
		texts = append(texts, large(i, n))
	}
	for _, s := range texts[:4] {
		f.append(f.inbox, nil, s)
	}
	f.append(f.inbox, nil, texts[4:]...)
	if got := len(f.blobs.Names()); got != 6 {
		t.Errorf("%d objects, want 6", got)
	}
	for i, want := range texts {
		id := f.email(i + 1)
		for _, r := range [][2]int64{
			{0, -1}, {0, 1}, {0, 5000}, {8191, 2}, {8192, 1}, {8192, 9000}, {0, 20_000}, {15_000, 4000}, {262_143, 2},
			{262_144, 300_000}, {1 << 20, 1 << 20}, {2_999_000, 5000}, {5_000_000, 10},
		} {
			from := min(r[0], int64(len(want)))
			to := int64(len(want))
			if r[1] >= 0 {
				to = min(to, from+r[1])
			}
			if got, err := f.text(id, r[0], r[1]); err != nil || got != want[from:to] {
				t.Errorf("message %d, %v: %d octets of %d, or others: %v", i+1, r, len(got), to-from, err)
			}
		}
		r, err := f.Reader(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r.Open(id, 0, -1))
		if err != nil || string(got) != want {
			t.Errorf("message %d as a stream: %d octets of %d: %v", i+1, len(got), len(want), err)
		}
		r.Close()
	}
}

// TestObjectsBelow has messages of which nothing is left for an object: their octets all
// are in the header row.
func TestObjectsBelow(t *testing.T) {
	f := newObjectFixture(t, Options{BlobsAbove: 1})
	header := "Subject: x\r\nX-Long: " + strings.Repeat("y", 20_000) + "\r\n\r\n"
	f.append(f.inbox, nil, header, header+"z", "Subject: small\r\n\r\nbody")
	if got := len(f.blobs.Names()); got != 2 {
		t.Errorf("%d objects, want those of the messages with a body", got)
	}
	for i, want := range []string{header, header + "z", "Subject: small\r\n\r\nbody"} {
		if got, err := f.text(f.email(i+1), 0, -1); err != nil || got != want {
			t.Errorf("message %d: %q, %v", i+1, got, err)
		}
	}
}

// reapAll deletes what was forgotten as if so much time had passed.
func (f *objectFixture) reapAll(after time.Duration) {
	f.t.Helper()
	f.pass(after)
	if err := f.store.reap(f.t.Context(), f.ID()); err != nil {
		f.t.Fatal(err)
	}
}

func TestObjectsExpunged(t *testing.T) {
	f := newObjectFixture(t, Options{})
	for i := range 30 {
		f.append(f.inbox, nil, large(i, 5_000+i%3*10_000))
	}
	if n := len(f.blobs.Names()); n != 20 {
		t.Fatalf("%d objects", n)
	}
	other := f.create("other")
	if _, err := f.Copy(t.Context(), f.inbox, UIDSet{{First: 2, Last: 2}}, other.ID); err != nil {
		t.Fatal(err)
	}
	r, err := f.Reader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	third := f.email(3)
	if _, err := r.Summary(third); err != nil {
		t.Fatal(err)
	}
	f.expungeUIDs(UIDSet{{First: 2, Last: 3}, {First: 10, Last: 25}})
	if n := len(f.blobs.Names()); n != 20 {
		t.Errorf("%d objects right after the expunge, want all", n)
	}
	var b bytes.Buffer
	if err := r.WriteRange(&b, third, 0, -1); err != nil || b.String() != large(2, 25_000) {
		t.Errorf("a reader from before: %d octets, %v", b.Len(), err)
	}
	f.reapAll(59 * time.Minute)
	if n := len(f.blobs.Names()); n != 20 {
		t.Errorf("%d objects too early", n)
	}
	f.reapAll(time.Minute)
	// Of 2 and 3 the one goes that has no copy, of 10 to 25 ten are objects.
	if n := len(f.blobs.Names()); n != 9 {
		t.Errorf("%d objects afterwards", n)
	}
	if n := f.countRows(kindForgotten); n != 0 {
		t.Errorf("%d rows of forgotten objects", n)
	}
	if got, err := f.text(f.snapshot(other.ID).At(1).EmailID, 0, -1); err != nil || got != large(1, 15_000) {
		t.Errorf("the copy that is left: %d octets, %v", len(got), err)
	}
	// A reader that kept its snapshot longer than it should is told what happened.
	if err := r.WriteRange(io.Discard, third, 20_000, -1); !errors.Is(err, restante.ErrExpunged) {
		t.Errorf("a reader of what is gone: %v", err)
	}
}

func (f *objectFixture) expungeUIDs(uids UIDSet) {
	f.t.Helper()
	_, err := f.expunge(f.t.Context(), f.inbox, func(_ *txn, d *draft) UIDSet {
		var there UIDSet
		for _, p := range d.pages {
			for j := range p.n {
				if uid := p.UID(j); uids.Contains(uid) {
					there = there.Add(uid)
				}
			}
		}
		return there
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

func TestObjectsOfRemovedAccount(t *testing.T) {
	f := newObjectFixture(t, Options{})
	id, err := f.store.CreateAccount(t.Context(), "bob")
	if err != nil {
		t.Fatal(err)
	}
	bob := openAccount(t, f.store, id)
	if _, err := tryAppend(t.Context(), bob, bob.State().MailboxByName("inbox").ID, nil, large(1, 20_000), large(2, 20_000)); err != nil {
		t.Fatal(err)
	}
	f.append(f.inbox, nil, large(3, 20_000))
	if err := f.store.RemoveAccount(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	f.mustBeClean()
	if err := f.store.reap(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if got := f.blobs.Names(); len(got) != 1 || got[0].Account != f.ID() {
		t.Errorf("objects %v", got)
	}
}

// TestCheckWhileReaping has the objects of a removed account deleted after a check has
// listed them and before it reads their account's rows.
func TestCheckWhileReaping(t *testing.T) {
	f := newObjectFixture(t, Options{})
	id, err := f.store.CreateAccount(t.Context(), "bob")
	if err != nil {
		t.Fatal(err)
	}
	bob := openAccount(t, f.store, id)
	if _, err := tryAppend(t.Context(), bob, bob.State().MailboxByName("inbox").ID, nil, large(1, 20_000)); err != nil {
		t.Fatal(err)
	}
	if err := f.store.RemoveAccount(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	f.pass(48 * time.Hour)
	if err := f.store.reap(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	run := &checkRun{ctx: t.Context(), store: f.store}
	if err := run.strangeObjects(id, f.now()); err != nil || !run.report.Clean() {
		t.Errorf("%v, %s", err, lines(run.report))
	}
}

var errDown = errors.New("down")

// TestObjectsDown has the store of objects fail: what lies in the engine works.
func TestObjectsDown(t *testing.T) {
	f := newObjectFixture(t, Options{})
	f.append(f.inbox, nil, large(1, 5_000), large(2, 50_000), large(3, 5_000))
	down := func(memblob.Op, blob.Name) error { return errDown }
	f.blobs.SetFault(memblob.Fault{Before: down})
	if got, err := f.text(f.email(1), 0, -1); err != nil || got != large(1, 5_000) {
		t.Errorf("a message in the engine: %v", err)
	}
	if got, err := f.text(f.email(2), 0, 8000); err != nil || got != large(2, 50_000)[:8000] {
		t.Errorf("the beginning of an object: %v", err)
	}
	if _, err := f.text(f.email(2), 0, -1); !errors.Is(err, restante.ErrUnavailable) {
		t.Errorf("an object: %v", err)
	}
	f.append(f.inbox, nil, large(4, 5_000))
	for _, size := range []int{50_000, 2 << 20} {
		if _, err := tryAppend(t.Context(), f.Account, f.inbox, nil, large(5, 5_000), large(6, size)); !errors.Is(err, restante.ErrUnavailable) {
			t.Errorf("Append of %d octets: %v", size, err)
		}
	}
	f.expungeUIDs(UIDSet{{First: 2, Last: 2}})
	f.pass(2 * time.Hour)
	if err := f.store.reap(t.Context(), f.ID()); !errors.Is(err, errDown) {
		t.Errorf("deleting: %v", err)
	}
	f.blobs.SetFault(memblob.Fault{})
	f.reapAll(0)
	if n := len(f.blobs.Names()) + f.countRows(kindForgotten) + f.countRows(kindStaging); n != 0 {
		t.Errorf("%d objects and rows are left", n)
	}
	f.append(f.inbox, nil, large(6, 50_000))
	if n := f.snapshot(f.inbox).Len(); n != 4 {
		t.Errorf("%d messages", n)
	}
}
