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
// the error, and from then on changes nothing on the disk (steadyFS). Commits in
// Pebble's hands come to their end there and are refused here, as are those that
// come later; who waits for other work of Pebble's is released by await. What was
// acknowledged is on the disk, where the next process to open the store finds it.
type failure struct {
	log  *slog.Logger
	told func(error)   // Options.Failed, may be nil
	done chan struct{} // closed by set
	once sync.Once
	err  error // set before done is closed
}

func newFailure(log *slog.Logger, told func(error)) *failure {
	return &failure{log: log, told: told, done: make(chan struct{})}
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
	ended := make(chan error, 1)
	go func() { ended <- work() }()
	select {
	case err := <-ended:
		return err
	case <-f.done:
		return f.get()
	}
}
