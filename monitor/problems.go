package monitor

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
)

// Problem is a warning or an error that was logged.
type Problem struct {
	At    time.Time  `json:"at"`
	Level slog.Level `json:"level"`
	Text  string     `json:"text"` // the message with its attributes
}

// problemsKept is how many are kept, problemText how long each may be, in bytes.
const (
	problemsKept = 20
	problemText  = 500
)

// Problems keeps the last warnings and errors that go to the log.
type Problems struct {
	mu struct {
		sync.Mutex
		last []Problem
	}
}

// List answers what is kept, oldest first.
func (p *Problems) List() []Problem {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Problem{}, p.mu.last...)
}

// Handler answers a handler that passes all on to next and keeps what is a warning
// or worse.
func (p *Problems) Handler(next slog.Handler) slog.Handler {
	return &keeper{Handler: next, problems: p}
}

// keeper is a slog.Handler before another one.
type keeper struct {
	slog.Handler
	problems *Problems
	attrs    []slog.Attr // of the logger
}

func (k *keeper) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn || k.Handler.Enabled(ctx, l)
}

func (k *keeper) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &keeper{Handler: k.Handler.WithAttrs(attrs), problems: k.problems, attrs: slices.Concat(k.attrs, attrs)}
}

func (k *keeper) WithGroup(name string) slog.Handler {
	return &keeper{Handler: k.Handler.WithGroup(name), problems: k.problems, attrs: k.attrs}
}

func (k *keeper) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn {
		var b strings.Builder
		b.WriteString(r.Message)
		for _, a := range k.attrs {
			b.WriteString(" " + a.String())
		}
		r.Attrs(func(a slog.Attr) bool {
			b.WriteString(" " + a.String())
			return b.Len() < problemText
		})
		k.problems.keep(Problem{At: r.Time, Level: r.Level, Text: strings.ToValidUTF8(b.String()[:min(b.Len(), problemText)], "")})
	}
	if !k.Handler.Enabled(ctx, r.Level) {
		return nil
	}
	return k.Handler.Handle(ctx, r)
}

func (p *Problems) keep(one Problem) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.mu.last) == problemsKept {
		p.mu.last = append(p.mu.last[:0], p.mu.last[1:]...)
	}
	p.mu.last = append(p.mu.last, one)
}
