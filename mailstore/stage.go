package mailstore

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/blob"
	"github.com/restante/restante/kv"
)

// stagingLife is how long after its last bytes a staged upload is taken for
// abandoned.
const stagingLife = time.Hour

const stagingRow = 13 // bytes of a staging row, about

// Staging: a message too large for memory is written in chunks by Relaxed
// commits, under an EmailID of its own and a staging row that says when. The
// commit that puts the message into a mailbox removes the staging row; being
// Durable and later, it makes the chunks durable too. Rows of uploads that
// never came to that are removed when the account is next opened, and by
// repair.

// stage marks an upload as staged now and gives it its EmailID. One that was
// staged before and has been swept since lacks what was written then: that is
// restante.ErrUnavailable.
func (tx *txn) stage(u *upload) error {
	if u.staged {
		if err := tx.mustBeStaged(u); err != nil {
			return err
		}
	} else {
		u.id = tx.row.nextEmail
		tx.row.nextEmail++
	}
	row := binary.AppendUvarint(nil, uint64(tx.now.Unix()))
	row = binary.BigEndian.AppendUint64(row, u.token)
	if u.forObject {
		row = append(row, stagedObject)
	}
	tx.batch.Add(stagingKey(u.id), row)
	return nil
}

// mustBeStaged makes sure that what was staged of an upload is still there.
func (tx *txn) mustBeStaged(u *upload) error {
	ok, err := tx.isStaged(u)
	if err == nil && !ok {
		err = fmt.Errorf("mailstore: upload took too long: %w", restante.ErrUnavailable)
	}
	return err
}

// setRest writes the chunks that the upload holds in rest.
func (u *upload) setRest(batch *kv.Batch) {
	next, rest := u.next, u.rest
	for ; len(rest) > 0; next++ {
		n := min(len(rest), chunkSize)
		batch.Add(bodyKey(u.id, next), rest[:n:n])
		rest = rest[n:]
	}
}

// stageChunks writes the upload's whole chunks in rest.
func (a *Account) stageChunks(ctx context.Context, u *upload) error {
	_, err := a.update(ctx, kv.Relaxed, func(tx *txn) error {
		if err := tx.stage(u); err != nil {
			return err
		}
		u.setRest(&tx.batch)
		return nil
	})
	if err != nil {
		u.mayBeStaged()
		return err
	}
	u.staged = true
	u.next += uint32(len(u.rest) / chunkSize)
	u.rest = u.rest[:0]
	return nil
}

// mayBeStaged notes that a commit of the upload's rows ended in an error, so
// that they may be there.
func (u *upload) mayBeStaged() { u.staged = u.staged || u.id != 0 }

// stageAll writes all that complete uploads hold in memory.
func (a *Account) stageAll(ctx context.Context, uploads []*upload) error {
	_, err := a.update(ctx, kv.Relaxed, func(tx *txn) error {
		for _, u := range uploads {
			if u.stored || u.known {
				continue
			}
			if err := tx.stage(u); err != nil {
				return err
			}
			setContent(&tx.batch, u.id, u.summary, u.data, u.headerSize)
			u.setRest(&tx.batch)
			u.setObject(&tx.batch)
		}
		return nil
	})
	for _, u := range uploads {
		if u.known {
			continue
		}
		if err != nil {
			u.mayBeStaged()
			continue
		}
		if !u.stored {
			u.staged, u.stored = true, true
			u.free(a.store)
		}
	}
	return err
}

// unstage removes what was staged of uploads that were given up. If it cannot,
// the rows stay until they are swept.
func (a *Account) unstage(ctx context.Context, uploads []*upload) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	_, err := a.update(ctx, kv.Relaxed, func(tx *txn) error {
		for _, u := range uploads {
			ok, err := tx.isStaged(u)
			if err != nil {
				return err
			}
			if ok {
				tx.unstage(stagedUpload{id: u.id, token: u.token, object: u.forObject})
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, restante.ErrNotFound) {
		a.store.options.Logger.Warn("staged upload is left to be swept", "account", uint64(a.id), "error", err)
	}
}

// isStaged reports whether the upload's staging row is there.
func (tx *txn) isStaged(u *upload) (bool, error) {
	view, err := tx.read()
	if err != nil {
		return false, err
	}
	row, err := view.Get(stagingKey(u.id), nil)
	if errors.Is(err, kv.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, unavailable("read staging", err)
	}
	staged, ok := parseStaging(u.id, row)
	return ok && staged.token == u.token, nil
}

// stagedUpload is what a staging row says.
type stagedUpload struct {
	id     restante.EmailID
	at     int64 // Unix seconds of the last bytes
	token  uint64
	object bool // there may be an object of that token
}

// stagedObject is the last byte of the row of an upload that becomes an object.
const stagedObject = 1

// parseStaging reads a staging row: a uvarint of the Unix seconds of the last
// bytes, then the upload's token, then perhaps stagedObject.
func parseStaging(id restante.EmailID, row []byte) (u stagedUpload, ok bool) {
	seconds, n := binary.Uvarint(row)
	if n <= 0 || len(row) < n+8 {
		return u, false
	}
	u = stagedUpload{id: id, at: int64(seconds), token: binary.BigEndian.Uint64(row[n:])}
	if row = row[n+8:]; len(row) == 1 && row[0] == stagedObject {
		u.object, row = true, nil
	}
	return u, len(row) == 0
}

// abandoned reports whether nobody has written to the upload for so long that nobody will.
func (u *stagedUpload) abandoned(now time.Time) bool {
	return now.Sub(time.Unix(u.at, 0)) > stagingLife
}

// unstage removes a staged content.
func (tx *txn) unstage(u stagedUpload) {
	tx.batch.UseReserve()
	tx.batch.Delete(stagingKey(u.id), stagingRow)
	for _, kind := range [...]byte{kindSummary, kindHeader, kindBody} {
		tx.batch.DeleteRange(contentRange(kind, u.id, u.id))
	}
	if u.object {
		tx.batch.Delete(objectKey(u.id), objectRowHead)
		tx.forget(blob.Name{Account: restante.AccountID(tx.partition), Email: u.id, Token: u.token})
	}
}

// sweepLocked removes uploads that were abandoned, which snap, the current
// state, is asked for. If there are any, snap is closed: see surviveLossLocked.
func (a *Account) sweepLocked(ctx context.Context, snap kv.Snapshot) error {
	if err := a.noteForgotten(snap); err != nil {
		return err
	}
	stale, err := a.store.staleUploads(snap, a.id)
	if err != nil {
		return unavailable("open account", err)
	}
	if len(stale) == 0 {
		return nil
	}
	_ = snap.Close()
	_, err = a.updateLocked(ctx, kv.Relaxed, func(tx *txn) error {
		view, err := tx.read()
		if err != nil {
			return err
		}
		stale, err := a.store.staleUploads(view, a.id)
		if err != nil {
			return unavailable("open account", err)
		}
		for _, u := range stale {
			tx.unstage(u)
		}
		return nil
	})
	if err != nil {
		a.store.options.Logger.Warn("cannot remove abandoned uploads", "account", uint64(a.id), "error", err)
	}
	return nil
}

// staleUploads lists the uploads of an account that were abandoned. Rows that cannot be read
// are left to repair.
func (s *Store) staleUploads(snap kv.Snapshot, account restante.AccountID) (stale []stagedUpload, err error) {
	now := s.now()
	it := snap.Scan(kindRange(kindStaging))
	for it.Next() {
		id, rest, ok := keyNumber(it.Key())
		u, valid := parseStaging(restante.EmailID(id), it.Value())
		switch {
		case !ok || len(rest) > 0 || !valid:
			s.leaveToRepair(account, it.Key())
		case u.abandoned(now):
			stale = append(stale, u)
		}
	}
	return stale, it.Close()
}

// leaveToRepair tells of a row that cannot be read, and without which the account does all the
// same.
func (s *Store) leaveToRepair(account restante.AccountID, key []byte) {
	s.options.Logger.Error("store is damaged: a row that is not needed cannot be read and is left to check --repair",
		"account", uint64(account), "row", hex.EncodeToString(key))
}
