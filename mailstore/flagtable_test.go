package mailstore

import (
	"errors"
	"testing"

	"github.com/restante/restante"
)

// TestFlagSetsUsedUp makes all the combinations of keywords that an account may
// have. Further ones are refused, but no system flag is, on any message.
func TestFlagSetsUsedUp(t *testing.T) {
	l := Limits{}.withDefaults()
	names := "abcdefghijklmnopq"
	combination := func(i int) (keywords []string) {
		for bit := range len(names) {
			if i>>bit&1 == 1 {
				keywords = append(keywords, names[bit:bit+1])
			}
		}
		return keywords
	}
	table := newFlagTable()
	var err error
	for i := 1; i < maxFlagSets; i++ {
		if table, _, _, err = table.intern(nil, 0, combination(i), l); err != nil {
			t.Fatalf("combination %d: %v", i, err)
		}
	}
	if _, _, _, err := table.intern(table.Set(1), 0, combination(maxFlagSets), l); !errors.Is(err, restante.ErrLimit) {
		t.Errorf("one more combination: %v", err)
	}
	if _, _, _, err := table.intern(nil, Seen, nil, l); err != nil {
		t.Errorf("a new message without keywords: %v", err)
	}
	for id := FlagSetID(1); id < maxFlagSets; id += 997 {
		set := table.Set(id)
		if table, _, _, err = table.intern(set, set.System|Seen, set.Keywords, l); err != nil {
			t.Fatalf("\\Seen on %s: %v", set.Wire, err)
		}
		if _, _, _, err = table.intern(set, Deleted, set.Keywords[1:], l); err != nil {
			t.Fatalf("fewer keywords on %s: %v", set.Wire, err)
		}
	}
}
