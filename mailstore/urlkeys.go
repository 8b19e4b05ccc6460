package mailstore

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// URLKeyPlace names a mailbox in an account's table of mailbox access keys (RFC
// 4467 §2.2): a user has a key of his own for each mailbox, also for others'.
type URLKeyPlace struct {
	Owner   restante.AccountID // whose mailbox it is; 0: the account's own
	Mailbox restante.MailboxID
}

const (
	urlKeyForm = 1  // the first octet of a row
	urlKeySize = 32 // octets of a key
)

func urlKeyKey(p URLKeyPlace) []byte {
	dst := appendKey64(make([]byte, 0, 17), kindURLKey, uint64(p.Owner))
	return binary.BigEndian.AppendUint64(dst, uint64(p.Mailbox))
}

// splitURLKeyKey reads such a key; ok is false for one that is none.
func splitURLKeyKey(key []byte) (p URLKeyPlace, ok bool) {
	n, rest, ok := keyNumber(key)
	if !ok || len(rest) != 8 {
		return p, false
	}
	return URLKeyPlace{Owner: restante.AccountID(n), Mailbox: restante.MailboxID(binary.BigEndian.Uint64(rest))}, true
}

// parseURLKey reads a row; the key is a copy.
func parseURLKey(row []byte) ([]byte, error) {
	if len(row) != 1+urlKeySize || row[0] != urlKeyForm {
		return nil, fmt.Errorf("mailstore: mailbox access key: %w", restante.ErrCorrupt)
	}
	return append([]byte(nil), row[1:]...), nil
}

// URLKey gives the mailbox access key, random octets, with which URLs of a mailbox
// are authorized. One that was not made or was removed is restante.ErrNotFound.
func (a *Account) URLKey(ctx context.Context, p URLKeyPlace) ([]byte, error) {
	view, err := a.store.kv.Snapshot(ctx, a.partition())
	if err != nil {
		return nil, unavailable("read", err)
	}
	defer view.Close()
	return readURLKey(view, p)
}

func readURLKey(view kv.Snapshot, p URLKeyPlace) ([]byte, error) {
	row, err := view.Get(urlKeyKey(p), nil)
	switch {
	case errors.Is(err, kv.ErrNotFound):
		return nil, notFound("mailbox access key", uint64(p.Mailbox))
	case err != nil:
		return nil, unavailable("read mailbox access key", err)
	}
	return parseURLKey(row)
}

// MakeURLKey gives the mailbox access key of a mailbox and makes it if there is
// none, in a durable commit. reset makes a new one in any case, so that no URL
// authorized with the old one is valid any more. The account may have
// Limits.URLKeys keys; more are restante.ErrLimit, unless some of them are for
// others' mailboxes that are gone, which make room. A mailbox of the account's own
// that is not there is restante.ErrNotFound.
func (a *Account) MakeURLKey(ctx context.Context, p URLKeyPlace, reset bool) (key []byte, err error) {
	if !reset {
		if key, err = a.URLKey(ctx, p); !errors.Is(err, restante.ErrNotFound) {
			return key, err
		}
	}
	key, err = a.makeURLKey(ctx, p, reset)
	if !errors.Is(err, restante.ErrLimit) {
		return key, err
	}
	if dropped, e := a.dropDeadURLKeys(ctx); e != nil || !dropped {
		return nil, errors.Join(err, e)
	}
	return a.makeURLKey(ctx, p, reset)
}

// makeURLKey gives the key of a place, which it makes where there is none; with reset a
// new one in any case, or where the old one is damaged.
func (a *Account) makeURLKey(ctx context.Context, p URLKeyPlace, reset bool) (key []byte, err error) {
	_, err = a.update(ctx, kv.Durable, func(tx *txn) error {
		if p.Owner == 0 && tx.base.box(p.Mailbox) == nil {
			return notFound("mailbox", uint64(p.Mailbox))
		}
		view, err := tx.read()
		if err != nil {
			return err
		}
		key, err = readURLKey(view, p)
		switch {
		case errors.Is(err, restante.ErrNotFound):
			if err := tx.roomForURLKey(view); err != nil {
				return err
			}
		case err != nil && !errors.Is(err, restante.ErrCorrupt):
			return err
		case err == nil && !reset:
			return nil // somebody else has made it
		}
		key = make([]byte, urlKeySize)
		rand.Read(key) // which never fails
		tx.batch.Set(urlKeyKey(p), append([]byte{urlKeyForm}, key...))
		if reset {
			tx.noteURLReset(p)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return key, nil
}

// roomForURLKey refuses one key more than there may be.
func (tx *txn) roomForURLKey(view kv.Snapshot) error {
	start, end := kindRange(kindURLKey)
	n := 0
	it := view.Scan(start, end)
	for it.Next() {
		n++
	}
	if err := it.Close(); err != nil {
		return unavailable("read mailbox access keys", err)
	}
	if n >= tx.limits.URLKeys {
		return fmt.Errorf("mailstore: %d mailbox access keys: %w", n, restante.ErrLimit)
	}
	return nil
}

// noteURLReset notes when a key was replaced, for sessions that are to be told.
func (tx *txn) noteURLReset(p URLKeyPlace) {
	tx.urlResets = maps.Clone(tx.base.urlResets)
	if tx.urlResets == nil {
		tx.urlResets = make(map[URLKeyPlace]restante.ModSeq)
	}
	tx.urlResets[p] = tx.modSeq
}

// URLKeyReset gives when this node last saw the key of a mailbox replaced; 0 is
// never.
func (s *State) URLKeyReset(p URLKeyPlace) restante.ModSeq { return s.urlResets[p] }

// RemoveURLKeys removes all mailbox access keys of the account, so that no URL that
// was authorized with any of them is valid any more (RFC 4467 §7).
func (a *Account) RemoveURLKeys(ctx context.Context) error {
	_, err := a.update(ctx, kv.Durable, func(tx *txn) error {
		tx.batch.UseReserve()
		tx.batch.DeleteRange(kindRange(kindURLKey))
		return nil
	})
	return err
}

// dropURLKey removes the key of a mailbox of the account's own that is deleted.
func (tx *txn) dropURLKey(id restante.MailboxID) {
	tx.batch.Delete(urlKeyKey(URLKeyPlace{Mailbox: id}), 1+urlKeySize)
}
