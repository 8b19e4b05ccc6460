package server

import (
	"testing"
)

// freeze makes the client hear of nothing that others do in its mailbox, and thaw of
// everything again (RFC 5465 §3.1, §6.1.2).
func (b *believer) freeze() { b.command("NOTIFY SET (personal (MailboxName))") }

func (b *believer) thaw() {
	b.command("NOTIFY SET (SELECTED-DELAYED (MessageNew MessageExpunge FlagChange))")
}

// TestFrozenSessions lets sessions run at once whose clients freeze their view of the
// mailbox again and again, beside one that never does, and deliveries, on one node and
// on two over one store. What each believes holds all the time, and is all there is
// once it has asked for everything.
func TestFrozenSessions(t *testing.T) {
	for name, site := range sites(t) {
		for seed := int64(200); seed < 203; seed++ {
			t.Run(name, func(t *testing.T) { frozenSessions(t, seed, site(t)...) })
		}
	}
}

func frozenSessions(t *testing.T, seed int64, nodes ...*host) {
	all := believers(t, 5, seed, nodes...)
	a := atOnce(t, nodes, all, 30, func(i int, b *believer) {
		for range 60 {
			switch k := b.rnd.Intn(10); {
			case i == 0:
			case k == 0:
				b.notifies = true
				b.freeze()
			case k == 1:
				b.notifies = true
				b.thaw()
			}
			b.step()
		}
	})
	for _, b := range all {
		if !t.Failed() {
			b.thaw()
			b.verify(a)
		}
	}
}
