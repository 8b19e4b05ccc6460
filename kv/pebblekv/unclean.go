package pebblekv

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"github.com/restante/restante/kv"
)

// UncleanOpens answers how often, up to this time, the store was opened after a
// process that had not closed it. Then Relaxed commits may be lost, and versions
// that were told may be given out a second time.
func (s *Store) UncleanOpens() uint64 { return s.unclean }

// countUnclean counts this opening, of a store that existed before or not, and
// takes the mark of the last close away, durably.
func countUnclean(db *pebble.DB, existed bool) (uint64, error) {
	count := uint64(0)
	value, err := getRow(db, uncleanKey())
	if err != nil {
		return 0, err
	}
	if value != nil {
		if len(value) != 8 {
			return 0, fmt.Errorf("pebblekv: count of unclean openings of %d bytes: %w", len(value), kv.ErrCorrupt)
		}
		count = binary.BigEndian.Uint64(value)
	}
	clean, err := getRow(db, cleanKey())
	if err != nil {
		return 0, err
	}
	if clean == nil && existed {
		count++
	}
	b := db.NewBatch()
	defer b.Close()
	if err := b.Set(uncleanKey(), appendUint64(nil, count), nil); err != nil {
		return 0, wrap(err)
	}
	if err := b.Delete(cleanKey(), nil); err != nil {
		return 0, wrap(err)
	}
	return count, wrap(b.Commit(pebble.Sync))
}

// markClean notes that the store is closed with all that was committed.
func (s *Store) markClean() error { return wrap(s.db.Set(cleanKey(), []byte{}, pebble.Sync)) }

// getRow answers a copy of a row's value, not nil, or nil if there is none.
func getRow(db *pebble.DB, key []byte) ([]byte, error) {
	value, closer, err := db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, wrap(err)
	}
	defer closer.Close()
	return append([]byte{}, value...), nil
}
