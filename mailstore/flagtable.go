package mailstore

import (
	"fmt"
	"slices"
	"strings"

	"github.com/restante/restante"
)

// Bounds of the combinations of flags that an account can have had: their
// number, the bytes of all of them as they are shown, and the keywords of one. A
// change that gives a message no further keyword may go to twice the first two: whoever
// has used up his combinations can still read, answer and delete his mail.
const (
	maxFlagSets     = 1 << 16
	maxFlagBytes    = 16 << 20
	maxFlagKeywords = 256
)

// FlagTable holds the flag sets of an account. It is immutable; sets are only
// ever added, in a new table that shares the memory of the old one.
type FlagTable struct {
	sets     []*FlagSet
	systems  []SystemFlags // of each set, close together for loops
	keywords []string
	bytes    int // of the sets as they are shown
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
	return &FlagTable{
		sets:    []*FlagSet{newFlagSet(0, 0, nil)},
		systems: []SystemFlags{0},
		index: &flagIndex{
			sets:     map[string]FlagSetID{flagSetName(0, nil): 0},
			keywords: map[string]int{},
		},
	}
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
		t.sets = append(t.sets, newFlagSet(FlagSetID(len(t.sets)), system, keywords))
		t.systems = append(t.systems, system)
		for _, k := range keywords {
			t.keywords = appendKeyword(t.keywords, k)
		}
	}
	return t, nil
}

// Len is the number of sets: their numbers are below it.
func (t *FlagTable) Len() int { return len(t.sets) }

// Set answers a flag set, nil if there is none of that number.
func (t *FlagTable) Set(id FlagSetID) *FlagSet {
	if int64(id) < int64(len(t.sets)) {
		return t.sets[id]
	}
	return nil
}

// Keywords are all keywords of the account in the order and spelling in which
// they were first seen; not to be changed.
func (t *FlagTable) Keywords() []string { return t.keywords }

// system answers the system flags of a set, none for an unknown set.
func (t *FlagTable) system(id FlagSetID) SystemFlags {
	if int64(id) < int64(len(t.systems)) {
		return t.systems[id]
	}
	return 0
}

// intern finds the set with these flags or adds it, for a message that has those of
// from, which is nil for a new message. It answers the table to go on with and
// whether the set is new. Only the account's writer calls it.
func (t *FlagTable) intern(from *FlagSet, system SystemFlags, keywords []string, l Limits) (*FlagTable, FlagSetID, bool, error) {
	spelled := t.keywords
	var names []string
	for _, k := range keywords {
		i, ok := t.index.keywords[lowerKeyword(k)]
		if ok && i < len(spelled) && strings.EqualFold(spelled[i], k) {
			k = spelled[i]
		} else {
			if len(spelled) >= l.Keywords {
				return t, 0, false, fmt.Errorf("mailstore: more than %d keywords: %w", l.Keywords, restante.ErrLimit)
			}
			t.index.keywords[lowerKeyword(k)] = len(spelled)
			spelled = append(spelled, k)
		}
		if !slices.Contains(names, k) {
			names = append(names, k)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(lowerKeyword(a), lowerKeyword(b)) })
	key := flagSetName(system, names)
	if id, ok := t.index.sets[key]; ok && int(id) < len(t.sets) && t.sets[id].is(system, names) {
		return t, id, false, nil
	}
	id := FlagSetID(len(t.sets))
	set := newFlagSet(id, system, names)
	room := 1
	if from.covers(names) {
		room = 2
	}
	if len(t.sets) >= room*maxFlagSets || t.bytes+len(set.Wire) > room*maxFlagBytes || len(names) > maxFlagKeywords {
		return t, 0, false, fmt.Errorf("mailstore: too many keywords, or combinations of them: %w", restante.ErrLimit)
	}
	t.index.sets[key] = id
	next := &FlagTable{
		sets:     append(t.sets, set),
		systems:  append(t.systems, system),
		keywords: spelled,
		bytes:    t.bytes + len(set.Wire),
		index:    t.index,
	}
	return next, id, true, nil
}

// load adds a set that was read from its row; sets come in rising order.
func (t *FlagTable) load(id FlagSetID, system SystemFlags, keywords []string) bool {
	if id == 0 || int(id) != len(t.sets) {
		return false
	}
	t.sets = append(t.sets, newFlagSet(id, system, keywords))
	t.bytes += len(t.sets[id].Wire)
	t.systems = append(t.systems, system)
	t.index.sets[flagSetName(system, keywords)] = id
	for _, k := range keywords {
		if _, ok := t.index.keywords[lowerKeyword(k)]; !ok {
			t.index.keywords[lowerKeyword(k)] = len(t.keywords)
			t.keywords = append(t.keywords, k)
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

func appendKeyword(list []string, k string) []string {
	if slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, k) }) {
		return list
	}
	return append(list, k)
}

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
