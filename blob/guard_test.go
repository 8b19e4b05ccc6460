package blob_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/blob"
	"github.com/restante/restante/blob/blobtest"
	"github.com/restante/restante/blob/memblob"
)

func TestGuardedConformance(t *testing.T) {
	blobtest.Run(t, func(*testing.T) blob.Store { return blob.Guard(memblob.New(nil), blob.GuardOptions{}) })
}

// TestFlakyConformance has a store fail five times of six, before or after the deed.
func TestFlakyConformance(t *testing.T) {
	blobtest.Run(t, func(*testing.T) blob.Store {
		s := memblob.New(nil)
		flaky := func(every int) func(memblob.Op, blob.Name) error {
			n := 0
			return func(memblob.Op, blob.Name) error {
				if n++; n%every != 0 {
					return errDown
				}
				return nil
			}
		}
		s.SetFault(memblob.Fault{Before: flaky(3), After: flaky(2)})
		return blob.Guard(s, blob.GuardOptions{Attempts: 30, FirstWait: time.Nanosecond})
	})
}

var (
	errDown = errors.New("down")
	name    = blob.Name{Account: 1, Email: 2, Token: 3}
)

func TestGuardGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := memblob.New(nil)
		tries := 0
		s.SetFault(memblob.Fault{Before: func(memblob.Op, blob.Name) error { tries++; return errDown }})
		g := blob.Guard(s, blob.GuardOptions{Attempts: 4})
		put := func() {
			t.Helper()
			if err := g.Put(t.Context(), name, bytes.NewReader([]byte("x")), 1); !errors.Is(err, restante.ErrUnavailable) {
				t.Errorf("Put: %v", err)
			}
		}
		for range 3 {
			put()
		}
		if tries != 12 || g.Stats().Down {
			t.Errorf("%d tries, %+v", tries, g.Stats())
		}
		put()
		put()
		if tries != 14 || !g.Stats().Down {
			t.Errorf("%d tries once it is down, %+v", tries, g.Stats())
		}
		s.SetFault(memblob.Fault{})
		if err := g.Put(t.Context(), name, bytes.NewReader([]byte("x")), 1); err != nil {
			t.Fatal(err)
		}
		st := g.Stats()
		if st.Down || st.Put.Requests != 6 || st.Put.Errors != 5 || st.Put.Retries != 9 || st.Put.Bytes != 1 || st.Put.Active != 0 {
			t.Errorf("%+v", st)
		}
		if _, err := g.ReadAt(t.Context(), blob.Name{}, make([]byte, 1), 0); !errors.Is(err, restante.ErrNotFound) {
			t.Error(err)
		}
		if st := g.Stats(); st.Read.Retries != 0 || st.Read.Errors != 0 {
			t.Errorf("what is not there was asked for again, or is an error: %+v", st)
		}
	})
}

// stuck is a store that does not answer.
type stuck struct {
	blob.Store
	mu     sync.Mutex
	active int
	most   int
}

func (s *stuck) ReadAt(ctx context.Context, _ blob.Name, _ []byte, _ int64) (int, error) {
	s.mu.Lock()
	s.active++
	s.most = max(s.most, s.active)
	s.mu.Unlock()
	<-ctx.Done()
	s.mu.Lock()
	s.active--
	s.mu.Unlock()
	return 0, ctx.Err()
}

func TestGuardBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stuck{}
		g := blob.Guard(s, blob.GuardOptions{Attempts: 100, Timeout: 3 * time.Second, Patience: 10 * time.Second, Concurrent: 2})
		begun := time.Now()
		if _, err := g.ReadAt(t.Context(), name, make([]byte, 1), 0); !errors.Is(err, restante.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("ReadAt: %v", err)
		}
		if d := time.Since(begun); d < 10*time.Second || d > 15*time.Second {
			t.Errorf("it took %v", d)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				if _, err := g.ReadAt(ctx, name, make([]byte, 1), 0); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("ReadAt: %v", err)
				}
			})
		}
		wg.Wait()
		if s.most != 2 {
			t.Errorf("%d requests at a time", s.most)
		}
	})
}

// TestGuardedListGoesOn has a listing break again and again: nothing is told twice.
func TestGuardedListGoesOn(t *testing.T) {
	s := memblob.New(nil)
	for i := range 20 {
		if err := s.Put(t.Context(), blob.Name{Account: 1, Email: restante.EmailID(i), Token: 1<<64 - 1}, bytes.NewReader(nil), 0); err != nil {
			t.Fatal(err)
		}
	}
	g := blob.Guard(breaking{s}, blob.GuardOptions{Attempts: 10, FirstWait: time.Nanosecond})
	var got []restante.EmailID
	err := g.List(t.Context(), blob.Name{}, func(o blob.Object) error {
		got = append(got, o.Name.Email)
		return nil
	})
	if err != nil || len(got) != 20 {
		t.Errorf("%v, %v", got, err)
	}
	for i, id := range got {
		if int(id) != i {
			t.Fatalf("%v", got)
		}
	}
}

// breaking is a store whose listings break after three objects.
type breaking struct{ blob.Store }

func (b breaking) List(ctx context.Context, from blob.Name, f func(blob.Object) error) error {
	n := 0
	return b.Store.List(ctx, from, func(o blob.Object) error {
		if n++; n > 3 {
			return blob.Unavailable("list", from, errDown)
		}
		return f(o)
	})
}

func TestSpool(t *testing.T) {
	s, err := blob.NewSpool(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	body := blobtest.Body(1, 100_000)
	for i := 0; i < len(body); i += 30_000 {
		if _, err := s.Write(body[i:min(i+30_000, len(body))]); err != nil {
			t.Fatal(err)
		}
	}
	got, err := io.ReadAll(io.NewSectionReader(s, 0, s.Size()))
	if err != nil || !bytes.Equal(got, body) {
		t.Errorf("%d octets, %v", len(got), err)
	}
	if _, err := blob.NewSpool("/nowhere/at/all"); !errors.Is(err, restante.ErrUnavailable) {
		t.Errorf("a spool without a directory: %v", err)
	}
}

func FuzzParseName(f *testing.F) {
	f.Add(name.String())
	f.Add("")
	f.Add("000000000000000g/0000000000000000-0000000000000000")
	f.Fuzz(func(t *testing.T, s string) {
		if n, ok := blob.ParseName(s); ok && n.String() != s {
			t.Errorf("%q is %v", s, n)
		}
	})
}
