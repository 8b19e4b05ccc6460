package pgkv

import (
	"reflect"
	"testing"

	"github.com/restante/restante/internal/pgtest"
	"github.com/restante/restante/kv"
)

// TestLooksTogether: looks of several callers in one statement find what each finds alone.
func TestLooksTogether(t *testing.T) {
	s := open(t, pgtest.Start(t, "fsync = off").Database(t))
	defer s.Close()
	b := new(kv.Batch)
	b.Set([]byte("a"), []byte("one"))
	b.Set([]byte("c"), nil)
	b.Set([]byte("large"), make([]byte, pieceSize+1))
	for p := range kv.Partition(3) {
		if _, err := s.Commit(t.Context(), p, 0, b, kv.Durable); err != nil {
			t.Fatal(err)
		}
	}
	mustCommit(t, s, 2, 1, "b")
	looks := [][]kv.Range{
		{kv.Only([]byte("a")), kv.Only([]byte("b"))},
		{{Start: []byte("b"), End: []byte("d")}},
		{kv.Only([]byte("large"))},
		{kv.Only([]byte("x")), kv.Only([]byte("c"))},
	}
	var group []*onlooker
	for p := range kv.Partition(4) { // of which one is not there
		for _, ranges := range looks {
			m := &onlooker{looked: looked{found: make([]kv.Found, len(ranges))}}
			for _, r := range ranges {
				m.places = append(m.places, kv.Place{Partition: p, Range: r})
			}
			group = append(group, m)
		}
	}
	s.lookAll(group)
	for i, m := range group {
		p, ranges := m.places[0].Partition, looks[i%len(looks)]
		alone, err := s.lookAlone(t.Context(), p, ranges)
		if err != nil || m.err != nil {
			t.Fatal(err, m.err)
		}
		if !reflect.DeepEqual(*alone, m.looked) {
			t.Errorf("partition %d, %q: together %v, alone %v", p, ranges, m.looked, *alone)
		}
	}
}
