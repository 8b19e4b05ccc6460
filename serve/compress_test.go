package serve

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"compress/flate"
)

// answers gives what a server sends: FETCH responses of flags and envelopes.
func answers(n int) []byte {
	r := rand.New(rand.NewPCG(5, 6))
	var b bytes.Buffer
	for i := 1; b.Len() < n; i++ {
		fmt.Fprintf(&b, "* %d FETCH (UID %d FLAGS (\\Seen) INTERNALDATE \"%02d-Nov-2026 %02d:%02d:%02d +0000\" RFC822.SIZE %d ENVELOPE (\"Sun, 22 Nov 2026 21:%02d:%02d +0000\" \"Re: subject %x\" ((\"Ann %d\" NIL \"ann%d\" \"example.org\")) NIL NIL ((NIL NIL \"bob\" \"example.com\")) NIL NIL NIL \"<%x@example.org>\"))\r\n",
			i, i*3+r.IntN(3), 1+r.IntN(30), r.IntN(24), r.IntN(60), r.IntN(60), r.IntN(99999), r.IntN(60), r.IntN(60), r.Uint32(), r.IntN(100), r.IntN(100), r.Uint64())
	}
	return b.Bytes()[:n]
}

// TestDeflate holds that what is sent in writes of any size comes out whole, also
// after rests.
func TestDeflate(t *testing.T) {
	var out bytes.Buffer
	z := compression{pool: new(compressors), send: out.Write}
	r := rand.New(rand.NewPCG(7, 8))
	want := append(answers(100_000), text(r, 200_000)...)
	for rest := want; len(rest) > 0; {
		n := min(len(rest), 1+r.IntN(1<<r.IntN(18)))
		if m, err := z.write(rest[:n]); m != n || err != nil {
			t.Fatal(m, err)
		}
		if rest = rest[n:]; r.IntN(4) == 0 {
			z.sent = nil
		}
	}
	if int64(out.Len()) != z.count.SentCompressed || int64(len(want)) != z.count.Sent {
		t.Errorf("counted %+v", z.count)
	}
	out.Write([]byte{3, 0})
	got, err := io.ReadAll(flate.NewReader(&out))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d octets of %d, %v", len(got), len(want), err)
	}
}

func BenchmarkDeflate(b *testing.B) {
	plain := answers(1 << 20)
	for _, size := range []int{60, 1000, 16 << 10, 64 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			z := compression{pool: new(compressors), send: func(p []byte) (int, error) { return len(p), nil }}
			b.SetBytes(int64(size))
			for i := 0; b.Loop(); i++ {
				at := i * size % (len(plain) - size)
				_, _ = z.write(plain[at : at+size])
			}
			b.ReportMetric(float64(z.count.SentCompressed)/float64(z.count.Sent)*100, "%left")
		})
	}
}
