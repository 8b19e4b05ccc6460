package kvtest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/restante/restante/kv"
)

// A History is what callers asked of one partition and what they were told,
// with the times of both. It is linearizable if there is an order of the operations,
// each at a moment between its call and its answer, in which every answer is true.
type History struct {
	partition kv.Partition
	start     time.Time
	mu        struct {
		sync.Mutex
		operations []porcupine.Operation
		unknown    int
	}
}

// NewHistory begins a history of a partition that is empty and was never committed
// to.
func NewHistory(p kv.Partition) *History { return &History{partition: p, start: time.Now()} }

// held is a partition: its version and rows, written one behind another.
type held struct {
	version kv.Version
	rows    string
}

// swap asks for a commit that sets one key, and deletes another.
type swap struct {
	base               kv.Version
	key, value, delete string
}

// outcome is how a commit was answered.
type outcome uint8

const (
	done outcome = iota
	conflict
	unknown
)

// Swap commits at base and records it. An answer that tells nothing is the
// error.
func (h *History) Swap(ctx context.Context, client int, s kv.Store, base kv.Version, key, value, remove string) error {
	b := batch(func(b *kv.Batch) {
		b.Delete([]byte(remove), 0)
		b.Set([]byte(key), []byte(value))
	})
	call := time.Since(h.start)
	v, err := s.Commit(ctx, h.partition, base, b, kv.Durable)
	answer := unknown
	switch {
	case err == nil && v == base+1:
		answer = done
	case err == nil:
		return fmt.Errorf("a commit at %d made version %d", base, v)
	case errors.Is(err, kv.ErrConflict):
		answer, err = conflict, nil
	}
	h.record(client, swap{base, key, value, remove}, call, answer)
	return err
}

// Read reads the whole partition and records it. A read that fails tells nothing.
func (h *History) Read(ctx context.Context, client int, s kv.Store) (kv.Version, error) {
	call := time.Since(h.start)
	snap, err := s.Snapshot(ctx, h.partition)
	if err != nil {
		return 0, err
	}
	defer snap.Close()
	it := snap.Scan(nil, nil)
	defer it.Close()
	var rows strings.Builder
	for it.Next() {
		writeRow(&rows, string(it.Key()), string(it.Value()))
	}
	if err := it.Err(); err != nil {
		return 0, err
	}
	h.record(client, nil, call, held{snap.Version(), rows.String()})
	return snap.Version(), nil
}

func writeRow(to *strings.Builder, key, value string) {
	to.WriteString(key)
	to.WriteByte('=')
	to.WriteString(value)
	to.WriteByte(';')
}

func (h *History) record(client int, input any, call time.Duration, output any) {
	end := int64(time.Since(h.start))
	h.mu.Lock()
	defer h.mu.Unlock()
	if output == unknown {
		end = math.MaxInt64 // it may yet be done
		h.mu.unknown++
	}
	h.mu.operations = append(h.mu.operations, porcupine.Operation{ClientId: client, Input: input, Call: int64(call), Output: output, Return: end})
}

// Check fails the test unless the history is linearizable.
func (h *History) Check(t testing.TB) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if !linearizable(t, h.mu.operations) {
		t.Errorf("the history of partition %d, %d operations, %d of them with no known outcome, is not linearizable",
			h.partition, len(h.mu.operations), h.mu.unknown)
		return
	}
	t.Logf("%d operations, %d of them with no known outcome, are linearizable", len(h.mu.operations), h.mu.unknown)
}

// linearizable asks the checker, which takes a bounded time.
func linearizable(t testing.TB, operations []porcupine.Operation) bool {
	t.Helper()
	result := porcupine.CheckOperationsTimeout(model.ToModel(), operations, time.Minute)
	if result == porcupine.Unknown {
		t.Fatalf("no order of %d operations was found or excluded within a minute", len(operations))
	}
	return result == porcupine.Ok
}

// model is the contract of a partition. A commit that was refused may have moved
// the partition on without changing a row: so an engine overtakes a commit whose
// answer was lost.
var model = porcupine.NondeterministicModel{
	Init: func() []any { return []any{held{}} },
	Step: func(state, input, output any) []any {
		is := state.(held)
		if input == nil {
			if output != is {
				return nil
			}
			return []any{is}
		}
		in := input.(swap)
		moved := held{is.version + 1, is.rows}
		switch {
		case is.version != in.base && output == done:
			return nil
		case is.version != in.base:
			return []any{is}
		case output == done:
			return []any{in.apply(is)}
		case output == conflict:
			return []any{moved}
		}
		return []any{is, moved, in.apply(is)}
	},
}

// apply makes the commit.
func (s swap) apply(to held) held {
	rows := make(map[string]string)
	for row := range strings.SplitSeq(strings.TrimSuffix(to.rows, ";"), ";") {
		if key, value, ok := strings.Cut(row, "="); ok {
			rows[key] = value
		}
	}
	delete(rows, s.delete)
	rows[s.key] = s.value
	var out strings.Builder
	for _, key := range historyKeys {
		if value, ok := rows[key]; ok {
			writeRow(&out, key, value)
		}
	}
	return held{to.version + 1, out.String()}
}

// historyKeys are the rows of a history, in order.
var historyKeys = []string{"a", "b", "c", "d", "e"}

// testLinearizable holds the engine to the contract with nothing going wrong.
func testLinearizable(t *testing.T, b Backing) {
	nodes := []kv.Store{store(t, b)}
	if b.Nodes {
		nodes = append(nodes, store(t, b))
	}
	Linearizable(t, nodes, 4, 60, nil)
}

// linearPartitions is how many partitions Linearizable commits to at a time: engines may
// make commits of several together.
const linearPartitions = 3

// Linearizable has callers read and commit to each of a few partitions through the nodes,
// so many operations each in all of them or until stop is closed, and fails the test unless
// each partition's history is linearizable. Meanwhile the caller has faults happen.
func Linearizable(t testing.TB, nodes []kv.Store, callers, operations int, stop <-chan struct{}) {
	t.Helper()
	histories := make([]*History, linearPartitions)
	var all sync.WaitGroup
	for i := range histories {
		histories[i] = NewHistory(kv.Partition(7 + i))
		for client := range callers {
			all.Go(func() {
				rng := rand.New(rand.NewPCG(uint64(client), uint64(1+i)))
				histories[i].call(t.Context(), client, nodes, rng, operations/linearPartitions, stop)
			})
		}
	}
	all.Wait()
	for _, h := range histories {
		// What is there at last holds the operations of unknown outcome to the truth.
		for i, s := range nodes {
			if _, err := h.Read(t.Context(), callers+i, s); err != nil {
				t.Error(err)
			}
		}
		h.Check(t)
	}
}

// call is one caller. It goes from node to node, and commits to what it read last,
// from whatever node, which is at times out of date.
func (h *History) call(ctx context.Context, client int, nodes []kv.Store, rng *rand.Rand, operations int, stop <-chan struct{}) {
	var base kv.Version
	for n := range operations {
		select {
		case <-stop:
			return
		default:
		}
		s := nodes[rng.IntN(len(nodes))]
		if rng.IntN(3) > 0 {
			if v, err := h.Read(ctx, client, s); err == nil {
				base = v
			}
		}
		key, remove := historyKeys[rng.IntN(len(historyKeys))], historyKeys[rng.IntN(len(historyKeys))]
		// An error leaves the outcome open, which is in the history.
		_ = h.Swap(ctx, client, s, base, key, fmt.Sprintf("%d-%d", client, n), remove)
	}
}
