package mailstore

import (
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

// wordAt gives the eight octets of a text from an offset on, as a word that
// compares as they do; behind its end are zeros.
func wordAt(text []byte, offset int) uint64 {
	if len(text) >= offset+8 {
		return binary.BigEndian.Uint64(text[offset:])
	}
	var b [8]byte
	if offset < len(text) {
		copy(b[:], text[offset:])
	}
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
	numbers := m.values[k].numbers
	if numbers == nil {
		return m.texts(entries, k, 0)
	}
	m.byWord(entries, k, func(place uint32) uint64 { return numbers[place] })
	return eachRun(entries, func(run []sortEntry) error { return m.level(run, k+1) })
}

// texts sorts entries, whose texts are equal before an offset, by the text that
// is behind it, eight octets at a time, and then by the keys behind k.
func (m *messageSorter) texts(entries []sortEntry, k, offset int) error {
	if err := m.ctx.Err(); err != nil {
		return err
	}
	texts := m.values[k].texts
	m.byWord(entries, k, func(place uint32) uint64 { return wordAt(texts[place], offset) })
	return eachRun(entries, func(run []sortEntry) error {
		if slices.ContainsFunc(run, func(e sortEntry) bool { return len(texts[e.place]) > offset+8 }) {
			return m.texts(run, k, offset+8)
		}
		// What differs now are zeros at the end.
		m.byWord(run, k, func(place uint32) uint64 { return uint64(len(texts[place])) })
		return eachRun(run, func(equal []sortEntry) error { return m.level(equal, k+1) })
	})
}

// eachRun calls f with each run of at least two entries whose words are equal.
func eachRun(entries []sortEntry, f func([]sortEntry) error) error {
	for start := 0; start < len(entries); {
		end := start + 1
		for end < len(entries) && entries[start].word == entries[end].word {
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

// byWord sorts entries by a word of each message; equal ones stay in order of
// place. The words are complemented if the key at index k is reversed.
func (m *messageSorter) byWord(entries []sortEntry, k int, word func(place uint32) uint64) {
	var flip uint64
	if m.keys[k].Reverse {
		flip = ^uint64(0)
	}
	for i := range entries {
		entries[i].word = word(entries[i].place) ^ flip
	}
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
