package mailstore

import (
	"bytes"
	"context"
	"io"
	"sync"

	"github.com/restante/restante/blob"
	"github.com/restante/restante/kv"
)

// putsAtOnce is how many objects of one Append are written at the same time.
const putsAtOnce = 4

// inline is how many octets of the upload's beginning the engine holds if it becomes an
// object.
func (u *upload) inline(s *Store) int64 {
	return max(headerSplit(u.headerSize), min(firstChunk, s.options.BlobsAbove))
}

// large reports whether the upload, which is complete, is to become an object.
func (u *upload) large(s *Store) bool {
	return s.blobs != nil && u.size > s.options.BlobsAbove && u.size > u.inline(s)
}

// overflow makes room for more bytes than are held in memory: in a spool if the message
// becomes an object, else in the engine.
func (u *upload) overflow(p *Append) error {
	store := p.account.store
	if store.blobs == nil {
		u.next = 2
		u.rest = append(store.buffers.Get(heldMessage), u.data[chunkSize:]...)
		u.data = u.data[:chunkSize]
		return p.account.stageChunks(p.ctx, u)
	}
	spool, err := blob.NewSpool(store.options.Spool)
	if err != nil {
		return err
	}
	u.spool = spool
	if _, err := spool.Write(u.data); err != nil {
		return err
	}
	u.data = u.data[:chunkSize]
	return nil
}

// body is the whole message, which is not staged in the engine.
func (u *upload) body() io.ReaderAt {
	if u.spool != nil {
		return u.spool
	}
	return bytes.NewReader(u.data)
}

// putObjects writes the objects of those of the append's uploads that are to have one
// and do not yet.
func (p *Append) putObjects(ctx context.Context) error {
	store := p.account.store
	var list []*upload
	for _, u := range p.uploads {
		if u.parser == nil && u.object == nil && !u.known && !u.stored && u.large(store) {
			list = append(list, u)
		}
	}
	if len(list) == 0 {
		return nil
	}
	// The staging rows come first, which give the objects their names.
	if err := p.account.stageObjects(ctx, list); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var running sync.WaitGroup
	slots := make(chan struct{}, putsAtOnce)
	for _, u := range list {
		if u.known {
			continue
		}
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			if err := u.put(ctx, p.account); err != nil {
				cancel(err)
			}
		})
	}
	running.Wait()
	return context.Cause(ctx)
}

// stageObjects gives uploads their EmailIDs and marks them as staged objects. Those
// that were imported before are let go: nothing of them is needed.
func (a *Account) stageObjects(ctx context.Context, uploads []*upload) error {
	_, err := a.update(ctx, kv.Relaxed, func(tx *txn) error {
		for _, u := range uploads {
			u.known = false
			if u.importKey != nil {
				known, err := tx.imported(u.importKey)
				if err != nil {
					return err
				}
				if u.known = known; known {
					continue
				}
			}
			u.forObject = true
			if err := tx.stage(u); err != nil {
				return err
			}
			tx.row.objects = true
		}
		return nil
	})
	for _, u := range uploads {
		switch {
		case err != nil:
			u.mayBeStaged()
		case u.known:
			u.free(a.store)
		default:
			u.staged = true
		}
	}
	return err
}

// put writes the upload's object. What the engine does not hold of it is let go.
func (u *upload) put(ctx context.Context, a *Account) error {
	store := a.store
	o := &object{name: u.objectName(a), size: u.size, from: u.inline(store)}
	buf := store.buffers.Get(sumBlock)
	defer store.buffers.Put(buf)
	var err error
	if o.sums, err = checksums(u.body(), u.size, buf[:sumBlock]); err != nil {
		return err
	}
	if err := store.blobs.Put(ctx, o.name, u.body(), u.size); err != nil {
		return unavailable("write object", err)
	}
	data := u.data
	u.data = bytes.Clone(data[:o.from])
	store.buffers.Put(data)
	u.dropSpool()
	u.object = o
	return nil
}

func (u *upload) objectName(a *Account) blob.Name {
	return blob.Name{Account: a.id, Email: u.id, Token: u.token}
}

func (u *upload) dropSpool() {
	if u.spool != nil {
		_ = u.spool.Close() // nothing of it is needed any more
		u.spool = nil
	}
}

// setObject writes the row of the upload's object, if it has one.
func (u *upload) setObject(batch *kv.Batch) {
	if u.object != nil {
		batch.Set(objectKey(u.id), u.object.appendTo(nil))
	}
}
