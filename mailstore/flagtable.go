package mailstore

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/restante/restante"
)

// Bounds of the combinations of flags that an account has at a time: their
// number, the bytes of all of them as they are shown, and the keywords of one. A
// change that gives a message no further keyword may go to twice the first two: whoever
// has used up his combinations can still read, answer and delete his mail.
const (
	maxFlagSets     = 1 << 16
	maxFlagBytes    = 16 << 20
	maxFlagKeywords = 256
	// maxFlagNumber bounds the numbers of sets, which are never given out again.
	maxFlagNumber = 1 << 26
)

// ErrKeywordLimit is of keywords that are too long or too many: of a message, or of
// the account together.
var ErrKeywordLimit = fmt.Errorf("keywords: %w", restante.ErrLimit)

// errFlagsFull says that the table has no room; a sweep may make some.
var errFlagsFull = fmt.Errorf("mailstore: too many of the account: %w", ErrKeywordLimit)

// flagChunkSize is how many numbers a chunk has.
const flagChunkSize = 32

// flagChunk holds the sets of consecutive numbers.
type flagChunk struct {
	sets    [flagChunkSize]*FlagSet
	systems [flagChunkSize]SystemFlags // of each set, close together for loops
}

// FlagTable holds the flag sets of an account. It is immutable: a set is added in
// a new table that shares the memory of the old one.
//
// Sets that no message has any more go once there is no room for new ones (see
// sweepFlagsLocked). A number is never given out again, so that it means the same
// in every table that has it, but a later table may lack what an earlier one has.
type FlagTable struct {
	chunks   []*flagChunk // nil where all sets are gone
	n        FlagSetID    // the next number
	live     int          // sets that are there
	mark     FlagSetID    // has no set but a row, which tells that it was given out; 0: none
	keywords []string
	bytes    int // of the sets as they are shown
	// extra has sets of earlier tables (see With); mostly nil.
	extra map[FlagSetID]*FlagSet
	// full says that a sweep has found nothing to remove.
	full bool
	// index finds sets and spellings. All tables of an account share it and
	// only the account's writer uses it. It may hold more than this table:
	// entries of abandoned changes, which are checked before use.
	index *flagIndex
}

type flagIndex struct {
	sets     map[string]FlagSetID // by flagSetName
	keywords map[string]int       // by lower case, to the place in keywords
}

// newFlagTable answers the table of an account without flags.
func newFlagTable() *FlagTable {
	t := &FlagTable{index: &flagIndex{sets: map[string]FlagSetID{}, keywords: map[string]int{}}}
	t.put(newFlagSet(0, 0, nil))
	return t
}

// NewFlagTable makes a table of given flag sets, for tests of what uses
// tables: the set of flags[i] has number i+1. The flags must be valid.
func NewFlagTable(flags ...[]string) (*FlagTable, error) {
	t := newFlagTable()
	for _, f := range flags {
		system, keywords, err := splitFlags(f, 1<<10)
		if err != nil {
			return nil, err
		}
		t.load(t.n, system, keywords)
	}
	return t, nil
}

// put adds a set, whose number is not below n, to a table that nobody else has.
func (t *FlagTable) put(f *FlagSet) {
	c := t.chunk(f.ID)
	c.sets[f.ID%flagChunkSize], c.systems[f.ID%flagChunkSize] = f, f.System
	t.n = f.ID + 1
	t.live++
	t.bytes += len(f.Wire)
	t.index.sets[flagSetName(f.System, f.Keywords)] = f.ID
}

// chunk answers the chunk of a number, which it makes if need be. That of the last
// number is always there, so that no chunk is made that other tables share.
func (t *FlagTable) chunk(id FlagSetID) *flagChunk {
	for int(id/flagChunkSize) >= len(t.chunks) {
		t.chunks = append(t.chunks, nil)
	}
	c := &t.chunks[id/flagChunkSize]
	if *c == nil {
		*c = new(flagChunk)
	}
	return *c
}

// Set answers a flag set, nil if the table has none of that number.
func (t *FlagTable) Set(id FlagSetID) *FlagSet {
	if id < t.n {
		if c := t.chunks[id/flagChunkSize]; c != nil && c.sets[id%flagChunkSize] != nil {
			return c.sets[id%flagChunkSize]
		}
	}
	return t.extra[id]
}

// Keywords are all keywords of the account in the order and spelling in which
// they were first seen; not to be changed.
func (t *FlagTable) Keywords() []string { return t.keywords }

// HasRoom reports whether a message may be given a keyword that the account does
// not have, as far as is known: unused ones make room where limit is reached.
func (t *FlagTable) HasRoom(limit int) bool { return len(t.keywords) < limit || !t.full }

// With answers the table with sets that it may lack, which are of an earlier one.
func (t *FlagTable) With(sets []*FlagSet) *FlagTable {
	next := *t
	next.extra = make(map[FlagSetID]*FlagSet, len(sets))
	for _, f := range sets {
		next.extra[f.ID] = f
	}
	return &next
}

// system answers the system flags of a set, none for an unknown set.
func (t *FlagTable) system(id FlagSetID) SystemFlags {
	if id < t.n {
		if c := t.chunks[id/flagChunkSize]; c != nil && c.sets[id%flagChunkSize] != nil {
			return c.systems[id%flagChunkSize]
		}
	}
	if f := t.extra[id]; f != nil {
		return f.System
	}
	return 0
}

// intern finds the set with these flags or adds it, for a message that has those of
// from, which is nil for a new message. It answers the table to go on with and
// whether the set is new; errFlagsFull if there is no room for it. Only the account's
// writer calls it.
func (t *FlagTable) intern(from *FlagSet, system SystemFlags, keywords []string, l Limits) (*FlagTable, FlagSetID, bool, error) {
	spelled := t.keywords
	var names []string
	for _, k := range keywords {
		i, ok := t.index.keywords[lowerKeyword(k)]
		if ok && i < len(spelled) && strings.EqualFold(spelled[i], k) {
			k = spelled[i]
		} else {
			if len(spelled) >= l.Keywords {
				return t, 0, false, errFlagsFull
			}
			t.index.keywords[lowerKeyword(k)] = len(spelled)
			spelled = append(spelled, k)
		}
		if !slices.Contains(names, k) {
			names = append(names, k)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(lowerKeyword(a), lowerKeyword(b)) })
	if id, ok := t.index.sets[flagSetName(system, names)]; ok && id < t.n {
		if f := t.Set(id); f != nil && f.is(system, names) {
			return t, id, false, nil
		}
	}
	if len(names) > maxFlagKeywords || t.n == maxFlagNumber {
		return t, 0, false, fmt.Errorf("mailstore: too many on a message: %w", ErrKeywordLimit)
	}
	set := newFlagSet(t.n, system, names)
	room := 1
	if from.covers(names) {
		room = 2
	}
	if t.live >= room*maxFlagSets || t.bytes+len(set.Wire) > room*maxFlagBytes {
		return t, 0, false, errFlagsFull
	}
	next := *t
	next.keywords = spelled
	next.put(set)
	return &next, set.ID, true, nil
}

// loadRow adds what a row says; they come in rising order.
func (t *FlagTable) loadRow(key, value []byte) bool {
	if len(key) != 5 {
		return false
	}
	id := FlagSetID(binary.BigEndian.Uint32(key[1:]))
	if string(value) == goneFlagSet {
		return t.loadMark(id)
	}
	system, keywords, ok := parseFlagSet(value)
	return ok && t.load(id, system, keywords)
}

// load adds a set; they come in rising order.
func (t *FlagTable) load(id FlagSetID, system SystemFlags, keywords []string) bool {
	if id < t.n || id >= maxFlagNumber {
		return false
	}
	t.put(newFlagSet(id, system, keywords))
	for _, k := range keywords {
		if _, ok := t.index.keywords[lowerKeyword(k)]; !ok {
			t.index.keywords[lowerKeyword(k)] = len(t.keywords)
			t.keywords = append(t.keywords, k)
		}
	}
	return true
}

// loadMark adds the row of a set that is gone, which was the last one.
func (t *FlagTable) loadMark(id FlagSetID) bool {
	if id < t.n || id >= maxFlagNumber {
		return false
	}
	t.chunk(id)
	t.mark, t.n = id, id+1
	return true
}

// same reports whether two tables of an account, of which neither has been given
// extra sets, have the same sets.
func (t *FlagTable) same(u *FlagTable) bool { return t.n == u.n && t.live == u.live && t.extends(u) }

// extends reports whether the table has all sets of an earlier one. Where it was not made
// of that one the numbers alone do not tell: an engine that has lost commits has given
// them out again.
func (t *FlagTable) extends(u *FlagTable) bool {
	if t.index == u.index {
		return true
	}
	for f := range u.all() {
		if g := t.Set(f.ID); g == nil || !g.is(f.System, f.Keywords) {
			return false
		}
	}
	return true
}

// covers reports whether the set has all of the keywords, spelled as in the table; a
// nil set has none.
func (f *FlagSet) covers(keywords []string) bool {
	for _, k := range keywords {
		if f == nil || !slices.Contains(f.Keywords, k) {
			return false
		}
	}
	return true
}

func (f *FlagSet) is(system SystemFlags, keywords []string) bool {
	return f.System == system && slices.Equal(f.Keywords, keywords)
}

// flagSetName identifies a combination of flags, whatever the spelling.
func flagSetName(system SystemFlags, keywords []string) string {
	var b strings.Builder
	b.WriteByte(byte(system))
	for _, k := range keywords {
		b.WriteByte(' ')
		b.WriteString(lowerKeyword(k))
	}
	return b.String()
}

// lowerKeyword folds the case of a keyword, which is ASCII.
func lowerKeyword(k string) string { return strings.ToLower(k) }

// goneFlagSet is the row of the last set once that is gone, so that its number is
// not given out again.
const goneFlagSet = "\xff"

// appendFlagSet encodes a set's row: the system flags, then the keywords with
// a space between.
func appendFlagSet(dst []byte, f *FlagSet) []byte {
	dst = append(dst, byte(f.System))
	return append(dst, strings.Join(f.Keywords, " ")...)
}

// parseFlagSet reads a flag set's row.
func parseFlagSet(b []byte) (system SystemFlags, keywords []string, ok bool) {
	if len(b) == 0 {
		return 0, nil, false
	}
	if len(b) > 1 {
		keywords = strings.Split(string(b[1:]), " ")
	}
	return SystemFlags(b[0]), keywords, !slices.ContainsFunc(keywords, func(k string) bool { return !validKeyword(k) })
}
