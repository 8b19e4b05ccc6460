package mailstore

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/restante/restante/blob"
	"github.com/restante/restante/blob/memblob"
)

// TestReaderLosesPatience has a blob store take its time to fail: a reader of many
// messages soon asks it no more, and reads what needs no object all the same.
func TestReaderLosesPatience(t *testing.T) {
	f := newObjectFixture(t, Options{})
	for i := range 20 {
		f.append(f.inbox, nil, large(i, 5_000+i%2*20_000))
	}
	asked, took := 0, 10*time.Second
	f.blobs.SetFault(memblob.Fault{Before: func(memblob.Op, blob.Name) error {
		asked++
		f.pass(took)
		return errDown
	}})
	read := func(r *Reader) (got int) {
		t.Helper()
		s := f.snapshot(f.inbox)
		for seq := range s.Len() {
			m := s.At(seq + 1)
			err := r.WriteRange(io.Discard, m.EmailID, 0, -1)
			if err == nil {
				got++
			} else if !errors.Is(err, ErrObjectUnavailable) {
				t.Errorf("content %d: %v", m.EmailID, err)
			}
		}
		return got
	}
	open := func(ctx context.Context) *Reader {
		t.Helper()
		r, err := f.Reader(ctx)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(r.Close)
		return r
	}
	r := open(t.Context())
	if got := read(r); got != 10 || asked != 3 {
		t.Errorf("%d messages read, %d requests", got, asked)
	}
	f.blobs.SetFault(memblob.Fault{})
	if got := read(open(t.Context())); got != 20 {
		t.Errorf("%d messages read once it answers again", got)
	}
	asked, took = 0, 0
	f.blobs.SetFault(memblob.Fault{Before: func(memblob.Op, blob.Name) error { asked++; return errDown }})
	if got := read(open(t.Context())); got != 10 || asked != 10 {
		t.Errorf("of a store that fails at once: %d messages read, %d requests", got, asked)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r = open(ctx)
	f.blobs.SetFault(memblob.Fault{Before: func(memblob.Op, blob.Name) error { cancel(); return ctx.Err() }})
	if err := r.WriteRange(io.Discard, f.snapshot(f.inbox).At(2).EmailID, 0, -1); !errors.Is(err, context.Canceled) || errors.Is(err, ErrObjectUnavailable) {
		t.Errorf("given up: %v", err)
	}
}
