package blob

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// Copied counts what CopyAll has done. It may be read while it runs.
type Copied struct {
	Seen    atomic.Int64 // objects of the source that were looked at
	Written atomic.Int64 // of them, those that were written
	Bytes   atomic.Int64 // octets of those
}

// copiesAtATime is how many objects CopyAll copies at a time.
const copiesAtATime = 8

// CopyAll copies the objects of one store into another, but for those that are
// there already with the same size. Stopped, it goes on when it is called again.
// Objects that the target alone has stay.
func CopyAll(ctx context.Context, from, to Store, count *Copied) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(copiesAtATime)
	var listed, there error
	next, stop := iter.Pull(objects(ctx, to, &there))
	defer stop()
	have, more := next()
	for o := range objects(ctx, from, &listed) {
		for more && have.Name.Compare(o.Name) < 0 {
			have, more = next()
		}
		count.Seen.Add(1)
		if more && have.Name == o.Name && have.Size == o.Size {
			continue
		}
		group.Go(func() error {
			if err := to.Put(ctx, o.Name, objectReader{ctx, from, o.Name}, o.Size); err != nil {
				return fmt.Errorf("copy of %v: %w", o.Name, err)
			}
			count.Written.Add(1)
			count.Bytes.Add(o.Size)
			return nil
		})
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(group.Wait(), listed, there)
}

// objects lists a store's objects, until an error, which goes to *failed.
func objects(ctx context.Context, s Store, failed *error) iter.Seq[Object] {
	return func(yield func(Object) bool) {
		*failed = s.List(ctx, Name{}, func(o Object) error {
			if !yield(o) {
				return ErrStop
			}
			return nil
		})
	}
}

// objectReader reads an object for Put.
type objectReader struct {
	ctx  context.Context
	from Store
	name Name
}

// ReadAt implements io.ReaderAt.
func (r objectReader) ReadAt(p []byte, off int64) (int, error) {
	return r.from.ReadAt(r.ctx, r.name, p, off)
}
