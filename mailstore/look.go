package mailstore

import "github.com/restante/restante/kv"

// look answers the first row of each range at the base version, with which the
// change can do with less than a view of all the account. If the partition has moved
// on it answers kv.ErrConflict.
func (tx *txn) look(ranges []kv.Range) ([]kv.Row, error) {
	if looker, ok := tx.store.kv.(kv.Looker); ok && tx.view == nil {
		rows, version, err := looker.Look(tx.ctx, tx.partition, ranges)
		if err != nil {
			return nil, unavailable("read", err)
		}
		if version != tx.base.version {
			return nil, kv.ErrConflict
		}
		return rows, nil
	}
	view, err := tx.read()
	if err != nil {
		return nil, err
	}
	rows, err := kv.FirstRows(view, ranges)
	if err != nil {
		return nil, unavailable("read", err)
	}
	return rows, nil
}

// lookUp answers the value of a key at the base version; ok is false where there is
// none.
func (tx *txn) lookUp(key []byte) (value []byte, ok bool, err error) {
	rows, err := tx.look([]kv.Range{kv.Only(key)})
	if err != nil || rows[0].Key == nil {
		return nil, false, err
	}
	return rows[0].Value, true, nil
}

// mayExpect reports whether it costs less to have the commit find out that a range is
// empty than to look.
func (tx *txn) mayExpect() bool {
	_, ok := tx.store.kv.(kv.Expecter)
	return ok && tx.view == nil && !tx.certain
}

// commit has the engine commit the change, if all is as it expects.
func (tx *txn) commit(d kv.Durability) (kv.Version, error) {
	if len(tx.expected) == 0 {
		return tx.store.kv.Commit(tx.ctx, tx.partition, tx.base.version, &tx.batch, d)
	}
	return kv.CommitExpecting(tx.ctx, tx.store.kv, tx.partition, tx.base.version, &tx.batch, d, tx.expected)
}
