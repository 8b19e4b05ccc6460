//go:build linux

package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// length is that of the file: what comes behind its end goes to its beginning.
const length = 256 << 20

// syncLog is one file that is written and synced for all who wait.
type syncLog struct {
	file    *os.File
	end     int64
	waiters chan *waiter
}

type waiter struct {
	message []byte
	done    chan error
}

// newLog makes the file, of full length: to sync what was written before is faster.
func newLog(name string) (*syncLog, error) {
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	zeros := make([]byte, 1<<20)
	for range length / len(zeros) {
		if _, err := f.Write(zeros); err != nil {
			return nil, err
		}
	}
	return &syncLog{file: f, waiters: make(chan *waiter, 256)}, f.Sync()
}

// run writes what has come while the last sync went on, syncs it, and tells.
func (l *syncLog) run() {
	var batch []*waiter
	for w := range l.waiters {
		batch = append(batch[:0], w)
		for more := true; more; {
			select {
			case w := <-l.waiters:
				batch = append(batch, w)
			default:
				more = false
			}
		}
		err := l.write(batch)
		for _, w := range batch {
			w.done <- err
		}
	}
}

func (l *syncLog) write(batch []*waiter) error {
	for _, w := range batch {
		if l.end+int64(len(w.message)) > length {
			l.end = 0
		}
		if _, err := l.file.WriteAt(w.message, l.end); err != nil {
			return err
		}
		l.end += int64(len(w.message))
	}
	return unix.Fdatasync(int(l.file.Fd()))
}
