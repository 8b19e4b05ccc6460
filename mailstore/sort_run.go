package mailstore

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"slices"
)

// sortValue is what a key compares, of each message by its place: numbers in
// the form of orderedBits, or folded texts.
type sortValue struct {
	numbers []uint64
	texts   [][]byte
}

// compare compares two places.
func (v *sortValue) compare(a, b uint32) int {
	if v.numbers != nil {
		return cmp.Compare(v.numbers[a], v.numbers[b])
	}
	return bytes.Compare(v.texts[a], v.texts[b])
}

// word is a message's value, or the first eight octets of its text, as a word
// that compares as it does.
func (v *sortValue) word(place uint32) uint64 {
	if v.numbers != nil {
		return v.numbers[place]
	}
	return prefixWord(v.texts[place])
}

func prefixWord(text []byte) uint64 {
	if len(text) >= 8 {
		return binary.BigEndian.Uint64(text)
	}
	var b [8]byte
	copy(b[:], text)
	return binary.BigEndian.Uint64(b[:])
}

// messageSorter sorts places by several keys: by the first key, then each run
// of equals by the next one.
type messageSorter struct {
	ctx     context.Context
	keys    []SortKey
	values  []sortValue // of each key
	scratch []sortEntry
}

// sortEntry is a message with what it is compared by now.
type sortEntry struct {
	word  uint64
	place uint32
}

// run answers the places 0 to n-1 in order.
func (m *messageSorter) run(n int) ([]uint32, error) {
	entries := make([]sortEntry, n)
	for i := range entries {
		entries[i].place = uint32(i)
	}
	if err := m.level(entries, 0); err != nil {
		return nil, err
	}
	places := make([]uint32, n)
	for i, e := range entries {
		places[i] = e.place
	}
	return places, nil
}

// level sorts entries, which are equal by the keys before and stand in order of
// place, by the key at index k and those behind it. Its depth is the number of
// distinct keys.
func (m *messageSorter) level(entries []sortEntry, k int) error {
	if k == len(m.keys) || len(entries) < 2 {
		return nil
	}
	if err := m.ctx.Err(); err != nil {
		return err
	}
	v, reverse := &m.values[k], m.keys[k].Reverse
	for i := range entries {
		e := &entries[i]
		if e.word = v.word(e.place); reverse {
			e.word = ^e.word
		}
	}
	m.byWord(entries)
	return eachRun(entries, func(a, b *sortEntry) bool { return a.word == b.word }, func(run []sortEntry) error {
		if v.texts == nil {
			return m.level(run, k+1)
		}
		slices.SortFunc(run, func(a, b sortEntry) int {
			c := v.compare(a.place, b.place)
			if reverse {
				c = -c
			}
			return cmp.Or(c, cmp.Compare(a.place, b.place))
		})
		same := func(a, b *sortEntry) bool { return v.compare(a.place, b.place) == 0 }
		return eachRun(run, same, func(equal []sortEntry) error { return m.level(equal, k+1) })
	})
}

// eachRun calls f with each run of at least two entries that are the same.
func eachRun(entries []sortEntry, same func(a, b *sortEntry) bool, f func([]sortEntry) error) error {
	for start := 0; start < len(entries); {
		end := start + 1
		for end < len(entries) && same(&entries[start], &entries[end]) {
			end++
		}
		if end-start > 1 {
			if err := f(entries[start:end]); err != nil {
				return err
			}
		}
		start = end
	}
	return nil
}

// radixFrom is from how many entries on sorting by octets is faster than by
// comparisons.
const radixFrom = 256

// byWord sorts entries by their words; equal ones stay in order of place.
func (m *messageSorter) byWord(entries []sortEntry) {
	if len(entries) < radixFrom {
		slices.SortFunc(entries, func(a, b sortEntry) int {
			return cmp.Or(cmp.Compare(a.word, b.word), cmp.Compare(a.place, b.place))
		})
		return
	}
	if len(m.scratch) < len(entries) {
		m.scratch = make([]sortEntry, len(entries))
	}
	radixSort(entries, m.scratch[:len(entries)])
}

// radixSort sorts entries by their words, stably, octet by octet from the
// lowest; octets that are equal in all of them are passed over. scratch is as
// long as entries.
func radixSort(entries, scratch []sortEntry) {
	all, any := ^uint64(0), uint64(0)
	for i := range entries {
		all &= entries[i].word
		any |= entries[i].word
	}
	from, to := entries, scratch
	for shift := 0; shift < 64; shift += 8 {
		if (all^any)>>shift&0xff == 0 {
			continue
		}
		var start [256]int
		for i := range from {
			start[byte(from[i].word>>shift)]++
		}
		sum := 0
		for b, n := range start {
			start[b] = sum
			sum += n
		}
		for i := range from {
			b := byte(from[i].word >> shift)
			to[start[b]] = from[i]
			start[b]++
		}
		from, to = to, from
	}
	if len(entries) > 0 && &from[0] != &entries[0] {
		copy(entries, from)
	}
}
