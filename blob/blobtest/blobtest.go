// Package blobtest is the conformance suite of blob.Store: a store is right when Run
// passes.
package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/blob"
)

// Run tests a store. open answers an empty one; the suite closes it.
func Run(t *testing.T, open func(t *testing.T) blob.Store) {
	for _, c := range []struct {
		name string
		test func(*testing.T, blob.Store)
	}{
		{"read", testRead}, {"missing", testMissing}, {"again", testAgain}, {"delete", testDelete},
		{"list", testList}, {"list from", testListFrom}, {"list ends", testListEnds}, {"short body", testShortBody},
		{"canceled", testCanceled}, {"concurrent", testConcurrent}, {"large", testLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t)
			c.test(t, s)
			if err := s.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
}

// Body gives size octets that look like no others.
func Body(seed uint64, size int) []byte {
	b := make([]byte, size)
	r := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16)})
	_, _ = r.Read(b) // never fails
	return b
}

func put(t *testing.T, s blob.Store, n blob.Name, body []byte) {
	t.Helper()
	if err := s.Put(t.Context(), n, bytes.NewReader(body), int64(len(body))); err != nil {
		t.Fatalf("Put %v: %v", n, err)
	}
}

func read(t *testing.T, s blob.Store, n blob.Name, off, size int) ([]byte, error) {
	t.Helper()
	p := make([]byte, size)
	got, err := s.ReadAt(t.Context(), n, p, int64(off))
	return p[:got], err
}

func want(t *testing.T, s blob.Store, n blob.Name, body []byte) {
	t.Helper()
	if got, err := read(t, s, n, 0, len(body)); err != nil && err != io.EOF || !bytes.Equal(got, body) {
		t.Fatalf("ReadAt %v: %d octets of %d, %v", n, len(got), len(body), err)
	}
}

func testRead(t *testing.T, s blob.Store) {
	n := blob.Name{Account: 7, Email: 1, Token: 1<<64 - 1}
	body := Body(1, 700_001)
	put(t, s, n, body)
	for _, r := range []struct{ off, size, got int }{
		{0, 1, 1}, {0, 700_001, 700_001}, {0, 800_000, 700_001}, {1, 5, 5}, {262_143, 2, 2}, {262_144, 262_144, 262_144},
		{300_000, 400_001, 400_001}, {699_990, 100, 11}, {700_000, 1, 1}, {700_001, 1, 0}, {900_000, 10, 0}, {5, 0, 0},
	} {
		for range 2 { // the second time perhaps from a cache
			got, err := read(t, s, n, r.off, r.size)
			if (err == io.EOF) != (r.got < r.size) && !(err == io.EOF && r.off+r.got == len(body)) || err != nil && err != io.EOF {
				t.Errorf("%d octets at %d: error %v", r.size, r.off, err)
			}
			from := min(r.off, len(body))
			if !bytes.Equal(got, body[from:from+r.got]) {
				t.Errorf("%d octets at %d: got %d, not %d, or others", r.size, r.off, len(got), r.got)
			}
		}
	}
	empty := blob.Name{Account: 7, Email: 2, Token: 1}
	put(t, s, empty, nil)
	if got, err := read(t, s, empty, 0, 10); err != io.EOF || len(got) != 0 {
		t.Errorf("an empty object: %d octets, %v", len(got), err)
	}
}

func testMissing(t *testing.T, s blob.Store) {
	put(t, s, blob.Name{Account: 1, Email: 1, Token: 1}, Body(1, 10))
	for _, n := range []blob.Name{{Account: 1, Email: 1, Token: 2}, {Account: 1, Email: 2, Token: 1}, {Account: 2, Email: 1, Token: 1}, {}} {
		if _, err := read(t, s, n, 0, 10); !errors.Is(err, restante.ErrNotFound) {
			t.Errorf("ReadAt of %v, which is not there: %v", n, err)
		}
	}
}

func testAgain(t *testing.T, s blob.Store) {
	n := blob.Name{Account: 3, Email: 4, Token: 5}
	body := Body(2, 100_000)
	put(t, s, n, body)
	put(t, s, n, body)
	want(t, s, n, body)
}

func testDelete(t *testing.T, s blob.Store) {
	var names []blob.Name
	for i := range 20 {
		n := blob.Name{Account: restante.AccountID(i % 3), Email: restante.EmailID(i), Token: uint64(i)}
		names = append(names, n)
		put(t, s, n, Body(uint64(i), 100+i))
		want(t, s, n, Body(uint64(i), 100+i))
	}
	keep := names[4]
	gone := append(slices.Clone(names[:4]), names[5:]...)
	for range 2 { // again: what is not there is no error
		if err := s.Delete(t.Context(), gone); err != nil {
			t.Fatalf("Delete: %v", err)
		}
	}
	if err := s.Delete(t.Context(), nil); err != nil {
		t.Errorf("Delete of nothing: %v", err)
	}
	for _, n := range gone {
		if _, err := read(t, s, n, 0, 10); !errors.Is(err, restante.ErrNotFound) {
			t.Errorf("ReadAt of %v, which was deleted: %v", n, err)
		}
	}
	want(t, s, keep, Body(4, 104))
	if got := list(t, s, blob.Name{}); !slices.Equal(got, []blob.Name{keep}) {
		t.Errorf("List after Delete: %v", got)
	}
	put(t, s, names[0], Body(0, 100)) // whose directory may have gone
	want(t, s, names[0], Body(0, 100))
}

func list(t *testing.T, s blob.Store, from blob.Name) (names []blob.Name) {
	t.Helper()
	err := s.List(t.Context(), from, func(o blob.Object) error {
		names = append(names, o.Name)
		return nil
	})
	if err != nil {
		t.Fatalf("List: %v", err)
	}
	return names
}

// some are names in order, with what may be mistaken for one another.
func some() []blob.Name {
	return []blob.Name{
		{Account: 0, Email: 0, Token: 0},
		{Account: 1, Email: 4095, Token: 1<<64 - 1},
		{Account: 1, Email: 4096, Token: 0},
		{Account: 1, Email: 4096, Token: 1},
		{Account: 0x1234, Email: 1, Token: 9},
		{Account: 0x12340000_00000000, Email: 1, Token: 1 << 63},
		{Account: 0x12340000_00000001, Email: 1<<63 - 1, Token: 0},
		{Account: 1<<63 - 1, Email: 1<<64 - 1, Token: 1<<64 - 1},
	}
}

func testList(t *testing.T, s blob.Store) {
	before := time.Now()
	names := some()
	for _, i := range rand.Perm(len(names)) {
		put(t, s, names[i], Body(uint64(i), i*10))
	}
	i := 0
	err := s.List(t.Context(), blob.Name{}, func(o blob.Object) error {
		if o.Name != names[i] || o.Size != int64(i*10) {
			t.Errorf("object %d is %v of %d octets, want %v", i, o.Name, o.Size, names[i])
		}
		if d := o.Modified.Sub(before); d < -time.Minute || d > time.Hour {
			t.Errorf("object %d was written at %v, a test that began at %v says", i, o.Modified, before)
		}
		i++
		return nil
	})
	if err != nil || i != len(names) {
		t.Errorf("List: %d objects, %v", i, err)
	}
}

func testListFrom(t *testing.T, s blob.Store) {
	names := some()
	for i, n := range names {
		put(t, s, n, Body(uint64(i), 10))
	}
	for i, n := range names {
		if got := list(t, s, n); !slices.Equal(got, names[i:]) {
			t.Errorf("List from %v: %v", n, got)
		}
	}
	if got := list(t, s, blob.Name{Account: 2}); !slices.Equal(got, names[4:]) {
		t.Errorf("List from account 2: %v", got)
	}
}

func testListEnds(t *testing.T, s blob.Store) {
	for i, n := range some() {
		put(t, s, n, Body(uint64(i), 10))
	}
	n := 0
	err := s.List(t.Context(), blob.Name{}, func(blob.Object) error {
		if n++; n == 3 {
			return blob.ErrStop
		}
		return nil
	})
	if err != nil || n != 3 {
		t.Errorf("a List that is stopped: %d objects, %v", n, err)
	}
	own := errors.New("own")
	if err := s.List(t.Context(), blob.Name{}, func(blob.Object) error { return own }); !errors.Is(err, own) {
		t.Errorf("a List whose function fails: %v", err)
	}
}

func testShortBody(t *testing.T, s blob.Store) {
	n := blob.Name{Account: 1, Email: 1, Token: 1}
	if err := s.Put(t.Context(), n, bytes.NewReader(Body(1, 1000)), 1001); err == nil {
		t.Error("Put of a body that ends early succeeds")
	}
	if got := list(t, s, blob.Name{}); len(got) > 0 {
		t.Errorf("and leaves %v", got)
	}
}

func testCanceled(t *testing.T, s blob.Store) {
	n := blob.Name{Account: 1, Email: 1, Token: 1}
	put(t, s, n, Body(1, 1000))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	other := blob.Name{Account: 1, Email: 2, Token: 1}
	if err := s.Put(ctx, other, bytes.NewReader(Body(2, 10)), 10); !errors.Is(err, context.Canceled) {
		t.Errorf("Put, canceled: %v", err)
	}
	if _, err := s.ReadAt(ctx, n, make([]byte, 10), 0); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("ReadAt, canceled: %v", err)
	}
	if err := s.Delete(ctx, []blob.Name{n}); !errors.Is(err, context.Canceled) {
		t.Errorf("Delete, canceled: %v", err)
	}
	if err := s.List(ctx, blob.Name{}, func(blob.Object) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("List, canceled: %v", err)
	}
	want(t, s, n, Body(1, 1000))
}

func testConcurrent(t *testing.T, s blob.Store) {
	const writers, each = 4, 6
	var wg sync.WaitGroup
	failed := make(chan error, writers*each)
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				n := blob.Name{Account: 5, Email: restante.EmailID(i), Token: uint64(w)}
				if err := oneOf(t.Context(), s, n, Body(uint64(w*each+i), 20_000), i%2 == 1); err != nil {
					failed <- fmt.Errorf("%v: %w", n, err)
				}
			}
		})
	}
	wg.Wait()
	close(failed)
	for err := range failed {
		t.Error(err)
	}
	if got := list(t, s, blob.Name{}); len(got) != writers*each/2 {
		t.Errorf("%d objects are left: %v", len(got), got)
	}
}

// oneOf writes an object, reads it, and perhaps deletes it.
func oneOf(ctx context.Context, s blob.Store, n blob.Name, body []byte, remove bool) error {
	if err := s.Put(ctx, n, bytes.NewReader(body), int64(len(body))); err != nil {
		return err
	}
	p := make([]byte, len(body))
	if m, err := s.ReadAt(ctx, n, p, 0); m < len(p) || !bytes.Equal(p, body) {
		return fmt.Errorf("read %d octets: %v", m, err)
	}
	if !remove {
		return nil
	}
	return s.Delete(ctx, []blob.Name{n})
}

func testLarge(t *testing.T, s blob.Store) {
	n := blob.Name{Account: 1, Email: 1, Token: 1}
	body := Body(3, 20<<20)
	put(t, s, n, body)
	for off := 0; off < len(body); off += 3 << 20 {
		size := min(3<<20, len(body)-off)
		if got, err := read(t, s, n, off, size); err != nil && err != io.EOF || !bytes.Equal(got, body[off:off+size]) {
			t.Fatalf("at %d: %d octets, %v", off, len(got), err)
		}
	}
}
