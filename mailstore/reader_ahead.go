package mailstore

import (
	"context"
	"iter"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// Wanted is a message that is going to be read.
type Wanted struct {
	EmailID restante.EmailID
	Size    int64 // octets
}

// Rows says which rows of messages are going to be read.
type Rows struct{ Summary, Header, Body bool } // Body needs Header

// bounds of what is read at one look
const (
	mostAhead      = 1 << 20 // bytes, as they are estimated
	summaryAhead   = 8 << 10 // what a summary counts for at most
	headerAhead    = 32 << 10
	mostRangesLook = 1024
)

// ReaderOf opens a reader for messages, which are wanted in the order of reading. On an
// engine where a look costs less than a snapshot (kv.Looker) the first of them are read at
// once; a snapshot is opened when something else is asked for. What the look read of a
// message is all that rows names, so that it is of one moment. It also tells whether
// State is up to date (UpToDate).
func (a *Account) ReaderOf(ctx context.Context, wanted iter.Seq[Wanted], rows Rows) (*Reader, error) {
	looker, ok := a.store.kv.(kv.Looker)
	if !ok {
		return a.Reader(ctx)
	}
	first := fitting(wanted, rows)
	if len(first) == 0 {
		return a.Reader(ctx)
	}
	r, err := a.reader(ctx)
	if err == nil {
		err = r.lookAhead(looker, first, rows)
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// fitting answers the first of the messages that are read at one look, which is none if
// the first is too large.
func fitting(wanted iter.Seq[Wanted], rows Rows) (first []Wanted) {
	left, ranges := int64(mostAhead), mostRangesLook
	for w := range wanted {
		size, most := w.Size, int64(summaryAhead)
		n := 2
		switch {
		case rows.Body:
			most = size
			n += int(chunkOf(size)) + 2
		case rows.Header:
			most = headerAhead
		}
		left -= min(size, most)
		ranges -= n
		if left < 0 || ranges < 0 {
			break
		}
		first = append(first, w)
	}
	return first
}

// lookAhead reads rows of messages at one look.
func (r *Reader) lookAhead(looker kv.Looker, wanted []Wanted, rows Rows) error {
	var ranges []kv.Range
	var of []restante.EmailID // whose each range is
	for _, w := range wanted {
		if rows.Summary {
			ranges = append(ranges, kv.Only(summaryKey(w.EmailID)))
		}
		if rows.Header {
			ranges = append(ranges, kv.Only(headerKey(w.EmailID)))
		}
		if rows.Body {
			ranges = append(ranges, kv.Only(objectKey(w.EmailID)))
			for chunk := range chunkOf(max(w.Size, 1)-1) + 1 {
				ranges = append(ranges, kv.Only(bodyKey(w.EmailID, chunk)))
			}
		}
		for len(of) < len(ranges) {
			of = append(of, w.EmailID)
		}
	}
	glance := r.account.Glance()
	found, version, err := looker.Look(r.ctx, r.account.partition(), ranges)
	if err != nil {
		return unavailable("read messages", err)
	}
	glance.Saw(version)
	r.ahead = make(map[string][]byte, len(ranges))
	for i, row := range found {
		r.ahead[string(ranges[i].Start)] = row.Value
	}
	for i, row := range found {
		// What goes on behind a header of full length, or in an object, is read by a
		// snapshot, and so is all of that message.
		if row.Key != nil && (row.Key[0] == kindHeader && len(row.Value) >= headerRow || row.Key[0] == kindObject) {
			r.forgetAhead(ranges, of, of[i])
		}
	}
	return nil
}

// forgetAhead drops what was read of a message.
func (r *Reader) forgetAhead(ranges []kv.Range, of []restante.EmailID, id restante.EmailID) {
	for i := range ranges {
		if of[i] == id {
			delete(r.ahead, string(ranges[i].Start))
		}
	}
}
