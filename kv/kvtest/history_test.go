package kvtest

import (
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/restante/restante/kv"
)

// op is an operation of a history with its times.
func op(input any, call int64, output any, end int64) porcupine.Operation {
	return porcupine.Operation{Input: input, Call: call, Output: output, Return: end}
}

// TestHistoryFindsBreaks: what an engine may not do is found, what it may is not.
func TestHistoryFindsBreaks(t *testing.T) {
	a, b := swap{0, "a", "1", "b"}, swap{0, "b", "2", "a"}
	one := held{1, "a=1;"}
	for name, test := range map[string]struct {
		want bool
		all  []porcupine.Operation
	}{
		"in order":                    {true, []porcupine.Operation{op(a, 1, done, 2), op(nil, 3, one, 4)}},
		"two on one base":             {false, []porcupine.Operation{op(a, 1, done, 5), op(b, 2, done, 6)}},
		"stale read":                  {false, []porcupine.Operation{op(a, 1, done, 2), op(nil, 3, held{}, 4)}},
		"read while it is done":       {true, []porcupine.Operation{op(a, 1, done, 4), op(nil, 2, held{}, 3)}},
		"lost":                        {false, []porcupine.Operation{op(a, 1, done, 2), op(nil, 3, held{1, ""}, 4)}},
		"refused but done":            {false, []porcupine.Operation{op(a, 1, conflict, 2), op(nil, 3, one, 4)}},
		"unknown and done":            {true, []porcupine.Operation{op(a, 1, unknown, 1<<40), op(nil, 3, one, 4)}},
		"unknown and not done":        {true, []porcupine.Operation{op(a, 1, unknown, 1<<40), op(nil, 3, held{}, 4)}},
		"unknown, done much later":    {true, []porcupine.Operation{op(a, 1, unknown, 1<<40), op(nil, 3, held{}, 4), op(nil, 5, one, 6)}},
		"unknown, taken back":         {false, []porcupine.Operation{op(a, 1, unknown, 1<<40), op(nil, 3, one, 4), op(nil, 5, held{}, 6)}},
		"overtaken by an empty one":   {true, []porcupine.Operation{op(a, 1, conflict, 2), op(nil, 3, held{1, ""}, 4)}},
		"a version that nobody made":  {false, []porcupine.Operation{op(a, 1, done, 2), op(nil, 3, held{2, "a=1;"}, 4)}},
		"rows of different moments":   {false, []porcupine.Operation{op(a, 1, done, 2), op(swap{1, "b", "2", "a"}, 3, done, 4), op(nil, 5, held{2, "a=1;b=2;"}, 6)}},
		"refused, others were before": {true, []porcupine.Operation{op(a, 1, done, 4), op(b, 1, conflict, 4), op(nil, 5, one, 6)}},
	} {
		if got := linearizable(t, test.all); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if v := (swap{1, "a", "2", "b"}).apply(held{1, "a=1;b=1;c=1;"}); v != (held{kv.Version(2), "a=2;c=1;"}) {
		t.Errorf("%+v", v)
	}
}
