package blob_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/blob"
	"github.com/restante/restante/blob/dirblob"
	"github.com/restante/restante/blob/memblob"
)

// failing is a store whose writes fail after some.
type failing struct {
	blob.Store
	left atomic.Int64
}

var errFailing = errors.New("no more")

func (f *failing) Put(ctx context.Context, name blob.Name, body io.ReaderAt, size int64) error {
	if f.left.Add(-1) < 0 {
		return errFailing
	}
	return f.Store.Put(ctx, name, body, size)
}

// TestCopyAll copies in spite of failures and writes nothing twice.
func TestCopyAll(t *testing.T) {
	ctx := t.Context()
	from := memblob.New(time.Now)
	to, err := dirblob.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	want := map[blob.Name][]byte{}
	for i := range uint64(50) {
		name := blob.Name{Account: restante.AccountID(300 + i%7), Email: restante.EmailID(i), Token: i * 7919}
		want[name] = bytes.Repeat([]byte{byte(i)}, int(i*i*100))
		if err := from.Put(ctx, name, bytes.NewReader(want[name]), int64(len(want[name]))); err != nil {
			t.Fatal(err)
		}
	}
	own := blob.Name{Account: 301, Email: 3, Token: 3}
	if err := to.Put(ctx, own, bytes.NewReader([]byte("own")), 3); err != nil {
		t.Fatal(err)
	}
	var count blob.Copied
	rounds := 0
	for ; ; rounds++ {
		limited := &failing{Store: to}
		if limited.left.Store(10); rounds == 2 {
			limited.left.Store(100)
		}
		err := blob.CopyAll(ctx, from, limited, &count)
		if err == nil {
			break
		}
		if !errors.Is(err, errFailing) {
			t.Fatal(err)
		}
	}
	if rounds != 2 || count.Written.Load() != 50 {
		t.Errorf("%d objects written in %d rounds", count.Written.Load(), rounds)
	}
	want[own] = []byte("own")
	var names []blob.Name
	err = to.List(ctx, blob.Name{}, func(o blob.Object) error {
		names = append(names, o.Name)
		p := make([]byte, o.Size)
		if n, err := to.ReadAt(ctx, o.Name, p, 0); n < len(p) && err != nil {
			return err
		}
		if !bytes.Equal(p, want[o.Name]) {
			t.Errorf("%v: %d octets, want %d", o.Name, len(p), len(want[o.Name]))
		}
		return nil
	})
	if err != nil || len(names) != len(want) || !slices.IsSortedFunc(names, blob.Name.Compare) {
		t.Errorf("%d objects, want %d: %v", len(names), len(want), err)
	}
}
