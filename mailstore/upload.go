package mailstore

import (
	"bytes"
	"math/rand/v2"

	"github.com/restante/restante"
	"github.com/restante/restante/blob"
	"github.com/restante/restante/message"
)

// upload is one message on its way into the store.
type upload struct {
	system                 SystemFlags
	keywords               []string
	internalDate, saveDate Time
	importKey              []byte
	annotations            []Annotation // all of them with a value

	parser *message.Parser // nil once complete
	size   int64
	// data is the message's beginning, or all of it: up to heldMessage bytes,
	// chunkSize of them once the upload is staged.
	data []byte
	// rest are the bytes after data, from the start of chunk next on.
	rest []byte
	next uint32

	spool     *blob.Spool // all of a message that memory does not hold and that becomes an object
	forObject bool        // its staging row says so
	object    *object     // once it is written

	staged  bool             // rows in the store belong to this upload alone
	stored  bool             // all its content is in the store already
	id      restante.EmailID // once staged
	token   uint64           // tells its staging row from that of another upload
	skipped bool             // its import key was known
	known   bool             // and so early that nothing was stored

	// once complete:
	summary    []byte
	headerSize int64
	hashes     []uint64
	own        bool // the first hash is that of the message's own id
	sentDate   Time
	partless   error // an annotation is about a part that the message does not have
}

func newUpload(s *Store, size int64) *upload {
	return &upload{
		parser: message.NewParser(message.Limits{}), data: s.buffers.Get(int(min(size, heldMessage))), token: rand.Uint64(),
	}
}

// write takes the message's next bytes.
func (u *upload) write(p *Append, b []byte) error {
	_, _ = u.parser.Write(b) // never fails
	u.size += int64(len(b))
	for len(b) > 0 {
		if !u.staged && u.spool == nil && len(u.data) == heldMessage {
			b = p.keep(b)
			if err := u.overflow(p); err != nil {
				return err
			}
		}
		if u.spool != nil {
			_, err := u.spool.Write(b)
			return err
		}
		var n int
		if u.staged {
			n = min(len(b), heldMessage-len(u.rest))
			u.rest = append(u.rest, b[:n]...)
		} else {
			n = min(len(b), heldMessage-len(u.data))
			u.data = append(u.data, b[:n]...)
		}
		b = b[n:]
		if len(u.rest) == heldMessage {
			b = p.keep(b)
			if err := p.account.stageChunks(p.ctx, u); err != nil {
				return err
			}
		}
	}
	return nil
}

// complete computes what is stored beside the message's bytes. Of an upload that
// is staged little is left in memory, so its buffers are given back.
func (u *upload) complete(s *Store) {
	if u.staged || u.spool != nil {
		data, rest := u.data, u.rest
		u.data, u.rest = bytes.Clone(data), bytes.Clone(rest)
		s.buffers.Put(data)
		s.buffers.Put(rest)
	}
	m := u.parser.Finish()
	u.parser = nil
	u.headerSize = m.HeaderSize()
	u.summary = m.AppendSummary(nil)
	// What the commit wants of the summary is taken now: see free.
	u.hashes, u.own = threadHashes(u.summary)
	u.sentDate = sentDate(u.summary, u.internalDate)
	u.partless = checkParts(u.annotations, u.summary)
}

// held is how many bytes the upload has in memory.
func (u *upload) held() int { return len(u.data) + len(u.rest) + len(u.summary) }

// free gives the upload's memory back.
func (u *upload) free(s *Store) {
	s.buffers.Put(u.data)
	s.buffers.Put(u.rest)
	u.data, u.rest, u.summary = nil, nil, nil
	u.dropSpool()
}
