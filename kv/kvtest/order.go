package kvtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

func testEmpty(t *testing.T, b Backing) {
	s := store(t, b)
	expect(t, s, 7, 0)
	snap := snapshot(t, s, 7)
	_, err := snap.Get([]byte("k"), nil)
	if !errors.Is(err, kv.ErrNotFound) || !errors.Is(err, restante.ErrNotFound) {
		t.Errorf("Get of a missing key: %v", err)
	}
	it := snap.Scan(nil, nil)
	defer it.Close()
	if it.Next() || it.Prev() || it.SeekGE([]byte("a")) || it.SeekLT([]byte("z")) || it.SeekLT(nil) {
		t.Error("an empty partition has keys")
	}
}

func testVersions(t *testing.T, b Backing) {
	s := store(t, b)
	ctx := context.Background()
	for _, base := range []kv.Version{1, 5} {
		if _, err := s.Commit(ctx, 1, base, set("a", "x"), kv.Durable); !errors.Is(err, kv.ErrConflict) {
			t.Errorf("commit on version %d of a new partition: %v", base, err)
		}
	}
	expect(t, s, 1, 0)
	commit(t, s, 1, 0, set("a", "1"), kv.Durable)
	commit(t, s, 1, 1, new(kv.Batch), kv.Relaxed)
	commit(t, s, 1, 2, nil, kv.Durable)
	for _, d := range []kv.Durability{kv.Durable, kv.Relaxed} {
		for _, base := range []kv.Version{0, 2, 4} {
			if _, err := s.Commit(ctx, 1, base, set("a", "x"), d); !errors.Is(err, kv.ErrConflict) {
				t.Errorf("commit at 3 on version %d: %v", base, err)
			}
		}
	}
	expect(t, s, 1, 3, row{"a", "1"})
	expect(t, s, 2, 0)
}

// someKeys are keys whose order is easily got wrong.
func someKeys() []string {
	keys := []string{"\x00", "\x00\x00", "\x00\xff", "\x01", "a", "a\x00", "a\x00b", "aa", "ab", "b",
		"\x7f", "\x80", "\xff", "\xff\xff", "\xff\xff\xff\xff\xff\xff\xff\xff\xff", strings.Repeat("m", kv.MaxKey)}
	sort.Strings(keys)
	return keys
}

func testOrder(t *testing.T, b Backing) {
	s := store(t, b)
	keys := someKeys()
	changed := new(kv.Batch)
	for _, i := range rand.Perm(len(keys)) {
		changed.Set([]byte(keys[i]), []byte(fmt.Sprint(i)))
	}
	// A neighbour on either side, to notice what leaks.
	commit(t, s, 1<<40-1, 0, set("\xff\xff\xff", "low"), kv.Durable)
	commit(t, s, 1<<40+1, 0, set("\x00", "high"), kv.Durable)
	commit(t, s, 1<<40, 0, changed, kv.Durable)
	var want []row
	for i, k := range keys {
		want = append(want, row{k, fmt.Sprint(i)})
	}
	expect(t, s, 1<<40, 1, want...)
}

func testSeek(t *testing.T, b Backing) {
	s := store(t, b)
	changed := new(kv.Batch)
	for i := 10; i < 100; i += 10 {
		changed.Set(fmt.Appendf(nil, "%03d", i), []byte("v"))
	}
	commit(t, s, 1, 0, changed, kv.Durable)
	commit(t, s, 0, 0, set("999", "v"), kv.Durable)
	commit(t, s, 2, 0, set("000", "v"), kv.Durable)
	snap := snapshot(t, s, 1)
	it := snap.Scan([]byte("020"), []byte("080"))
	defer it.Close()
	for _, step := range []struct{ do, want string }{
		{"prev", ""}, {"next", "020"}, {"next", "030"}, {"prev", "020"}, {"prev", ""}, {"next", "020"},
		{"ge 020", "020"}, {"ge 021", "030"}, {"ge 000", "020"}, {"ge 045", "050"}, {"next", "060"},
		{"ge 061", "070"}, {"next", ""}, {"next", ""}, {"prev", "070"}, {"ge 080", ""}, {"prev", "070"},
		{"ge 030", "030"}, {"prev", "020"}, {"lt 020", ""}, {"next", "020"}, {"lt 999", "070"},
		{"lt 080", "070"}, {"next", ""}, {"lt 045", "040"}, {"prev", "030"}, {"next", "040"},
		{"last", "070"}, {"prev", "060"}, {"ge ", "020"}, {"ge 071", ""}, {"lt 071", "070"}, {"lt ", ""}, {"next", "020"},
	} {
		do, arg, _ := strings.Cut(step.do, " ")
		var ok bool
		switch do {
		case "next":
			ok = it.Next()
		case "prev":
			ok = it.Prev()
		case "ge":
			ok = it.SeekGE([]byte(arg))
		case "lt":
			ok = it.SeekLT([]byte(arg))
		case "last":
			ok = it.SeekLT(nil)
		}
		if got := string(it.Key()); ok != (step.want != "") || got != step.want {
			t.Errorf("%s: %v at %q, not %q", step.do, ok, got, step.want)
		}
	}
	if err := it.Err(); err != nil {
		t.Error(err)
	}
}

func testBounds(t *testing.T, b Backing) {
	s := store(t, b)
	changed := new(kv.Batch)
	keys := someKeys()
	for _, k := range keys {
		changed.Set([]byte(k), nil)
	}
	commit(t, s, 3, 0, changed, kv.Durable)
	commit(t, s, 4, 0, set("x", ""), kv.Durable)
	snap := snapshot(t, s, 3)
	bounds := [][]byte{nil, {}}
	for _, k := range keys {
		bounds = append(bounds, []byte(k))
	}
	for _, start := range bounds {
		for _, end := range bounds {
			var want []row
			for _, k := range keys {
				if k >= string(start) && (end == nil || k < string(end)) {
					want = append(want, row{k, ""})
				}
			}
			if got := rows(t, snap, start, end); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("Scan(%.20q, %.20q) = %v, not %v", start, end, got, want)
			}
		}
	}
}

// testModel does random changes and moves, and compares with a sorted slice.
func testModel(t *testing.T, b Backing) {
	s := store(t, b)
	rng := rand.New(rand.NewPCG(1, 2))
	model := make(map[string]string)
	key := func() string { return fmt.Sprintf("%02d", rng.IntN(60)) }
	for version := range kv.Version(60) {
		changed := new(kv.Batch)
		for range rng.IntN(12) {
			k := key()
			switch rng.IntN(6) {
			case 0, 1:
				changed.Delete([]byte(k), len(model[k]))
				delete(model, k)
			case 2:
				end := key()
				changed.DeleteRange([]byte(k), []byte(end))
				for m := range model {
					if m >= k && m < end {
						delete(model, m)
					}
				}
			default:
				v := strings.Repeat("v", rng.IntN(5000))
				changed.Set([]byte(k), []byte(v))
				model[k] = v
			}
		}
		commit(t, s, 9, version, changed, kv.Durability(rng.IntN(2)))
		var want []row
		for k, v := range model {
			want = append(want, row{k, v})
		}
		slices.SortFunc(want, func(a, b row) int { return strings.Compare(a.key, b.key) })
		expect(t, s, 9, version+1, want...)
		walk(t, s, rng, want)
	}
}

// walk moves an iterator about at random.
func walk(t *testing.T, s kv.Store, rng *rand.Rand, want []row) {
	t.Helper()
	snap := snapshot(t, s, 9)
	defer snap.Close()
	it := snap.Scan(nil, nil)
	defer it.Close()
	at := -1
	for range 50 {
		var ok bool
		key := fmt.Appendf(nil, "%02d", rng.IntN(62))
		search := func() int {
			return sort.Search(len(want), func(i int) bool { return want[i].key >= string(key) })
		}
		switch rng.IntN(4) {
		case 0:
			ok, at = it.Next(), min(at+1, len(want))
		case 1:
			ok, at = it.Prev(), max(at-1, -1)
		case 2:
			ok, at = it.SeekGE(key), search()
		case 3:
			ok, at = it.SeekLT(key), search()-1
		}
		if in := at >= 0 && at < len(want); ok != in {
			t.Fatalf("iterator is %v at place %d of %d", ok, at, len(want))
		} else if in && (string(it.Key()) != want[at].key || !bytes.Equal(it.Value(), []byte(want[at].value))) {
			t.Fatalf("iterator is on %q, not %q", it.Key(), want[at].key)
		}
	}
}
