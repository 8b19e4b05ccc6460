package mailstore

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/message"
)

// readerLife is how long a reader reads from one snapshot of the engine.
const readerLife = 30 * time.Second

// Reader reads the contents of messages, which never change until they are gone.
// It is cheapest in rising order of EmailIDs. It is used by one goroutine, and
// closed soon, for it keeps from the engine the space of what was removed since.
// Where a client takes long to receive what it reads, it goes on with a newer
// snapshot between two rows: a message that was removed meanwhile ends early then,
// in restante.ErrExpunged.
type Reader struct {
	account *Account
	ctx     context.Context
	snap    kv.Snapshot // nil after a failure to renew it, and before one is needed (ReaderOf)
	opened  time.Time

	summaries, headers, bodies rowReader

	ahead map[string][]byte // rows that were read at one look, by key; nil where there is none

	key   []byte
	split int64            // the length of the header row
	of    restante.EmailID // whose split that is; 0: nobody's

	window window        // of the last object that was read
	vain   time.Duration // how long objects were waited for that could not be had

	notes *annotationCursor // nil before annotations are asked for
	noted restante.UID      // of the last message whose annotations were
	note  []byte            // the row of the last annotation that was asked for alone
}

// Reader opens a reader.
func (a *Account) Reader(ctx context.Context) (*Reader, error) {
	r, err := a.reader(ctx)
	if err != nil {
		return nil, err
	}
	if err := r.open(); err != nil {
		return nil, err
	}
	return r, nil
}

// reader answers one without a snapshot.
func (a *Account) reader(ctx context.Context) (*Reader, error) {
	if a.removed.Load() {
		return nil, notFound("account", uint64(a.id))
	}
	return &Reader{
		account: a, ctx: ctx,
		summaries: rowReader{kind: kindSummary}, headers: rowReader{kind: kindHeader}, bodies: rowReader{kind: kindBody},
	}, nil
}

// open takes a snapshot of the engine.
func (r *Reader) open() error {
	glance := r.account.Glance()
	snap, err := r.account.store.kv.Snapshot(r.ctx, r.account.partition())
	if err != nil {
		return unavailable("read messages", err)
	}
	glance.Saw(snap.Version())
	r.snap, r.opened = snap, r.account.store.now()
	r.forgetObject()
	return nil
}

// renew makes sure that the snapshot is not an old one. What was answered before
// becomes invalid.
func (r *Reader) renew() error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if r.snap != nil && r.account.store.now().Sub(r.opened) < readerLife {
		return nil
	}
	r.Close()
	return r.open()
}

// Close ends the use of the reader, until it reads again, and of what it has answered.
// Errors of reading were told when they were met.
func (r *Reader) Close() {
	for _, rows := range [...]*rowReader{&r.summaries, &r.headers, &r.bodies} {
		rows.drop()
	}
	r.dropNotes()
	r.dropWindow()
	if r.snap != nil {
		_ = r.snap.Close()
		r.snap = nil
	}
}

// get answers the value of the key of r, valid until the next call; nil if there is no
// such row.
func (r *Reader) get(rows *rowReader) ([]byte, error) {
	if err := r.ctx.Err(); err != nil {
		return nil, err
	}
	if value, read := r.ahead[string(r.key)]; read {
		return value, nil
	}
	if err := r.renew(); err != nil {
		return nil, err
	}
	value, err := rows.get(r.snap, r.key)
	if err != nil {
		return nil, unavailable("read message", err)
	}
	return value, nil
}

// row answers a row of a content that must be there.
func (r *Reader) row(rows *rowReader, id restante.EmailID) ([]byte, error) {
	value, err := r.get(rows)
	if err != nil {
		return nil, err
	}
	if value == nil {
		return nil, fmt.Errorf("mailstore: content %d: %w", id, restante.ErrExpunged)
	}
	return value, nil
}

// Summary answers a message's summary, valid until the next call. If the
// content is gone, the error is restante.ErrExpunged.
func (r *Reader) Summary(id restante.EmailID) (message.Summary, error) {
	r.key = appendKey64(r.key[:0], kindSummary, uint64(id))
	row, err := r.row(&r.summaries, id)
	if err != nil {
		return nil, err
	}
	s := message.Summary(row)
	if err := s.Valid(); err != nil {
		return nil, fmt.Errorf("mailstore: summary %d: %w: %w", id, restante.ErrCorrupt, err)
	}
	r.of, r.split = id, headerSplit(s.HeaderSize())
	return s, nil
}

// headerRow answers the header row and notes its length.
func (r *Reader) headerRow(id restante.EmailID) ([]byte, error) {
	r.key = appendKey64(r.key[:0], kindHeader, uint64(id))
	row, err := r.row(&r.headers, id)
	if err == nil {
		r.of, r.split = id, int64(len(row))
	}
	return row, err
}

// longestHeader is how much of a header Header answers. No mail has as much; what
// has is not to fill the memory.
const longestHeader = 1 << 20

// Header answers the header block with the empty line that ends it, valid
// until the next call; of one above 1 MiB, its beginning. Errors as for Summary.
func (r *Reader) Header(id restante.EmailID) ([]byte, error) {
	row, err := r.headerRow(id)
	if err != nil || len(row) < headerRow {
		return row, err
	}
	long := bytes.Clone(row)
	s, err := r.Summary(id)
	if err != nil {
		return nil, err
	}
	b := bytes.NewBuffer(long)
	err = r.WriteRange(b, id, int64(len(long)), min(s.HeaderSize(), longestHeader)-int64(len(long)))
	return b.Bytes(), err
}

// ShortHeader answers the header block as Header does if it is short, as those of
// mail are; otherwise whole is false and header is its beginning. Errors as for
// Summary.
func (r *Reader) ShortHeader(id restante.EmailID) (header []byte, whole bool, err error) {
	header, err = r.headerRow(id)
	return header, len(header) < headerRow, err
}

// WriteRange writes n bytes of the message from offset off, or what there is
// of them; negative n: all. Offsets count from the start of the header. The
// rows' bytes go to w as they lie in the engine, which w must not keep. Errors
// as for Summary, and those of w.
func (r *Reader) WriteRange(w io.Writer, id restante.EmailID, off, n int64) error {
	end := off + n
	if n < 0 || end < off {
		end = 1<<63 - 1
	}
	if off >= end {
		return nil
	}
	if r.of != id || off < r.split {
		row, err := r.headerRow(id)
		if err != nil {
			return err
		}
		if r.split > longPreface && end > r.split {
			if err := r.preload(id, end); err != nil {
				return err
			}
			if row, err = r.headerRow(id); err != nil { // where it lies now
				return err
			}
		}
		if off < r.split {
			piece := row[off:min(end, r.split)]
			if _, err := w.Write(piece); err != nil {
				return err
			}
			off += int64(len(piece))
		}
	}
	for off < end {
		m, err := r.writeChunk(w, id, off, end)
		if err != nil || m == 0 {
			return err
		}
		off += int64(m)
	}
	return nil
}

// writeChunk writes what the chunk at off has of the bytes from off to end, or what is
// read at a time of the object that the message is. It answers how many; 0 at the
// message's end.
func (r *Reader) writeChunk(w io.Writer, id restante.EmailID, off, end int64) (int, error) {
	chunk := chunkOf(off)
	start, _ := chunkBounds(chunk)
	start = max(start, r.split)
	r.key = appendBodyKey(r.key[:0], id, chunk)
	row, err := r.get(&r.bodies)
	if err != nil {
		return 0, err
	}
	if off-start >= int64(len(row)) {
		return r.writeObject(w, id, off, end)
	}
	return w.Write(row[off-start : min(int64(len(row)), end-start)])
}
