package imap

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestParseNumSet(t *testing.T) {
	for _, c := range []struct {
		in, out string
		max     uint32 // what "*" is
		want    string // resolved
	}{
		{"1", "1", 10, "1"},
		{"2:4", "2:4", 10, "2:4"},
		{"4:2", "2:4", 10, "2:4"},
		{"2,4:7,9,12:*", "2,4:7,9,12:*", 15, "2,4:7,9,12:15"}, // RFC 9051 §9
		{"*:4,5:7", "5:7,4:*", 10, "4:10"},                    // RFC 9051 §9
		{"3291:*", "3291:*", 100, "100"},
		{"*", "*", 7, "7"},
		{"*:*", "*", 7, "7"},
		{"5,*", "5,*", 7, "5,7"},
		{"1:*", "1:*", 0, ""},
		{"1,2,3,5,4", "1:5", 10, "1:5"},
		{"1:3,2:9,20", "1:9,20", 10, "1:9,20"},
		{"4294967295", "4294967295", 10, "4294967295"},
		{"4294967294:4294967295,1", "1,4294967294:4294967295", 1, "1,4294967294:4294967295"},
		{"$", "$", 10, "$"},
	} {
		s, err := ParseNumSet([]byte(c.in), 0)
		if err != nil || s.String() != c.out {
			t.Errorf("%s: %s, %v", c.in, s, err)
			continue
		}
		if got := s.Resolve(c.max).String(); got != c.want {
			t.Errorf("%s with * = %d: %s, want %s", c.in, c.max, got, c.want)
		}
	}
	for _, in := range []string{"", "0", "1:", ":1", "1,", ",1", "1:0", "4294967296", "1-2", "a", "$1", "1,$", "1:2:3", "**", "99999999999999999999"} {
		if s, err := ParseNumSet([]byte(in), 0); err != ErrNumSetSyntax {
			t.Errorf("%q: %s, %v", in, s, err)
		}
	}
	if _, err := ParseNumSet([]byte("1,3,5"), 2); err != ErrNumSetLimit {
		t.Error(err)
	}
}

// TestNumSetModel compares the operations with sets of numbers kept plainly.
func TestNumSetModel(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const top = 40
	for range 2000 {
		var a, b NumSet
		var inA, inB [top + 2]bool
		for range r.IntN(12) {
			lo, hi := uint32(r.IntN(top)+1), uint32(r.IntN(top)+1)
			if r.IntN(2) == 0 {
				hi = lo
			}
			set, in := &a, &inA
			if r.IntN(2) == 0 {
				set, in = &b, &inB
			}
			set.AddRange(lo, hi)
			for n := min(lo, hi); n <= max(lo, hi); n++ {
				in[n] = true
			}
		}
		lo, hi := uint32(r.IntN(top)+1), uint32(r.IntN(top)+1)
		check := func(what string, s NumSet, f func(n uint32) bool) {
			t.Helper()
			var want []uint32
			for n := uint32(1); n <= top; n++ {
				if f(n) != s.Contains(n) {
					t.Fatalf("%s of %s and %s: %s", what, a, b, s)
				}
				if f(n) {
					want = append(want, n)
				}
			}
			if got := slices.Collect(s.Numbers()); !slices.Equal(got, want) || s.Count() != uint64(len(want)) {
				t.Fatalf("%s: numbers %v, want %v", what, got, want)
			}
			for i := 1; i < len(s.ranges); i++ {
				if s.ranges[i-1].Stop+1 >= s.ranges[i].Start {
					t.Fatalf("%s: not coalesced: %s", what, s)
				}
			}
			if !s.IsEmpty() {
				if p, err := ParseNumSet([]byte(s.String()), 0); err != nil || !p.Equal(s) {
					t.Fatalf("%s: %s parses as %s, %v", what, s, p, err)
				}
			}
		}
		check("a", a, func(n uint32) bool { return inA[n] })
		check("union", a.Union(b), func(n uint32) bool { return inA[n] || inB[n] })
		check("intersection", a.Intersect(b), func(n uint32) bool { return inA[n] && inB[n] })
		check("difference", a.Subtract(b), func(n uint32) bool { return inA[n] && !inB[n] })
		check("clip", a.Clip(lo, hi), func(n uint32) bool { return inA[n] && lo <= n && n <= hi })
		check("a after all", a, func(n uint32) bool { return inA[n] })
	}
}

func TestNumSetEdges(t *testing.T) {
	var s NumSet
	s.AddRange(math.MaxUint32-1, math.MaxUint32)
	s.AddNum(math.MaxUint32)
	s.AddNum(1)
	s.AddNum(0)
	if got := s.String(); got != "1,4294967294:4294967295" {
		t.Error(got)
	}
	if got := NumSetOf(5, 1, 2).String(); got != "1:2,5" {
		t.Error(got)
	}
	if s.Min() != 1 || s.Max() != math.MaxUint32 {
		t.Error(s.Min(), s.Max())
	}
	star, _ := ParseNumSet([]byte("7:*,3"), 0)
	if star.Max() != 7 || star.Min() != 3 || !star.HasStar() {
		t.Error(star.Max(), star.Min())
	}
}

func FuzzNumSet(f *testing.F) {
	for _, s := range []string{"1:*", "2,4:7,9,12:*", "*:4,5:7", "$", "4294967295:1", "1,1,1"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ParseNumSet(b, 1000)
		if err != nil {
			return
		}
		again, err := ParseNumSet(s.Append(nil), 0)
		if err != nil || !again.Equal(s) {
			t.Fatalf("%q: %s, then %s, %v", b, s, again, err)
		}
	})
}

// fragmented gives a set as macOS Mail sends it: thousands of single UIDs.
func fragmented() []byte {
	var b strings.Builder
	for i := range 5000 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(i*2 + 1000))
	}
	return []byte(b.String())
}

func BenchmarkParseNumSet(b *testing.B) {
	for name, in := range map[string][]byte{"one": []byte("1:*"), "few": []byte("2,4:7,9,12:*"), "fragmented": fragmented()} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(in)))
			for b.Loop() {
				if _, err := ParseNumSet(in, 0); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkNumSetAppend(b *testing.B) {
	s, _ := ParseNumSet(fragmented(), 0)
	buf := make([]byte, 0, 64<<10)
	b.ReportAllocs()
	for b.Loop() {
		buf = s.Append(buf[:0])
	}
}

func TestNumSetOpen(t *testing.T) {
	for _, c := range []struct {
		in   string
		last uint32
		want string
	}{
		{"1:3", 9, "1:3"},
		{"2:*", 3, "2:4294967295"},
		{"5:*", 3, "3,5:4294967295"},
		{"*", 3, "3"},
		{"1,7:*", 3, "1,3,7:4294967295"},
		{"*", 0, ""},
		{"2:*", 0, "2:4294967295"},
	} {
		s, err := ParseNumSet([]byte(c.in), 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Open(c.last).String(); got != c.want {
			t.Errorf("%s, %d: got %q, want %q", c.in, c.last, got, c.want)
		}
		if s.String() != c.in {
			t.Errorf("%s became %s", c.in, s)
		}
	}
}
