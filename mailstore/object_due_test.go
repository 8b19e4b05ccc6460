package mailstore

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/restante/restante"
)

// TestDueAccounts holds them against a map of times through which one looks.
func TestDueAccounts(t *testing.T) {
	const most = 40
	rng := rand.New(rand.NewPCG(5, 5))
	d, model := newDueAccounts(), make(map[restante.AccountID]time.Time)
	now := time.Unix(1_700_000_000, 0)
	for step := range 10_000 {
		switch rng.IntN(3) {
		case 0, 1:
			id, at := restante.AccountID(1+rng.IntN(60)), now.Add(time.Duration(rng.IntN(100)-10)*time.Second)
			was, there := model[id]
			want := there && at.Before(was) || !there && len(model) < most
			if got := d.note(id, at, most); got != want {
				t.Fatalf("step %d: noting is %t, want %t", step, got, want)
			}
			if want {
				model[id] = at
			}
		default:
			now = now.Add(time.Duration(rng.IntN(3)) * time.Second)
			first := slices.SortedFunc(maps.Values(model), time.Time.Compare)
			id, wait := d.next(now)
			switch {
			case len(first) == 0:
				if id != 0 || wait >= 0 {
					t.Fatalf("step %d: account %d in %v of none", step, id, wait)
				}
			case first[0].After(now):
				if id != 0 || wait != first[0].Sub(now) {
					t.Fatalf("step %d: account %d in %v, want %v", step, id, wait, first[0].Sub(now))
				}
			case !model[id].Equal(first[0]):
				t.Fatalf("step %d: account %d of %v, want one of %v", step, id, model[id], first[0])
			default:
				delete(model, id)
			}
		}
		if len(d.of) != len(model) || len(d.queue) != len(model) {
			t.Fatalf("step %d: %d and %d accounts of %d", step, len(d.of), len(d.queue), len(model))
		}
	}
}
