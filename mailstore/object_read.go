package mailstore

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

const (
	// maxWindow is how much of an object a reader has in memory at most. What is read
	// from a window costs one request, and while a slow client takes it no request is
	// open.
	maxWindow = 4 * sumBlock
	// longPreface is from how much of a header on WriteRange makes sure that the object
	// can be read before it writes anything, so that its caller learns it in time: what
	// is shorter callers keep until more follows.
	longPreface = 8 << 10
	// objectPatience is how long a reader waits in vain for objects, all together, before
	// it asks for no other: each request takes its time to fail, and a mailbox has many.
	objectPatience = 30 * time.Second
)

// window is what a reader holds of an object.
type window struct {
	of     restante.EmailID // whose object was looked for; 0: nobody's
	object *object          // nil: it has none
	at     int64
	data   []byte
}

// forgetObject makes the reader look for the object's row again, in a newer snapshot.
func (r *Reader) forgetObject() { r.window.of, r.window.object = 0, nil }

// dropWindow gives the window's memory back.
func (r *Reader) dropWindow() {
	r.account.store.buffers.Put(r.window.data)
	r.window = window{}
}

// objectOf answers the object of a content; nil if its octets are all in the engine.
func (r *Reader) objectOf(id restante.EmailID) (*object, error) {
	if err := r.renew(); err != nil {
		return nil, err
	}
	w := &r.window
	if w.of == id {
		return w.object, nil
	}
	row, err := r.snap.Get(objectKey(id), nil)
	if errors.Is(err, kv.ErrNotFound) {
		w.of, w.object = id, nil
		return nil, nil
	}
	if err != nil {
		return nil, unavailable("read message", err)
	}
	o, err := parseObject(r.account.id, id, bytes.Clone(row))
	if err != nil {
		return nil, err
	}
	w.of, w.object, w.at, w.data = id, o, 0, w.data[:0]
	return o, nil
}

// writeObject writes octets of the message from off to end that are in its object. It
// answers how many; 0 at the message's end.
func (r *Reader) writeObject(w io.Writer, id restante.EmailID, off, end int64) (int, error) {
	if r.window.of != id || r.window.object == nil {
		s, err := r.Summary(id)
		if err != nil || off >= s.Size() {
			return 0, err
		}
	}
	o, err := r.objectOf(id)
	if err != nil {
		return 0, err
	}
	if o == nil {
		return 0, fmt.Errorf("mailstore: content %d has no bytes at %d: %w", id, off, restante.ErrCorrupt)
	}
	if off >= o.size {
		return 0, nil
	}
	b, err := r.load(o, off, end)
	if err != nil {
		return 0, err
	}
	return w.Write(b)
}

// load answers octets of the object from off on, at least one and none from end on.
func (r *Reader) load(o *object, off, end int64) ([]byte, error) {
	w := &r.window
	if off < w.at || off >= w.at+int64(len(w.data)) {
		start := off - off%sumBlock
		want := min(end, o.size) - start
		if off == w.at+int64(len(w.data)) {
			want = max(want, 2*int64(len(w.data))) // it is read in order, a little at a time
		}
		want = min(int64(blocksOf(want))*sumBlock, maxWindow, o.size-start)
		if int64(cap(w.data)) < want {
			r.account.store.buffers.Put(w.data)
			w.data = r.account.store.buffers.Get(int(want))
		}
		data := w.data[:want]
		w.data = w.data[:0]
		if err := r.request(o, data, start); err != nil {
			return nil, err
		}
		w.at, w.data = start, data
	}
	return w.data[off-w.at : min(int64(len(w.data)), end-w.at)], nil
}

// request reads octets of an object unless others were waited for in vain for long.
func (r *Reader) request(o *object, p []byte, off int64) error {
	if r.vain >= objectPatience {
		return fmt.Errorf("mailstore: object %v was not asked for: %w", o.name, ErrObjectUnavailable)
	}
	begun := r.account.store.now()
	err := o.read(r.ctx, r.account.store.blobs, p, off)
	if errors.Is(err, ErrObjectUnavailable) {
		r.vain += r.account.store.now().Sub(begun)
	}
	return r.unreadable(o, err)
}

// unreadable answers what it means that an object could not be read. One that is gone
// was deleted with its message, after a time in which no reader should need it any more
// (Options.DeleteAfter), or is lost.
func (r *Reader) unreadable(o *object, err error) error {
	if !errors.Is(err, errObjectGone) {
		return err
	}
	r.Close()
	if e := r.open(); e != nil {
		return e
	}
	if _, e := r.snap.Get(objectKey(o.name.Email), nil); errors.Is(e, kv.ErrNotFound) {
		return fmt.Errorf("mailstore: content %d: %w", o.name.Email, restante.ErrExpunged)
	}
	return err
}

// preload makes sure that the octets up to end can be read of a content that is an
// object.
func (r *Reader) preload(id restante.EmailID, end int64) error {
	o, err := r.objectOf(id)
	if err != nil || o == nil || end <= o.from {
		return err
	}
	_, err = r.load(o, o.from, end)
	return err
}
