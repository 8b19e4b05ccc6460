package serve

import (
	"bytes"
	"compress/flate"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
)

// pieces gives its data in pieces, with a timeout before each.
type pieces struct {
	data  []byte
	size  func() int
	timed bool
}

func (p *pieces) read(b []byte) (int, error) {
	if p.timed = !p.timed; p.timed {
		return 0, os.ErrDeadlineExceeded
	}
	if len(p.data) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), p.size())], p.data)
	p.data = p.data[n:]
	return n, nil
}

// inflated reads all of a stream, resting at each timeout.
func inflated(stream []byte, size func() int) ([]byte, error) {
	src := &pieces{data: stream, size: size}
	f := inflater{src: src.read, works: new(sync.Pool)}
	var out []byte
	b := make([]byte, 1000)
	for {
		n, err := f.Read(b)
		out = append(out, b[:n]...)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			f.relax()
		case err == io.EOF:
			return out, nil
		case err != nil:
			return out, err
		}
	}
}

// text gives octets that compress more or less well.
func text(r *rand.Rand, n int) []byte {
	words := strings.Fields("* FETCH (UID FLAGS \\Seen $Junk) ENVELOPE NIL example.org 1.2 BODY[] OK completed")
	var b bytes.Buffer
	for b.Len() < n {
		switch r.IntN(4) {
		case 0:
			for range r.IntN(50) {
				b.WriteByte(byte(r.Uint32()))
			}
		case 1:
			b.Write(bytes.Repeat([]byte{byte(r.IntN(256))}, r.IntN(600)))
		default:
			b.WriteString(words[r.IntN(len(words))] + " ")
		}
	}
	return b.Bytes()[:n]
}

func TestInflate(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 300 {
		want := text(r, r.IntN(1+i*700))
		var stream bytes.Buffer
		w, err := flate.NewWriter(&stream, i%12-2)
		if err != nil {
			t.Fatal(err)
		}
		for rest := want; len(rest) > 0; {
			n := min(len(rest), 1+r.IntN(20_000))
			if _, err := w.Write(rest[:n]); err != nil {
				t.Fatal(err)
			}
			if rest = rest[n:]; i%3 == 0 {
				w.Flush()
			}
		}
		if i%2 == 0 {
			w.Close()
		} else {
			w.Flush()
		}
		got, err := inflated(stream.Bytes(), func() int { return 1 + r.IntN(1+i*20) })
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%d: %d octets of %d, %v", i, len(got), len(want), err)
		}
	}
}

// TestInflatePartialFlush holds that what zlib flushed with Z_PARTIAL_FLUSH, as
// mutt does, is given out without waiting for what comes next.
func TestInflatePartialFlush(t *testing.T) {
	// Python's zlib.compressobj(wbits=-15).
	src := &pieces{}
	f := inflater{src: src.read, works: new(sync.Pool)}
	for _, c := range []struct{ stream, want string }{{"4a3454f0f3f70fe0e50208", "a1 NOOP\r\n"}, {"a04423280320", "a2 NOOP\r\n"}} {
		stream, err := hex.DecodeString(c.stream)
		if err != nil {
			t.Fatal(err)
		}
		*src = pieces{data: stream, size: func() int { return 100 }, timed: true}
		b := make([]byte, 100)
		n, err := f.Read(b)
		if string(b[:n]) != c.want || err != nil {
			t.Errorf("%q, %v", b[:n], err)
		}
		if n, err := f.Read(b); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("then %q, %v", b[:n], err)
		}
		f.relax()
		if f.work != nil {
			t.Error("something is held between commands")
		}
	}
}

// FuzzInflate holds the inflater against Go's: what that takes is taken, with the
// same result, in whatever pieces it comes.
func FuzzInflate(f *testing.F) {
	for level := -2; level <= 9; level += 3 {
		var stream bytes.Buffer
		w, _ := flate.NewWriter(&stream, level)
		_, _ = w.Write(text(rand.New(rand.NewPCG(3, 4)), 3000))
		w.Close()
		f.Add(stream.Bytes(), uint8(7))
	}
	f.Add([]byte{0x00, 0, 0, 0xff, 0xff, 0x03, 0x00}, uint8(1))
	f.Fuzz(func(t *testing.T, stream []byte, size uint8) {
		want, theirs := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(stream)), 1<<20))
		if len(want) == 1<<20 {
			return
		}
		got, err := inflated(stream, func() int { return int(size) + 1 })
		switch {
		case theirs == nil && (err != nil || !bytes.Equal(got, want)):
			t.Fatalf("%v; %d octets, want %d", err, len(got), len(want))
		case theirs != nil && !errors.Is(theirs, io.ErrUnexpectedEOF) && err == nil && !bytes.HasPrefix(got, want):
			t.Fatalf("taken, though Go says %v", theirs)
		}
	})
}

func BenchmarkInflate(b *testing.B) {
	var stream bytes.Buffer
	w, _ := flate.NewWriter(&stream, 5)
	plain := text(rand.New(rand.NewPCG(3, 4)), 1<<20)
	_, _ = w.Write(plain)
	w.Close()
	b.SetBytes(int64(len(plain)))
	buf := make([]byte, 8<<10)
	pool := new(sync.Pool)
	for b.Loop() {
		src := bytes.NewReader(stream.Bytes())
		f := inflater{src: src.Read, works: pool}
		for {
			if _, err := f.Read(buf); err != nil {
				break
			}
		}
		f.relax()
	}
}
