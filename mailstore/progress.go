package mailstore

import "context"

// progressKey is under which a context holds who hears of progress.
type progressKey struct{}

// WithProgress gives a context in which long work tells how far it has come: f is
// called time and again, on the goroutine that works, with how many messages are
// done and how many there are to do. It must be quick, and may be called anew from
// 0 when there turns out to be more to do. It decides nothing, which is why it may
// go by way of the context.
func WithProgress(ctx context.Context, f func(done, goal int)) context.Context {
	return context.WithValue(ctx, progressKey{}, f)
}

// TellProgress tells who hears of it, if anybody does, that so many messages are
// done, of so many.
func TellProgress(ctx context.Context, done, goal int) {
	if f, is := ctx.Value(progressKey{}).(func(done, goal int)); is {
		f(done, goal)
	}
}
