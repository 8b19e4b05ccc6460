package cluster

import (
	"encoding/binary"
	"encoding/json"
	"time"

	"github.com/restante/restante/kv"
)

// The rows of the partition. Values are JSON but for notes, so that a newer program
// can add to them.
const (
	kindNode  = 'n' // and the node: nodeRow
	kindNote  = 's' // and the node, and the note's name: its text
	kindLease = 'w' // and the task's name: lease
)

// nodeRow is what a node says of itself.
type nodeRow struct {
	Beat    uint64 `json:"beat"` // another one each time
	Name    string `json:"name"`
	Started int64  `json:"started"`  // Unix seconds
	LeaseMS int64  `json:"lease_ms"` // how long the row may stand still
}

func (r *nodeRow) lease() time.Duration {
	return max(time.Duration(r.LeaseMS)*time.Millisecond, time.Second)
}

// lease says who does a task, and when it was done last.
type lease struct {
	Holder NodeID `json:"holder"` // 0: nobody
	Term   uint64 `json:"term"`   // rises with each holder
	Done   int64  `json:"done"`   // Unix seconds of the last end, good or bad; 0: never
	Error  string `json:"error"`  // how that ended; empty: well
}

func nodeKey(id NodeID) []byte { return binary.BigEndian.AppendUint64([]byte{kindNode}, uint64(id)) }

func noteKey(id NodeID, name string) []byte {
	return append(binary.BigEndian.AppendUint64([]byte{kindNote}, uint64(id)), name...)
}

func leaseKey(task string) []byte { return append([]byte{kindLease}, task...) }

// table is the partition at one moment.
type table struct {
	version kv.Version
	nodes   map[NodeID]nodeRow
	notes   map[NodeID]map[string][]byte
	leases  map[string]lease
}

// readTable reads all rows. Those that cannot be read, which another version of the
// program may have written, are left out.
func readTable(snap kv.Snapshot) (*table, error) {
	t := &table{version: snap.Version(), nodes: map[NodeID]nodeRow{}, notes: map[NodeID]map[string][]byte{}, leases: map[string]lease{}}
	it := snap.Scan(nil, nil)
	for it.Next() {
		t.take(it.Key(), it.Value())
	}
	return t, it.Close()
}

func (t *table) take(key, value []byte) {
	kind, rest := key[0], key[1:]
	if kind == kindLease {
		var l lease
		if json.Unmarshal(value, &l) == nil {
			t.leases[string(rest)] = l
		}
		return
	}
	if len(rest) < 8 {
		return
	}
	id, rest := NodeID(binary.BigEndian.Uint64(rest)), rest[8:]
	switch kind {
	case kindNode:
		var r nodeRow
		if json.Unmarshal(value, &r) == nil {
			t.nodes[id] = r
		}
	case kindNote:
		if t.notes[id] == nil {
			t.notes[id] = map[string][]byte{}
		}
		t.notes[id][string(rest)] = append([]byte(nil), value...)
	}
}

// setJSON sets a row. What is marshalled here always can be.
func setJSON(b *kv.Batch, key []byte, v any) {
	text, err := json.Marshal(v)
	if err == nil {
		b.Set(key, text)
	}
}
