package view

import (
	"math/rand"
	"slices"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/mailstore"
)

// uids gives the UIDs that a client knows.
func (c client) uids() []restante.UID {
	var all []restante.UID
	for _, m := range c {
		all = append(all, m.UID)
	}
	return all
}

// TestFrozenHistories freezes and thaws a view while its mailbox changes: what is
// told is always true, nothing comes or goes in between but what the client itself
// expunges, and after the thaw everything is told.
func TestFrozenHistories(t *testing.T) {
	for seed := range int64(600) {
		r := rand.New(rand.NewSource(seed))
		m := newMailbox(1+r.Intn(5), r.Intn(30))
		m.pages = slices.DeleteFunc(m.pages, func(p []mailstore.Message) bool { return len(p) == 0 })
		v := New(m.snapshot())
		var c client
		for seq := 1; seq <= v.Shown().Len(); seq++ {
			c = append(c, v.Shown().At(seq))
		}
		frozen := false
		var expect []restante.UID
		for range 60 {
			switch r.Intn(6) {
			case 0:
				v.Freeze()
				if !frozen {
					frozen, expect = true, c.uids()
				}
			case 1:
				v.Thaw()
				frozen = false
			}
			for range r.Intn(4) {
				switch n := m.count(); {
				case n == 0 || r.Intn(3) == 0:
					m.append(1 + r.Intn(6))
				case r.Intn(2) == 0:
					m.change(r.Intn(n), mailstore.FlagSetID(r.Intn(4)))
				default:
					i := r.Intn(n)
					if uid := m.snapshot().UIDAt(i + 1); r.Intn(2) == 0 {
						if frozen {
							expect = slices.DeleteFunc(expect, func(u restante.UID) bool { return u == uid })
						}
						v.Expunged(mailstore.UIDSet{{First: uid, Last: uid}})
						m.expunge(i, 1)
					} else {
						m.expunge(i, 1+r.Intn(min(5, n-i)))
					}
				}
			}
			may := r.Intn(3) > 0
			u := v.Advance(m.snapshot(), may)
			c.apply(t, u, v.Shown())
			switch {
			case frozen && may && !slices.Equal(c.uids(), expect):
				t.Fatalf("seed %d: frozen, the client knows %v, want %v", seed, c.uids(), expect)
			case !frozen:
				c.check(t, v, m, may)
				if v.Behind() && may {
					t.Fatalf("seed %d: behind after everything was told", seed)
				}
			}
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		}
	}
}

func TestMute(t *testing.T) {
	m := newMailbox(4, 10)
	v := New(m.snapshot())
	told := v.HighestModSeq()
	v.Mute(true)
	m.change(3, 1)
	u := v.Advance(m.snapshot(), true)
	if u.Empty() || v.HighestModSeq() != told || !v.Behind() {
		t.Errorf("muted: told up to %d of %d", v.HighestModSeq(), m.modseq)
	}
	v.Mute(false)
	v.Advance(m.snapshot(), true)
	if v.Behind() {
		t.Error("behind although nothing is kept back")
	}
}
