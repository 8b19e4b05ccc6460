package mailstore

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/message"
)

// maxThreadHashes bounds the message ids of one message that count for its
// thread.
const maxThreadHashes = 32

// A message joins the thread of the first of its ids that the account knows:
// its own Message-ID (a copy of a message is of the same thread), then
// In-Reply-To and References, the nearest first. An id that is not known is
// remembered with the message, so that what comes later and names it too joins
// the same thread, also if the message in between never comes.

// threadHashes gives the hashes of a message's ids, its own first; none if it
// has no ids.
func threadHashes(s message.Summary) (hashes []uint64, own bool) {
	add := func(id []byte) {
		if h := threadHash(id); !slices.Contains(hashes, h) {
			hashes = append(hashes, h)
		}
	}
	if id := s.MessageID(); len(id) > 0 {
		add(id)
		own = true
	}
	for id := range s.InReplyTo() {
		if len(hashes) < maxThreadHashes/4 {
			add(id)
		}
	}
	var refs [][]byte
	for id := range s.References() {
		refs = append(refs, id)
	}
	// Of too many the first, which is the thread's root, and the last.
	if room := maxThreadHashes - len(hashes); len(refs) > room {
		refs = slices.Delete(refs, 1, 1+len(refs)-room)
	}
	for _, id := range slices.Backward(refs) {
		add(id)
	}
	return hashes, own
}

func threadHash(id []byte) uint64 {
	sum := sha256.Sum256(id)
	return binary.BigEndian.Uint64(sum[:])
}

// threadedHash is a hash under which a change puts a message of a thread.
type threadedHash struct {
	hash   uint64
	thread restante.ThreadID
}

// threader finds threads for the messages of a change.
type threader struct {
	tx   *txn
	seen map[uint64]restante.ThreadID
}

func (tx *txn) threader() *threader {
	return &threader{tx: tx, seen: make(map[uint64]restante.ThreadID)}
}

// expect takes it that the account knows none of the hashes, which the commit finds out.
func (t *threader) expect(hashes []uint64) {
	for _, h := range t.missing(hashes) {
		t.tx.expected = append(t.tx.expected, threadRange(h))
	}
}

// missing answers the hashes of which it cannot be told without a look at rows whether the
// account knows them. From now on they count as not known.
func (t *threader) missing(hashes []uint64) (missing []uint64) {
	for _, h := range hashes {
		if _, ok := t.seen[h]; ok {
			continue
		}
		thread, sure := t.tx.threads.find(h, t.tx.base.version)
		if t.seen[h] = thread; !sure {
			missing = append(missing, h)
		}
	}
	return missing
}

// find looks up all hashes, at once, so that assign cannot fail.
func (t *threader) find(hashes []uint64) error {
	missing := t.missing(hashes)
	if len(missing) == 0 {
		return nil
	}
	if t.tx.threads.due(t.tx.base.account.usage.Messages) {
		return t.readAll(missing)
	}
	ranges := make([]kv.Range, len(missing))
	for i, h := range missing {
		ranges[i] = threadRange(h)
	}
	rows, err := t.tx.look(ranges)
	if err != nil {
		return err
	}
	for i, row := range rows {
		var thread restante.ThreadID
		if row.Key != nil {
			if thread, err = threadOfRow(row.Key, row.Value); err != nil {
				return err
			}
		}
		t.seen[missing[i]] = thread
		t.tx.threads.learn(missing[i], thread, t.tx.base.version)
	}
	return nil
}

// readAll makes the account's cache, which tells of all hashes.
func (t *threader) readAll(hashes []uint64) error {
	view, err := t.tx.read()
	if err != nil {
		return err
	}
	if err := t.tx.threads.fill(view); err != nil {
		return err
	}
	for _, h := range hashes {
		t.seen[h], _ = t.tx.threads.find(h, t.tx.base.version)
	}
	return nil
}

// assign gives a message its thread and writes the rows by which later ones
// find it. find must have been called with the same hashes.
func (t *threader) assign(id restante.EmailID, hashes []uint64, own bool) restante.ThreadID {
	thread := restante.ThreadID(id)
	for _, h := range hashes {
		if known := t.seen[h]; known != 0 {
			thread = known
			break
		}
	}
	var registered []byte
	value := binary.BigEndian.AppendUint64(nil, uint64(thread))
	for i, h := range hashes {
		if t.seen[h] != 0 && (i > 0 || !own) {
			continue
		}
		t.seen[h] = thread
		t.tx.batch.Add(threadKey(h, id), value)
		t.tx.threaded = append(t.tx.threaded, threadedHash{h, thread})
		registered = binary.BigEndian.AppendUint64(registered, h)
	}
	if len(registered) > 0 {
		t.tx.batch.Add(threadOfKey(id), registered)
	}
	return thread
}
