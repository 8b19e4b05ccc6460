package mailstore

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/restante/restante/kv"
)

// TestRepairRandomDamage changes random rows at random. Check and Repair must
// come to an end without an error, and what is repaired must stay so: whatever
// a second check finds, the first repair has said that it could not put right.
func TestRepairRandomDamage(t *testing.T) {
	clean := newDamaged(t)
	rounds := 60
	if testing.Short() {
		rounds = 30
	}
	for seed := range uint64(rounds) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 9))
			d := *clean
			d.t, d.engine = t, clean.engine.Backing().CrashClone().Open()
			d.change(func(snap kv.Snapshot, b *kv.Batch) { damageRows(t, rng, snap, b) })
			s := d.open()
			defer d.close(s)
			before := d.check(s)
			r, err := s.Repair(t.Context(), RepairOptions{DropLost: true})
			if err != nil {
				t.Fatalf("%v, of\n%s", err, lines(before))
			}
			left := slices.DeleteFunc(slices.Clone(r.Findings), func(f Finding) bool { return f.Fixed })
			after := d.check(s)
			if len(after.Findings) != len(left) {
				t.Fatalf("repair:\n%s\nthen\n%s", lines(r), lines(after))
			}
			for i, f := range after.Findings {
				if f.Kind != left[i].Kind {
					t.Fatalf("repair left\n%v\nbut then\n%v", left[i], f)
				}
			}
		})
	}
}

// damageRows changes some rows.
func damageRows(t *testing.T, rng *rand.Rand, snap kv.Snapshot, b *kv.Batch) {
	t.Helper()
	var keys, values [][]byte
	it := snap.Scan(nil, nil)
	for it.Next() {
		keys, values = append(keys, bytes.Clone(it.Key())), append(values, bytes.Clone(it.Value()))
	}
	if err := it.Close(); err != nil {
		t.Fatal(err)
	}
	// Of the few rows of the head as often as of the many of contents.
	kinds := []byte{kindAccount, kindMailbox, kindFlagSet, kindPage, kindExpunged, kindRefs, kindThread, kindThreadOf, kindSummary, kindHeader, kindBody}
	for range 1 + rng.IntN(3) {
		kind := kinds[rng.IntN(len(kinds))]
		var of []int
		for i, k := range keys {
			if k[0] == kind {
				of = append(of, i)
			}
		}
		i := of[rng.IntN(len(of))]
		key, value := keys[i], values[i]
		switch rng.IntN(5) {
		case 0:
			b.Delete(key, 0)
		case 1:
			b.Set(key, value[:rng.IntN(len(value)+1)])
		case 2:
			other := bytes.Clone(key)
			other[rng.IntN(len(other))] ^= 1 << rng.IntN(8)
			b.Set(other, value)
		default:
			if len(value) > 0 {
				value = bytes.Clone(value)
				value[rng.IntN(min(len(value), 64))] ^= 1 << rng.IntN(8)
			}
			b.Set(key, value)
		}
	}
}
