package pebblekv

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/cockroachdb/pebble/v2"
)

// logger is Pebble's way to slog.
type logger struct {
	log    *slog.Logger
	fs     *patientFS
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

// Fatalf is what Pebble calls when it cannot go on. A full disk does not come
// here, because patientFS waits for room.
//
// A write or sync of the log that failed makes the store refuse commits from
// then on; those that were waiting are answered with the error. Readers go on.
// Anything else (the list of files could not be written) leaves Pebble's memory
// in disagreement with the disk, and there is no safe way on in this process:
// what was acknowledged is on the disk, so that the next start has all of it.
func (l *logger) Fatalf(format string, args ...any) {
	msg := fmt.Sprintf(format, args...)
	l.failed.set(errors.New(msg))
	l.log.Error("pebble: store can take no more writes: " + msg)
	if l.fs.givenUp() || strings.HasPrefix(format, "pebble: fatal commit error") {
		return
	}
	panic("pebblekv: " + msg)
}

// events reports what people should know of.
func events(log *slog.Logger) *pebble.EventListener {
	return &pebble.EventListener{
		BackgroundError: func(err error) {
			log.Warn("pebble: background work failed and will be tried again", "err", err)
		},
		DataCorruption: func(info pebble.DataCorruptionInfo) {
			log.Error("store is damaged", "path", info.Path, "err", info.Details)
		},
		WriteStallBegin: func(info pebble.WriteStallBeginInfo) {
			log.Debug("pebble: writes wait", "reason", info.Reason)
		},
	}
}
