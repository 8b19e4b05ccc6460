package mailstore

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// looking is an engine that answers looks, and counts its snapshots.
type looking struct {
	kv.Store
	looks, snapshots int
}

func (l *looking) Look(ctx context.Context, p kv.Partition, ranges []kv.Range) ([]kv.Row, kv.Version, error) {
	l.looks++
	return kv.First(ctx, l.Store, p, ranges)
}

func (l *looking) Snapshot(ctx context.Context, p kv.Partition) (kv.Snapshot, error) {
	l.snapshots++
	return l.Store.Snapshot(ctx, p)
}

// TestReaderOf reads what a reader reads, by one look where that is enough, and by a
// snapshot what is too large for one.
func TestReaderOf(t *testing.T) {
	f := newFixture(t, Options{})
	body := func(n int) string { return strings.Repeat("0123456789abcde\n", n/16) }
	texts := []string{
		message1(1), "Subject: two chunks\r\n\r\n" + body(100_000), message1(2), "X: only a header\r\n\r\n",
		"Subject: " + strings.Repeat("long ", 70_000) + "\r\n\r\nbody\r\n", "Subject: large\r\n\r\n" + body(2<<20), message1(3),
	}
	f.append(f.inbox, nil, texts...)
	s := f.snapshot(f.inbox)
	engine := &looking{Store: f.store.kv}
	f.store.kv = engine
	for _, test := range []struct {
		rows             Rows
		from, to         int // messages that are read
		snapshots, looks int
	}{
		{Rows{Summary: true}, 0, 7, 0, 1},
		{Rows{Header: true}, 0, 4, 0, 1},
		{Rows{Header: true}, 0, 7, 1, 1}, // one header is of several rows
		{Rows{Summary: true, Header: true, Body: true}, 0, 4, 0, 1},
		{Rows{Header: true, Body: true}, 2, 7, 1, 1},
		{Rows{Header: true, Body: true}, 5, 7, 1, 0}, // the first is too large
	} {
		engine.looks, engine.snapshots = 0, 0
		r, err := f.ReaderOf(t.Context(), wantedOf(s, test.from), test.rows)
		if err != nil {
			t.Fatal(err)
		}
		for i := test.from; i < test.to; i++ {
			id := s.At(i + 1).EmailID
			if test.rows.Summary {
				if sum, err := r.Summary(id); err != nil || sum.Size() != int64(len(texts[i])) {
					t.Errorf("%+v: summary %d: %v", test.rows, i, err)
				}
			}
			if test.rows.Header {
				if header, err := r.Header(id); err != nil || !strings.HasPrefix(texts[i], string(header)) || len(header) == 0 {
					t.Errorf("%+v: header %d: %d bytes, %v", test.rows, i, len(header), err)
				}
			}
			if test.rows.Body {
				var b bytes.Buffer
				if err := r.WriteRange(&b, id, 0, -1); err != nil || b.String() != texts[i] {
					t.Errorf("%+v: message %d: %d bytes, %v", test.rows, i, b.Len(), err)
				}
			}
		}
		r.Close()
		if engine.snapshots != test.snapshots || engine.looks != test.looks {
			t.Errorf("%+v: %d snapshots, %d looks", test.rows, engine.snapshots, engine.looks)
		}
	}
}

// TestReaderOfExpunged: a message that goes once it was read ahead is still read, whole;
// one that was gone before is known to be.
func TestReaderOfExpunged(t *testing.T) {
	f := newFixture(t, Options{})
	f.append(f.inbox, []string{`\Deleted`}, message1(1))
	s := f.snapshot(f.inbox)
	f.store.kv = &looking{Store: f.store.kv}
	id, rows := s.At(1).EmailID, Rows{Summary: true, Header: true, Body: true}
	before, err := f.ReaderOf(t.Context(), wantedOf(s, 0), rows)
	if err != nil {
		t.Fatal(err)
	}
	defer before.Close()
	if _, err := f.Expunge(t.Context(), f.inbox, nil); err != nil {
		t.Fatal(err)
	}
	after, err := f.ReaderOf(t.Context(), wantedOf(s, 0), rows)
	if err != nil {
		t.Fatal(err)
	}
	defer after.Close()
	var b bytes.Buffer
	if err := before.WriteRange(&b, id, 0, -1); err != nil || b.String() != message1(1) {
		t.Errorf("read before: %q, %v", b.String(), err)
	}
	if _, err := after.Summary(id); !errors.Is(err, restante.ErrExpunged) {
		t.Errorf("read after: %v", err)
	}
}

// wantedOf yields the messages of a snapshot from one on.
func wantedOf(s *Snapshot, from int) func(func(Wanted) bool) {
	var list []Wanted
	for seq := from + 1; seq <= s.Len(); seq++ {
		m := s.At(seq)
		list = append(list, Wanted{EmailID: m.EmailID, Size: int64(m.Size)})
	}
	return slices.Values(list)
}
