// Package admin holds what an administrator does to a store: users, checks,
// mail from and for other programs.
// Each operation is written once and runs in the process that holds the store,
// called directly (Local) or by a client over a Unix socket (Client).
package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/restante/restante"
)

// Op is an operation: it takes its input, may tell events on the way, and
// answers its output, all as JSON.
type Op func(ctx context.Context, in json.RawMessage, x Exchange) (any, error)

// Exchange is what goes between caller and operation while it runs.
type Exchange struct {
	Event func(any) error // tells the caller something
	Body  io.Reader       // bytes that the caller sends; empty for most operations
}

// Define makes an Op of a function with types of its own.
func Define[In, Out any](f func(ctx context.Context, in In, event func(any) error) (Out, error)) Op {
	return DefineUpload(func(ctx context.Context, in In, x Exchange) (Out, error) { return f(ctx, in, x.Event) })
}

// DefineUpload is Define for a function that also reads the caller's bytes.
func DefineUpload[In, Out any](f func(ctx context.Context, in In, x Exchange) (Out, error)) Op {
	return func(ctx context.Context, raw json.RawMessage, x Exchange) (any, error) {
		var in In
		if err := json.Unmarshal(raw, &in); err != nil {
			return nil, fmt.Errorf("input: %v: %w", err, restante.ErrInvalid)
		}
		return f(ctx, in, x)
	}
}

// Operations are all that can be called, by name.
type Operations map[string]Op

// Caller calls operations; Local and Client are the two there are.
type Caller interface {
	// Call runs op with in, calls event (if not nil) for each event, and
	// reads the output into out (if not nil). Errors are of the kinds of
	// package restante, whichever way they came.
	Call(ctx context.Context, op string, in any, event func(json.RawMessage) error, out any) error
	// Upload is Call for an operation that reads bytes: those of body, to its
	// end.
	Upload(ctx context.Context, op string, in any, body io.Reader, out any) error
}

// Local calls operations in this process.
type Local struct{ Operations Operations }

// Call runs an operation.
func (l Local) Call(ctx context.Context, op string, in any, event func(json.RawMessage) error, out any) error {
	return l.call(ctx, op, in, Exchange{Body: strings.NewReader(""), Event: func(e any) error {
		if event == nil {
			return nil
		}
		raw, err := json.Marshal(e)
		if err != nil {
			return err
		}
		return event(raw)
	}}, out)
}

// Upload runs an operation that reads body.
func (l Local) Upload(ctx context.Context, op string, in any, body io.Reader, out any) error {
	return l.call(ctx, op, in, Exchange{Body: body, Event: func(any) error { return nil }}, out)
}

func (l Local) call(ctx context.Context, op string, in any, x Exchange, out any) error {
	raw, err := json.Marshal(in)
	if err != nil {
		return err
	}
	answer, err := l.Operations.run(ctx, op, raw, x)
	if err != nil || out == nil {
		return err
	}
	if raw, err = json.Marshal(answer); err != nil {
		return err
	}
	return json.Unmarshal(raw, out)
}

func (o Operations) run(ctx context.Context, op string, in json.RawMessage, x Exchange) (any, error) {
	f, ok := o[op]
	if !ok {
		return nil, fmt.Errorf("operation %q is not known: %w", op, restante.ErrInvalid)
	}
	return f(ctx, in, x)
}
