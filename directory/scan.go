package directory

import (
	"bytes"
	"context"
	"errors"

	"github.com/restante/restante/kv"
	"github.com/restante/restante/mailstore"
)

// after answers what follows a prefix that ends in NUL in the keys of a name's
// partition.
func (d *Directory) after(ctx context.Context, name string, prefix []byte) ([]string, error) {
	lists, err := d.afterEach(ctx, nil, []string{name}, [][]byte{prefix})
	if err != nil {
		return nil, err
	}
	return lists[0], nil
}

// afterEach is after for several names, each with its prefix, and an account along the way.
func (d *Directory) afterEach(ctx context.Context, along *mailstore.Account, names []string, prefixes [][]byte) ([][]string, error) {
	places := make([]kv.Place, len(names))
	for i, prefix := range prefixes {
		end := bytes.Clone(prefix)
		end[len(end)-1] = 1
		places[i] = kv.Place{Partition: partitionOf(names[i]), Range: kv.Range{Start: prefix, End: end}}
	}
	// Of most names there is nothing, which costs less to see than a list.
	first, err := d.firstAt(ctx, along, places)
	if err != nil {
		return nil, err
	}
	lists := make([][]string, len(names))
	for i := range first {
		if first[i].Key == nil {
			continue
		}
		if lists[i], err = d.allAt(ctx, places[i]); err != nil {
			return nil, err
		}
	}
	return lists, nil
}

// firstAt answers what is found at places, and an account along the way.
func (d *Directory) firstAt(ctx context.Context, along *mailstore.Account, places []kv.Place) ([]kv.Found, error) {
	if along == nil {
		return kv.FirstAt(ctx, d.kv, places)
	}
	glance := along.Glance()
	found, err := kv.FirstAt(ctx, d.kv, append(places[:len(places):len(places)], along.Place()))
	if err != nil {
		return nil, err
	}
	glance.Saw(found[len(places)].Version)
	return found[:len(places)], nil
}

// allAt answers what follows the start of a place in all the keys there.
func (d *Directory) allAt(ctx context.Context, at kv.Place) ([]string, error) {
	snap, err := d.kv.Snapshot(ctx, at.Partition)
	if err != nil {
		return nil, err
	}
	defer snap.Close()
	it := snap.Scan(at.Range.Start, at.Range.End)
	var list []string
	for it.Next() {
		list = append(list, string(it.Key()[len(at.Range.Start):]))
	}
	return list, it.Close()
}

// scanAll calls f with what follows the prefix in all keys of a kind, and their
// values.
func (d *Directory) scanAll(ctx context.Context, prefix byte, f func(key, value []byte) error) error {
	for p := range partitions {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := d.scanOne(ctx, kv.Partition(p), prefix, f); err != nil {
			return err
		}
	}
	return nil
}

func (d *Directory) scanOne(ctx context.Context, p kv.Partition, prefix byte, f func(key, value []byte) error) error {
	snap, err := d.kv.Snapshot(ctx, p)
	if err != nil {
		return err
	}
	defer snap.Close()
	if snap.Version() == 0 {
		return nil
	}
	it := snap.Scan([]byte{prefix}, []byte{prefix + 1})
	for it.Next() {
		if err := f(it.Key()[1:], it.Value()); err != nil {
			return errors.Join(err, it.Close())
		}
	}
	return it.Close()
}
