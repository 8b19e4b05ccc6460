package mailstore

import (
	"fmt"
	"maps"
	"math/rand"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/restante/restante"
)

// outlineOf makes an outline of "id:name" words; "-" behind the id makes a level
// of the hierarchy.
func outlineOf(words ...string) *Outline {
	s := &State{outline: new(atomic.Pointer[Outline])}
	for _, w := range append([]string{"1:INBOX"}, words...) {
		mb := &Mailbox{}
		id, name, _ := strings.Cut(w, ":")
		id, mb.NoSelect = strings.TrimSuffix(id, "-"), strings.HasSuffix(id, "-")
		mb.Name = name
		fmt.Sscan(id, &mb.ID)
		s.mailboxes = append(s.mailboxes, &box{mailbox: mb})
	}
	s.arrange()
	return s.Outline()
}

func TestNameChanges(t *testing.T) {
	for _, c := range []struct{ old, now, want string }{
		{"2:a", "2:a", ""},
		{"2:a", "2:a 3:b", "+b"},
		{"2:a 3:b", "3:b", "-a"},
		{"2:a 3:a/b", "2-:a 3:a/b", "-a"},
		{"2-:a 3:a/b", "4:a 3:a/b", "+a"},
		{"2:a", "3:a", "+a"},
		{"2:a", "2:b", "a>b"},
		{"2:a 3:a/x 4:a/x/y", "2:b 3:b/x 4:b/x/y", "a>b"},
		{"2:a 3:a/x 4:a/x/y", "2:b 3:b/z 4:b/z/y", "a>b b/x>b/z"},
		{"2:a 3:b", "2:b 3:c", "b>c a>b"},
		{"2:a 3:b", "3:a", "-a b>a"},
		{"2:a 3:b", "2:b 3:a", "+a +b"},
		{"2:a 3:a/x", "2:b 4:a 3:a/x", "a>b -b/x +a +a/x"},
		{"2:a", "2:b 3:a", "a>b +a"},
	} {
		old, now := outlineOf(strings.Fields(c.old)...), outlineOf(strings.Fields(c.now)...)
		var got []string
		for _, ch := range now.NameChanges(old) {
			switch {
			case ch.Lost:
				got = append(got, "-"+ch.Name)
			case ch.OldName != "":
				got = append(got, ch.OldName+">"+ch.Name)
			default:
				got = append(got, "+"+ch.Name)
			}
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s → %s: %s, want %s", c.old, c.now, s, c.want)
		}
	}
}

// TestNameChangesLead holds that following the changes leads to the new names,
// whatever happened in between.
func TestNameChangesLead(t *testing.T) {
	for seed := range int64(3000) {
		rnd := rand.New(rand.NewSource(seed))
		name := func() string {
			n := string(rune('a' + rnd.Intn(3)))
			for rnd.Intn(2) == 0 {
				n += "/" + string(rune('a'+rnd.Intn(3)))
			}
			return n
		}
		names := func(old map[string]restante.MailboxID) (words []string, all map[string]restante.MailboxID) {
			all = map[string]restante.MailboxID{"INBOX": 1}
			for _, n := range slices.Sorted(maps.Keys(old)) {
				id := old[n]
				switch rnd.Intn(3) {
				case 0:
					n = name()
				case 1:
					continue
				}
				if all[n] == 0 && id != 1 {
					all[n] = id
				}
			}
			for range 1 + rnd.Intn(4) {
				if n := name(); all[n] == 0 {
					all[n] = restante.MailboxID(10 + rnd.Intn(1000)*10)
				}
			}
			seen := map[restante.MailboxID]bool{}
			for _, n := range slices.Sorted(maps.Keys(all)) {
				id := all[n]
				if seen[id] {
					delete(all, n)
				} else if seen[id] = true; n != "INBOX" {
					words = append(words, fmt.Sprintf("%d:%s", id, n))
				}
			}
			slices.Sort(words)
			return words, all
		}
		before, list := names(nil)
		after, want := names(list)
		changes := outlineOf(after...).NameChanges(outlineOf(before...))
		for _, c := range changes {
			follow(list, c)
		}
		if !reflect.DeepEqual(list, want) {
			t.Fatalf("seed %d: %v → %v: %+v leads to %v", seed, before, after, changes, list)
		}
	}
}

func TestSubscriptionChanges(t *testing.T) {
	a := &Outline{subscriptions: []string{"a", "b", "d"}}
	b := &Outline{subscriptions: []string{"b", "c", "d", "e"}}
	if got := b.SubscriptionChanges(a); !slices.Equal(got, []string{"a", "c", "e"}) {
		t.Error(got)
	}
	if got := a.SubscriptionChanges(a); got != nil {
		t.Error(got)
	}
}
