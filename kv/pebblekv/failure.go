package pebblekv

import (
	"fmt"
	"log/slog"
	"sync"

	"github.com/restante/restante"
)

// failure keeps the first error after which the database can take no more
// commits in this process: the disk has refused to write or sync the log or the
// list of files, so that nobody knows what is on it.
//
// Pebble would end the process then, where it stands. Instead it never hears of
// the error: its call is held for good (steadyFS), with no lock that readers
// need. Those who wait for Pebble are released by await with an error, and
// commits that come later are refused. What was acknowledged is on the disk,
// where the next process to open the store finds it.
type failure struct {
	log  *slog.Logger
	told func(error)   // Options.Failed, may be nil
	done chan struct{} // closed by set
	once sync.Once
	err  error // set before done is closed
	idle chan *hand
}

func newFailure(log *slog.Logger, told func(error)) *failure {
	return &failure{log: log, told: told, done: make(chan struct{}), idle: make(chan *hand, maxIdleHands)}
}

// set notes the error if it is the first.
func (f *failure) set(err error) {
	f.once.Do(func() {
		f.err = err
		close(f.done)
		f.log.Error("store can take no more writes until it is opened anew; what was acknowledged is safe", "err", err)
		if f.told != nil {
			go f.told(fmt.Errorf("pebblekv: %w", err)) // it may take its time, and the caller has locks of Pebble
		}
	})
}

// get answers the error that ended writing, if any.
func (f *failure) get() error {
	select {
	case <-f.done:
		return fmt.Errorf("pebblekv: store stopped after a write error (%w): %w", f.err, restante.ErrUnavailable)
	default:
		return nil
	}
}

// await answers what work does, which may call into Pebble, or the failure that
// comes before its end. Then work goes on, or hangs, by itself; after a failure
// none is begun.
func (f *failure) await(work func() error) error {
	if err := f.get(); err != nil {
		return err
	}
	h := f.hire()
	h.work <- work
	select {
	case err := <-h.ended:
		f.dismiss(h)
		return err
	case <-f.done:
		return f.get() // the hand is never seen again
	}
}

// hand is a goroutine that works for await, one piece after the other, so that
// not every commit has to grow a stack of its own.
type hand struct {
	work  chan func() error
	ended chan error
}

// maxIdleHands is how many hands wait for work at the most.
const maxIdleHands = 64

func (f *failure) hire() *hand {
	select {
	case h := <-f.idle:
		return h
	default:
	}
	h := &hand{work: make(chan func() error), ended: make(chan error, 1)}
	go func() {
		for work := range h.work {
			h.ended <- work()
		}
	}()
	return h
}

func (f *failure) dismiss(h *hand) {
	select {
	case f.idle <- h:
	default:
		close(h.work)
	}
}

// retire ends the hands that are idle.
func (f *failure) retire() {
	for {
		select {
		case h := <-f.idle:
			close(h.work)
		default:
			return
		}
	}
}
