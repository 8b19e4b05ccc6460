package imap

import "testing"

func TestPartialRangeCut(t *testing.T) {
	for _, c := range []struct {
		p        PartialRange
		n        int
		from, to int
		text     string
	}{
		{PartialRange{1, 100, false}, 500, 0, 100, "1:100"},
		{PartialRange{500, 400, false}, 450, 399, 450, "500:400"},
		{PartialRange{7, 7, false}, 6, 0, 0, "7:7"},
		{PartialRange{1, 1, false}, 0, 0, 0, "1:1"},
		{PartialRange{1, 100, true}, 500, 400, 500, "-1:-100"},
		{PartialRange{100, 1, true}, 500, 400, 500, "-100:-1"},
		{PartialRange{3, 9, true}, 5, 0, 3, "-3:-9"},
		{PartialRange{6, 9, true}, 5, 0, 0, "-6:-9"},
		{PartialRange{1, 1<<32 - 1, true}, 5, 0, 5, "-1:-4294967295"},
		{PartialRange{1, 1<<32 - 1, false}, 5, 0, 5, "1:4294967295"},
	} {
		if from, to := c.p.Cut(c.n); from != c.from || to != c.to {
			t.Errorf("%v of %d: [%d,%d), want [%d,%d)", c.p, c.n, from, to, c.from, c.to)
		}
		if got := c.p.String(); got != c.text {
			t.Errorf("got %q, want %q", got, c.text)
		}
	}
}
