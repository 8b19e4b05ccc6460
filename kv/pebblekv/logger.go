package pebblekv

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/cockroachdb/pebble/v2"
)

// logger is Pebble's way to slog.
type logger struct {
	log    *slog.Logger
	failed *failure
}

func (l *logger) Infof(format string, args ...any) {
	if l.log.Enabled(context.Background(), slog.LevelDebug) {
		l.log.Debug("pebble: " + fmt.Sprintf(format, args...))
	}
}

func (l *logger) Errorf(format string, args ...any) {
	l.log.Error("pebble: " + fmt.Sprintf(format, args...))
}

// Fatalf is what Pebble calls when it cannot go on, and it relies on not coming
// back. Errors of the disk do not come here once the store is open, because
// steadyFS keeps them; what is left are mistakes in the program.
func (l *logger) Fatalf(format string, args ...any) {
	msg := fmt.Sprintf(format, args...)
	l.failed.set(errors.New(msg))
	panic("pebblekv: " + msg)
}

// events reports what people should know of. removed is called when a file has
// been deleted, moved when there may be more or less to write out than before.
func events(log *slog.Logger, removed, moved func()) *pebble.EventListener {
	return &pebble.EventListener{
		TableDeleted:    func(pebble.TableDeleteInfo) { removed() },
		BlobFileDeleted: func(pebble.BlobFileDeleteInfo) { removed() },
		WALCreated:      func(pebble.WALCreateInfo) { moved() },
		FlushEnd:        func(pebble.FlushInfo) { moved() },
		CompactionEnd:   func(pebble.CompactionInfo) { moved() },
		BackgroundError: func(err error) {
			log.Warn("pebble: background work failed and will be tried again", "err", brief{err})
		},
		DataCorruption: func(info pebble.DataCorruptionInfo) {
			log.Error("store is damaged", "path", info.Path, "err", brief{info.Details})
		},
	}
}
