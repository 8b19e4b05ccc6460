// Package memblob is a store of objects in memory, for tests, with faults.
package memblob

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/blob"
)

// Op is an operation of a store.
type Op string

// The operations.
const (
	Put    Op = "put"
	Read   Op = "read"
	Delete Op = "delete"
	List   Op = "list"
)

// Fault is what a store is made to do wrong.
type Fault struct {
	// Before answers an error with which the operation ends, undone.
	Before func(op Op, name blob.Name) error
	// After answers an error with which the operation ends that was done: the answer is
	// lost.
	After func(op Op, name blob.Name) error
}

// Store is a blob.Store in memory.
type Store struct {
	now func() time.Time

	mu struct {
		sync.Mutex
		objects map[blob.Name]object
		fault   Fault
	}
}

type object struct {
	data []byte
	at   time.Time
}

var _ blob.Store = (*Store)(nil)

// New answers an empty store; now is its clock, nil: time.Now.
func New(now func() time.Time) *Store {
	if now == nil {
		now = time.Now
	}
	s := &Store{now: now}
	s.mu.objects = make(map[blob.Name]object)
	return s
}

// SetFault makes operations go wrong from now on; the zero Fault ends it. Its
// functions are called by many goroutines, but one at a time.
func (s *Store) SetFault(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.fault = f
}

// Names lists all objects.
func (s *Store) Names() []blob.Name {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.namesLocked(blob.Name{})
}

func (s *Store) namesLocked(from blob.Name) []blob.Name {
	var names []blob.Name
	for n := range s.mu.objects {
		if n.Compare(from) >= 0 {
			names = append(names, n)
		}
	}
	slices.SortFunc(names, blob.Name.Compare)
	return names
}

// Change replaces the octets of an object by what f makes of them, nil: it goes. It
// is the damage that a real store never should do.
func (s *Store) Change(name blob.Name, f func([]byte) []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.mu.objects[name]
	if o.data = f(slices.Clone(o.data)); o.data == nil {
		delete(s.mu.objects, name)
		return
	}
	if o.at.IsZero() {
		o.at = s.now()
	}
	s.mu.objects[name] = o
}

// do runs an operation with the faults around it.
func (s *Store) do(ctx context.Context, op Op, name blob.Name, f func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.fault.Before != nil {
		if err := s.mu.fault.Before(op, name); err != nil {
			return blob.Unavailable(string(op), name, err)
		}
	}
	err := f()
	if err == nil && s.mu.fault.After != nil {
		if err := s.mu.fault.After(op, name); err != nil {
			return blob.Unavailable(string(op), name, err)
		}
	}
	return err
}

// Put implements blob.Store.
func (s *Store) Put(ctx context.Context, name blob.Name, body io.ReaderAt, size int64) error {
	data := make([]byte, size)
	if n, err := body.ReadAt(data, 0); int64(n) < size {
		return blob.Unavailable("put", name, fmt.Errorf("body ends after %d octets of %d: %v", n, size, err))
	}
	return s.do(ctx, Put, name, func() error {
		s.mu.objects[name] = object{data: data, at: s.now()}
		return nil
	})
}

// ReadAt implements blob.Store.
func (s *Store) ReadAt(ctx context.Context, name blob.Name, p []byte, off int64) (n int, err error) {
	err = s.do(ctx, Read, name, func() error {
		o, ok := s.mu.objects[name]
		if !ok {
			return fmt.Errorf("blob: %v: %w", name, restante.ErrNotFound)
		}
		n = copy(p, o.data[min(off, int64(len(o.data))):])
		return nil
	})
	if err != nil {
		return 0, err
	}
	if n < len(p) {
		err = io.EOF
	}
	return n, err
}

// Delete implements blob.Store.
func (s *Store) Delete(ctx context.Context, names []blob.Name) error {
	if len(names) == 0 {
		return nil
	}
	return s.do(ctx, Delete, names[0], func() error {
		for _, name := range names {
			delete(s.mu.objects, name)
		}
		return nil
	})
}

// List implements blob.Store.
func (s *Store) List(ctx context.Context, from blob.Name, f func(blob.Object) error) error {
	var list []blob.Object
	err := s.do(ctx, List, from, func() error {
		for _, n := range s.namesLocked(from) {
			o := s.mu.objects[n]
			list = append(list, blob.Object{Name: n, Size: int64(len(o.data)), Modified: o.at})
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, o := range list {
		switch err := f(o); err {
		case nil:
		case blob.ErrStop:
			return nil
		default:
			return err
		}
	}
	return nil
}

// Close implements blob.Store.
func (s *Store) Close() error { return nil }
