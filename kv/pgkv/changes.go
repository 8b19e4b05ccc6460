package pgkv

import (
	"github.com/jackc/pgx/v5"

	"github.com/restante/restante/kv"
)

// changes are what a batch comes to, in the order in which they are done: of
// several operations on a key only the last counts.
type changes struct {
	ranges  []kv.Op
	deletes [][]byte
	set     firstPieces // of keys that may be there
	added   firstPieces // of keys that are not, as far as the caller knows
	rest    pieces      // of both
	cleared [][]byte    // keys whose other pieces go: all that are set or deleted
	size    int         // bytes of the values
	large   bool        // one that is set, not added, has other pieces
}

// firstPieces are values, or the first pieces of those that are too large for one row.
type firstPieces struct {
	keys, values [][]byte
	parts        []int16 // how many follow
}

// pieces are others than the first.
type pieces struct {
	keys, values [][]byte
	parts        []int16 // their numbers, from 1 on
}

// changesOf computes them. A range takes along what was set in it before.
func changesOf(b *kv.Batch) changes {
	var c changes
	last := make(map[string]*kv.Op, len(b.Ops()))
	var order []string
	ops := b.Ops()
	for i := range ops {
		op := &ops[i]
		if op.Kind == kv.OpDeleteRange {
			c.ranges = append(c.ranges, *op)
			for k := range last {
				if k >= string(op.Key) && (op.Value == nil || k < string(op.Value)) {
					delete(last, k)
				}
			}
			continue
		}
		if _, seen := last[string(op.Key)]; !seen {
			order = append(order, string(op.Key))
		}
		last[string(op.Key)] = op
	}
	for _, k := range order {
		op := last[k]
		if op == nil {
			continue
		}
		delete(last, k) // a key may stand in the order twice
		c.add(op)
	}
	return c
}

// add adds an operation on a key.
func (c *changes) add(op *kv.Op) {
	switch {
	case op.Kind == kv.OpDelete:
		c.deletes, c.cleared = append(c.deletes, op.Key), append(c.cleared, op.Key)
		return
	case op.New:
		c.added.add(op, c.rest.add(op))
	default:
		n := c.rest.add(op)
		c.set.add(op, n)
		c.cleared = append(c.cleared, op.Key)
		c.large = c.large || n > 0
	}
	c.size += len(op.Value)
}

// add adds the first piece of a value that others follow.
func (f *firstPieces) add(op *kv.Op, others int16) {
	first := op.Value[:min(len(op.Value), pieceSize)]
	if first == nil {
		first = []byte{} // not NULL
	}
	f.keys, f.values, f.parts = append(f.keys, op.Key), append(f.values, first), append(f.parts, others)
}

// add adds the pieces of a value behind the first and answers how many they are.
func (r *pieces) add(op *kv.Op) (n int16) {
	for value := op.Value; len(value) > pieceSize; {
		value = value[pieceSize:]
		n++
		r.keys, r.values, r.parts = append(r.keys, op.Key), append(r.values, value[:min(len(value), pieceSize)]), append(r.parts, n)
	}
	return n
}

// queue adds the changes to a pipeline. What was said to be new is taken as any other:
// perhaps it is not.
func (c *changes) queue(b *pgx.Batch, p int64) {
	for _, r := range c.ranges {
		from := r.Key
		if from == nil {
			from = []byte{}
		}
		if r.Value == nil {
			b.Queue(sqlDeleteFrom, p, from)
			b.Queue(sqlDeletePartsFrom, p, from)
		} else {
			b.Queue(sqlDeleteRange, p, from, r.Value)
			b.Queue(sqlDeletePartRange, p, from, r.Value)
		}
	}
	for _, keys := range [][][]byte{c.cleared, c.added.keys} {
		if len(keys) > 0 {
			b.Queue(sqlDeleteParts, p, byteas(keys))
		}
	}
	if len(c.deletes) > 0 {
		b.Queue(sqlDelete, p, byteas(c.deletes))
	}
	for _, f := range []firstPieces{c.set, c.added} {
		if len(f.keys) > 0 {
			b.Queue(sqlSet, p, byteas(f.keys), byteas(f.values), f.parts)
		}
	}
	if len(c.rest.keys) > 0 {
		b.Queue(sqlSetParts, p, byteas(c.rest.keys), c.rest.parts, byteas(c.rest.values))
	}
}
