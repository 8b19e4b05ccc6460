package mailstore

import (
	"errors"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restante/restante"
)

// TestAppendPanics has a commit of two appends panic, which ends the session that made it: the
// other one is told that its message is not there, and waits no longer.
func TestAppendPanics(t *testing.T) {
	f, engine, _ := lossFixture(t)
	var commits atomic.Int32
	begun, goOn := make(chan struct{}), make(chan struct{})
	engine.committing = func() {
		switch commits.Add(1) {
		case 1:
			close(begun)
			<-goOn
		case 2:
			panic("test")
		}
	}
	ends := make(chan error)
	begin := func() {
		go func() {
			var err error
			defer func() {
				if p := recover(); p != nil {
					err = errPanickedHere
				}
				ends <- err
			}()
			p := f.BeginAppend(t.Context())
			defer p.Abort()
			var w io.Writer
			if w, err = p.Message(NewMessage{}); err == nil {
				_, err = io.WriteString(w, message1(1))
			}
			if err == nil {
				_, err = p.Commit(t.Context(), f.inbox)
			}
		}()
	}
	waiting := func() int {
		f.appends.Lock()
		defer f.appends.Unlock()
		return len(f.appends.waiting)
	}
	begin()
	<-begun
	begin()
	begin()
	for waiting() < 2 {
		time.Sleep(time.Millisecond)
	}
	close(goOn)
	var well, panicked, refused int
	for range 3 {
		select {
		case err := <-ends:
			switch {
			case err == nil:
				well++
			case errors.Is(err, errPanickedHere):
				panicked++
			case errors.Is(err, restante.ErrUnavailable):
				refused++
			}
		case <-time.After(time.Minute):
			t.Fatal("an append does not end")
		}
	}
	if well != 1 || panicked != 1 || refused != 1 {
		t.Errorf("%d appends were done, %d panicked, %d were refused", well, panicked, refused)
	}
	if n := f.snapshot(f.inbox).Len(); n != 4 {
		t.Errorf("%d messages", n)
	}
}

var errPanickedHere = errors.New("panicked")
