// Package admin holds what an administrator does to a store: users, checks.
// Each operation is written once and runs in the process that holds the store,
// called directly (Local) or by a client over a Unix socket (Client).
package admin

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/restante/restante"
)

// Op is an operation: it takes its input, may tell events on the way, and
// answers its output, all as JSON.
type Op func(ctx context.Context, in json.RawMessage, event func(any) error) (any, error)

// Define makes an Op of a function with types of its own.
func Define[In, Out any](f func(ctx context.Context, in In, event func(any) error) (Out, error)) Op {
	return func(ctx context.Context, raw json.RawMessage, event func(any) error) (any, error) {
		var in In
		if err := json.Unmarshal(raw, &in); err != nil {
			return nil, fmt.Errorf("input: %v: %w", err, restante.ErrInvalid)
		}
		return f(ctx, in, event)
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
}

// Local calls operations in this process.
type Local struct{ Operations Operations }

// Call runs an operation.
func (l Local) Call(ctx context.Context, op string, in any, event func(json.RawMessage) error, out any) error {
	raw, err := json.Marshal(in)
	if err != nil {
		return err
	}
	answer, err := l.Operations.run(ctx, op, raw, func(e any) error {
		if event == nil {
			return nil
		}
		raw, err := json.Marshal(e)
		if err != nil {
			return err
		}
		return event(raw)
	})
	if err != nil || out == nil {
		return err
	}
	if raw, err = json.Marshal(answer); err != nil {
		return err
	}
	return json.Unmarshal(raw, out)
}

func (o Operations) run(ctx context.Context, op string, in json.RawMessage, event func(any) error) (any, error) {
	f, ok := o[op]
	if !ok {
		return nil, fmt.Errorf("operation %q is not known: %w", op, restante.ErrInvalid)
	}
	return f(ctx, in, event)
}
