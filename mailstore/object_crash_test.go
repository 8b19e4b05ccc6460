package mailstore

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/blob"
	"github.com/restante/restante/blob/memblob"
	"github.com/restante/restante/kv/memkv"
)

// TestObjectsReaped has the store itself delete what was forgotten, in its time.
func TestObjectsReaped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		blobs := memblob.New(nil)
		backing := memkv.NewBacking()
		o := Options{KV: backing.Open(), Blobs: blobs, BlobsAbove: 10_000, DeleteAfter: 10 * time.Minute}
		s, err := Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		id, err := s.CreateAccount(t.Context(), "alice")
		if err != nil {
			t.Fatal(err)
		}
		a, err := s.Account(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		inbox := a.State().MailboxByName("inbox").ID
		r, err := tryAppend(t.Context(), a, inbox, nil, large(1, 20_000), large(2, 20_000), large(3, 20_000), large(4, 20_000))
		if err != nil {
			t.Fatal(err)
		}
		objects := func(want int) {
			t.Helper()
			synctest.Wait()
			if n := len(blobs.Names()); n != want {
				t.Errorf("after %v: %d objects, want %d", time.Now(), n, want)
			}
		}
		remove := func(a *Account, i restante.UID) {
			t.Helper()
			if _, err := a.Remove(t.Context(), inbox, r.First+i); err != nil {
				t.Fatal(err)
			}
		}
		remove(a, 0)
		time.Sleep(4 * time.Minute)
		remove(a, 1)
		time.Sleep(5*time.Minute + 59*time.Second)
		objects(4)
		time.Sleep(2 * time.Second)
		objects(3)
		time.Sleep(4 * time.Minute)
		objects(2)

		// A store that does not answer is asked again.
		blobs.SetFault(memblob.Fault{Before: func(memblob.Op, blob.Name) error { return errDown }})
		remove(a, 2)
		time.Sleep(30 * time.Minute)
		objects(2)
		blobs.SetFault(memblob.Fault{})
		time.Sleep(reapAgain)
		objects(1)

		// What a node has forgotten that went is deleted by the next that opens the account.
		remove(a, 3)
		a.Release()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		o.KV = backing.Open()
		if s, err = Open(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		objects(1)
		if a, err = s.Account(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		objects(0)
		a.Release()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestObjectsPowerCut cuts the power at each request to the store of objects and each
// commit of some changes: before it, and after it was done. What was acknowledged is
// there then, and a sweep leaves no other object.
func TestObjectsPowerCut(t *testing.T) {
	cut := 1
	for cutPowerAt(t, cut) {
		cut++
	}
	if cut < 20 {
		t.Errorf("there are only %d moments", cut)
	}
}

// powerCut ends everything at one moment.
type powerCut struct {
	sync.Mutex // the store deletes objects by itself, too
	at, now    int
	engine     *memkv.Store
	crashed    *memkv.Backing // nil before
}

var errPowerCut = errors.New("power is off")

// left is what the cut has left; nil before it.
func (p *powerCut) left() *memkv.Backing {
	p.Lock()
	defer p.Unlock()
	return p.crashed
}

func (p *powerCut) tick() error {
	p.Lock()
	defer p.Unlock()
	if p.now++; p.now == p.at {
		p.crashed = p.engine.Backing().CrashClone()
	}
	if p.crashed != nil {
		return errPowerCut
	}
	return nil
}

// cutPowerAt does so at one moment. It answers false once there are not so many.
func cutPowerAt(t *testing.T, at int) bool {
	var now atomic.Int64
	now.Store(1_700_000_000)
	clock := func() time.Time { return time.Unix(now.Load(), 0) }
	blobs, power := memblob.New(clock), &powerCut{at: at, engine: memkv.New()}
	o := Options{KV: power.engine, Blobs: blobs, BlobsAbove: 10_000, Spool: t.TempDir(), Now: clock}
	s := openStore(t, o)
	id, err := s.CreateAccount(t.Context(), "alice")
	if err != nil {
		t.Fatal(err)
	}
	a := openAccount(t, s, id)
	inbox := a.State().MailboxByName("inbox").ID
	request := func(memblob.Op, blob.Name) error { return power.tick() }
	commit := func(context.Context, memkv.Commit) error { return power.tick() }
	blobs.SetFault(memblob.Fault{Before: request, After: request})
	power.engine.Inject(memkv.Faults{BeforeCommit: commit, AfterCommit: commit})

	sure, perhaps := map[string]bool{}, map[string]bool{}
	add := func(texts ...string) AppendResult {
		r, err := tryAppend(t.Context(), a, inbox, nil, texts...)
		for _, text := range texts {
			perhaps[text] = true
			sure[text] = err == nil && power.left() == nil
		}
		return r
	}
	first := add(large(1, 20_000)).First
	add(large(2, 500), large(3, 1_200_000))
	if power.left() == nil {
		sure[large(1, 20_000)] = false
		_, _ = a.Remove(t.Context(), inbox, first) // errors are those of the cut
		now.Add(2 * 60 * 60)
		_ = s.reap(t.Context(), id)
		add(large(4, 30_000))
	}
	blobs.SetFault(memblob.Fault{})
	if power.left() == nil {
		return false
	}
	afterCut(t, at, power.left(), o, id, func(there map[string]bool) {
		for text, is := range sure {
			if is && !there[text] {
				t.Errorf("cut %d: a message of %d octets is lost", at, len(text))
			}
		}
		for text := range there {
			if !perhaps[text] {
				t.Errorf("cut %d: a message of %d octets is there that nobody wrote", at, len(text))
			}
		}
	})
	return true
}

// afterCut opens what the cut has left, days later, and looks at it.
func afterCut(t *testing.T, at int, crashed *memkv.Backing, o Options, id restante.AccountID, look func(map[string]bool)) {
	t.Helper()
	var later atomic.Int64
	later.Store(o.Now().Unix())
	o.KV, o.Now = crashed.Open(), func() time.Time { return time.Unix(later.Load(), 0) }
	s := openStore(t, o)
	a := openAccount(t, s, id)
	for range 2 {
		later.Add(3 * 24 * 60 * 60)
		if _, err := s.SweepObjects(t.Context(), SweepOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	snap, err := a.Snapshot(t.Context(), a.State().MailboxByName("inbox").ID)
	if err != nil {
		t.Fatal(err)
	}
	r, err := a.Reader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	there, objects := map[string]bool{}, 0
	for i := range snap.Len() {
		var b strings.Builder
		if err := r.WriteRange(&b, snap.At(i+1).EmailID, 0, -1); err != nil {
			t.Errorf("cut %d: message %d: %v", at, i+1, err)
		}
		there[b.String()] = true
		if b.Len() > 10_000 {
			objects++
		}
	}
	look(there)
	if n := len(o.Blobs.(*memblob.Store).Names()); n != objects {
		t.Errorf("cut %d: %d objects for %d messages that need one", at, n, objects)
	}
	report, err := s.Check(t.Context(), CheckOptions{})
	if err != nil || !report.Clean() {
		t.Errorf("cut %d: check: %v, %v", at, report.Findings, err)
	}
}
