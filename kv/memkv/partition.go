package memkv

import (
	"bytes"

	"github.com/tidwall/btree"

	"github.com/restante/restante/kv"
)

// state is a partition at one version. It is never changed once another
// goroutine can see it: a commit works on a copy-on-write copy.
type state struct {
	version kv.Version
	rows    *btree.Map[string, []byte]
}

var empty = &state{rows: new(btree.Map[string, []byte])}

// apply answers the state after the batch, which makes version. The caller holds the backing's
// lock, because copying marks the old tree's nodes as shared.
func (s *state) apply(b *kv.Batch, version kv.Version) *state {
	next := &state{version: version}
	if s == empty {
		next.rows = new(btree.Map[string, []byte])
	} else {
		next.rows = s.rows.Copy()
	}
	ops := b.Ops()
	for i := range ops {
		op := &ops[i]
		switch op.Kind {
		case kv.OpSet:
			next.rows.Set(string(op.Key), bytes.Clone(op.Value))
		case kv.OpDelete:
			next.rows.Delete(string(op.Key))
		case kv.OpDeleteRange:
			next.deleteRange(op.Key, op.Value)
		}
	}
	return next
}

// hasAny reports whether any of the ranges has a row.
func (s *state) hasAny(ranges []kv.Range) (found bool) {
	for _, r := range ranges {
		s.rows.Ascend(string(r.Start), func(key string, _ []byte) bool {
			found = found || key < string(r.End)
			return false
		})
	}
	return found
}

// deleteRange removes [start, end); a nil end is no bound.
func (s *state) deleteRange(start, end []byte) {
	if start == nil && end == nil {
		s.rows = new(btree.Map[string, []byte])
		return
	}
	var doomed []string
	s.rows.Ascend(string(start), func(key string, _ []byte) bool {
		if end != nil && key >= string(end) {
			return false
		}
		doomed = append(doomed, key)
		return true
	})
	for _, key := range doomed {
		s.rows.Delete(key)
	}
}
