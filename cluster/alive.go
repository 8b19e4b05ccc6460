package cluster

import (
	"context"
	"slices"
	"time"

	"github.com/restante/restante/kv"
)

// lookEvery is how often Alive looks whether a node has beaten.
const lookEvery = 250 * time.Millisecond

// Alive answers the names of nodes that live on a store, for a program that is none
// of them. A node that has ended in order has left no row. Where there are rows
// it waits until one of them beats, or until none has for as long as each may stand
// still: then their nodes are dead.
func Alive(ctx context.Context, store kv.Store) ([]string, error) {
	c := Cluster{o: Options{KV: store}}
	first, err := c.look(ctx)
	if err != nil {
		return nil, err
	}
	longest := time.Duration(0)
	for _, row := range first.nodes {
		longest = max(longest, row.lease())
	}
	for began := time.Now(); len(first.nodes) > 0 && time.Since(began) < longest; {
		if err := pause(ctx, lookEvery); err != nil {
			return nil, err
		}
		now, err := c.look(ctx)
		if err != nil {
			return nil, err
		}
		var names []string
		for id, row := range now.nodes {
			if was, known := first.nodes[id]; !known || was.Beat != row.Beat {
				names = append(names, row.Name)
			}
		}
		if len(names) > 0 {
			slices.Sort(names)
			return names, nil
		}
	}
	return nil, nil
}
