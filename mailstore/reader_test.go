package mailstore

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/restante/restante"
)

// clockWriter moves the clock with every piece, as a slow client does.
type clockWriter struct {
	bytes.Buffer
	f     *fixture
	after func() // called once, after the first piece
}

func (w *clockWriter) Write(b []byte) (int, error) {
	w.f.clock = w.f.clock.Add(readerLife)
	if w.after != nil {
		w.after()
		w.after = nil
	}
	return w.Buffer.Write(b)
}

// TestReaderRenews reads for a client that takes very long: the reader does not
// stay on one snapshot, and what it reads is not affected, unless the message goes.
func TestReaderRenews(t *testing.T) {
	f := newFixture(t, Options{})
	large := "Subject: large\r\n\r\n" + strings.Repeat("0123456789abcde\n", 100_000)
	f.append(f.inbox, []string{`\Deleted`}, message1(1), large, message1(2))
	s := f.snapshot(f.inbox)
	r, err := f.Reader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for i, want := range []string{message1(1), large, message1(2)} {
		first := r.snap
		w := clockWriter{f: f}
		if err := r.WriteRange(&w, s.At(i+1).EmailID, 0, -1); err != nil || w.String() != want {
			t.Errorf("message %d: %d bytes of %d, %v", i+1, w.Len(), len(want), err)
		}
		if r.snap == first {
			t.Errorf("message %d: the snapshot is kept", i+1)
		}
	}
	w := clockWriter{f: f, after: func() {
		if _, err := f.Expunge(t.Context(), f.inbox, nil); err != nil {
			t.Error(err)
		}
	}}
	if err := r.WriteRange(&w, s.At(2).EmailID, 0, -1); !errors.Is(err, restante.ErrExpunged) {
		t.Errorf("expunged meanwhile: %d bytes, %v", w.Len(), err)
	}
}
