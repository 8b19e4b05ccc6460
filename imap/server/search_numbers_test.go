package server

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
)

func TestNumberList(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, n := range []uint64{0, 1, 8, 96, 9_990, 99_999_998, math.MaxUint32 - 20, math.MaxUint64 - 2_000_000} {
		for _, room := range []int{0, 1 << 20} {
			var l numberList
			got, want := make([]byte, 0, room), ""
			for range 400 {
				got, want = l.append(got, n), want+" "+strconv.FormatUint(n, 10)
				n += []uint64{0, 1, 1, 1, 2, 9, 10, 11, rng.Uint64N(5000)}[rng.IntN(9)]
			}
			if string(got) != want {
				t.Fatalf("%s, want %s", got, want)
			}
		}
	}
}

func BenchmarkNumberList(b *testing.B) {
	buf := make([]byte, 0, 1<<10)
	b.ReportAllocs()
	var l numberList
	n := uint64(0)
	for b.Loop() {
		n++
		buf = l.append(buf[:0], n)
	}
}

func BenchmarkAppendUint(b *testing.B) {
	buf := make([]byte, 0, 1<<10)
	n := uint64(0)
	for b.Loop() {
		n++
		buf = strconv.AppendUint(append(buf[:0], ' '), n, 10)
	}
}
