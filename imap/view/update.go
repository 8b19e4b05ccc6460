package view

import (
	"github.com/restante/restante"
	"github.com/restante/restante/mailstore"
)

// Update is what a client has to be told so that its picture of the mailbox
// becomes [View.Shown]: first Expunged (or Vanished), then Exists, then
// Changed, whose sequence numbers are those after the other two. It stays
// valid after later calls of [View.Advance].
type Update struct {
	old, now *mailstore.Snapshot
	regions  []region
	known    int // messages before
	expunged []int
	vanished mailstore.UIDSet
	exists   int
	keywords bool
}

// Empty tells that there is nothing to tell.
func (u *Update) Empty() bool { return len(u.regions) == 0 && !u.keywords }

// Expunged gives the sequence numbers of EXPUNGE responses in the order in
// which they are to be sent, each counting the ones before it (RFC 9051
// §7.5.1).
func (u *Update) Expunged() []int { return u.expunged }

// Vanished gives the UIDs of the expunged messages for a VANISHED
// response (RFC 7162 §3.2.10).
func (u *Update) Vanished() mailstore.UIDSet { return u.vanished }

// Exists gives the number of messages, if the client cannot know it from the
// expunges.
func (u *Update) Exists() (n int, changed bool) { return u.exists, u.now != nil && u.exists >= 0 }

// Arrived gives the range of UIDs of the messages that are new to the client,
// which are the last ones.
func (u *Update) Arrived() (first, last restante.UID, any bool) {
	if _, changed := u.Exists(); !changed {
		return 0, 0, false
	}
	stay := u.known - len(u.expunged)
	return u.now.At(stay + 1).UID, u.now.Last(), true
}

// NewKeywords tells that the account has keywords that the client has not
// seen in a FLAGS response.
func (u *Update) NewKeywords() bool { return u.keywords }

// Change is a message whose flags or modification sequence changed.
type Change struct {
	Seq int
	Old mailstore.FlagSetID
	New mailstore.MessageFlags
}

// Changed calls yield for the messages, in rising order, that the client knew
// and whose flags or modification sequence changed.
func (u *Update) Changed(yield func(Change) bool) {
	for _, r := range u.regions {
		if !r.changed(u.old, u.now, yield) {
			return
		}
	}
}

// findExpunged collects the messages of the old snapshot that now lacks.
func (u *Update) findExpunged(now *mailstore.Snapshot) {
	for _, r := range u.regions {
		if r.oldFrom == r.oldTo {
			continue
		}
		a, b := newCursor(u.old, r.oldFrom, r.oldTo), newCursor(now, r.newFrom, r.newTo)
		seq := u.old.FirstSeq(r.oldFrom)
		for ; a.more(); a.next() {
			if n := a.same(b); n > 0 {
				seq += n
				a.moveTo(n - 1)
				b.moveTo(n)
				continue
			}
			uid := a.uid()
			for b.more() && b.uid() < uid {
				b.next()
			}
			if !b.more() || b.uid() != uid {
				u.expunged = append(u.expunged, seq-len(u.expunged))
				u.vanished = u.vanished.Add(uid)
			}
			seq++
		}
	}
}
