package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/restante/restante/kv/migrate"
)

// How often progress is told: on a terminal, and in lines.
const (
	tickTerminal = 250 * time.Millisecond
	tickLines    = 15 * time.Second
)

// migrateProgress tells how far a migration is: by a bar on a terminal, else by
// a line now and then.
type migrateProgress struct {
	w     io.Writer
	ask   func() migrate.Progress
	size  int64                    // about how many bytes there are, 0 unknown
	bar   *progressbar.ProgressBar // nil where there is no terminal
	phase migrate.Phase
	began time.Time // of the phase
	quit  chan struct{}
	ended chan struct{}
	once  sync.Once
}

// startMigrateProgress tells what ask answers until it is stopped.
func startMigrateProgress(w io.Writer, ask func() migrate.Progress, size int64) *migrateProgress {
	p := &migrateProgress{w: w, ask: ask, size: size, began: time.Now(), quit: make(chan struct{}), ended: make(chan struct{})}
	tick := tickLines
	if file, ok := w.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		tick = tickTerminal
		p.bar = progressbar.NewOptions64(1000, progressbar.OptionSetWriter(w), progressbar.OptionSetPredictTime(false),
			progressbar.OptionSetElapsedTime(false), progressbar.OptionClearOnFinish(), progressbar.OptionUseANSICodes(true))
	}
	go p.run(tick)
	return p
}

func (p *migrateProgress) run(tick time.Duration) {
	defer close(p.ended)
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-p.quit:
			if p.bar != nil {
				p.bar.Clear()
			}
			return
		case now := <-ticker.C:
			p.show(p.ask(), now)
		}
	}
}

// stop ends it, at the latest.
func (p *migrateProgress) stop() {
	p.once.Do(func() { close(p.quit) })
	<-p.ended
}

func (p *migrateProgress) show(at migrate.Progress, now time.Time) {
	if at.Phase != p.phase {
		p.phase, p.began = at.Phase, now
	}
	text := migrateLine(at, now.Sub(p.began), p.size)
	if p.bar == nil {
		fmt.Fprintln(p.w, text)
		return
	}
	p.bar.Describe(text)
	done := at.Bytes
	if all := done + bytesLeft(at, p.size); all > 0 {
		p.bar.Set64(min(1000*done/all, 999))
	}
}

// migrateLine is one line about a phase that has lasted for so long.
func migrateLine(at migrate.Progress, lasted time.Duration, estimate int64) string {
	text := at.Phase.String()
	if at.Total == 0 {
		return text
	}
	text += fmt.Sprintf(" %d of %s, %s", at.Partitions, counted(int(at.Total), "partition"), size(at.Bytes))
	seconds := lasted.Seconds()
	if seconds < 1 || at.Bytes == 0 {
		return text
	}
	rate := float64(at.Bytes) / seconds
	left := time.Duration(float64(bytesLeft(at, estimate)) / rate * float64(time.Second))
	return text + fmt.Sprintf(", %s/s, about %s left", size(int64(rate)), left.Round(time.Second))
}

// bytesLeft estimates how many bytes of a phase are still to come, from what
// the engine holds and from what the partitions had so far, whichever is more.
func bytesLeft(at migrate.Progress, estimate int64) int64 {
	if at.Partitions >= at.Total {
		return 0
	}
	left := max(0, estimate-at.Bytes)
	if at.Partitions > 0 {
		left = max(left, at.Bytes/at.Partitions*(at.Total-at.Partitions))
	}
	return left
}
