// Package view keeps what one session has shown its client of one mailbox and
// works out what the client may be told now. It is pure: it compares immutable
// snapshots and does no input or output.
//
// Snapshots share pages, so to compare two of them is to compare page pointers
// and to look only into the pages that differ. The cost follows what changed.
package view

import (
	"slices"

	"github.com/restante/restante"
	"github.com/restante/restante/mailstore"
)

// View is what a client knows of its selected mailbox. The sequence numbers of
// the session's commands refer to [View.Shown] and change only in
// [View.Advance]. A View belongs to one session and is not safe for concurrent
// use.
type View struct {
	shown *mailstore.Snapshot
	// base is the newest snapshot that was taken in. It is shown itself unless
	// there are ghosts.
	base   *mailstore.Snapshot
	ghosts mailstore.UIDSet
	told   *mailstore.Mailbox // see Told
	recent mailstore.UIDSet
	flags  *mailstore.FlagTable
	words  []string // the keywords that the client was told
	frozen frozen
}

// New gives the view of a client that was just told s by SELECT or EXAMINE.
func New(s *mailstore.Snapshot) *View {
	return &View{shown: s, base: s, frozen: frozen{whole: true}, told: s.Mailbox(), flags: s.Flags(), words: s.Flags().Keywords()}
}

// Shown gives the mailbox as the client knows it. It may hold messages that
// were expunged by others and about which the client could not be told yet;
// see [View.Gone].
func (v *View) Shown() *mailstore.Snapshot { return v.shown }

// Base gives the newest snapshot that the view has taken in: what Shown is
// without its ghosts, and with what a freeze hides.
func (v *View) Base() *mailstore.Snapshot { return v.base }

// HighestModSeq gives the highest modification sequence up to which the client
// was told everything. While expunges are held back it stays below theirs:
// otherwise a client that keeps it would never hear of them (RFC 7162 §3.2.5.1).
func (v *View) HighestModSeq() restante.ModSeq { return v.told.HighestModSeq }

// Told gives the mailbox as it was when the client last knew everything of it.
func (v *View) Told() *mailstore.Mailbox { return v.told }

// Behind tells whether there are changes of the newest snapshot that the client
// was not told.
func (v *View) Behind() bool { return v.HighestModSeq() < v.base.Mailbox().HighestModSeq }

// GhostSet gives the messages that the client knows and that exist no more.
func (v *View) GhostSet() mailstore.UIDSet { return v.ghosts }

// Gone tells whether the message is known to the client but was expunged
// (RFC 2180 §4.1).
func (v *View) Gone(uid restante.UID) bool {
	return len(v.ghosts) > 0 && v.ghosts.Contains(uid)
}

// Advance takes the snapshot now into the view and gives what the client has
// to be told, in the order of [Update]. Where mayExpunge is false, messages
// that now lacks stay in the view as ghosts until a later Advance that may
// tell (RFC 9051 §7.5.1). A snapshot older than the one taken in last changes
// nothing.
func (v *View) Advance(now *mailstore.Snapshot, mayExpunge bool) Update {
	if now == v.base && (len(v.ghosts) == 0 || !mayExpunge) && v.frozen.settled() {
		return Update{}
	}
	if now.ModSeq() < v.base.ModSeq() {
		now = v.base
	}
	old := v.shown
	visible := v.frozen.visible(now)
	u := Update{old: old, known: old.Len(), exists: -1}
	u.regions = compare(old.Pages(), visible.Pages())
	u.findExpunged(visible)
	if tell := v.frozen.tellable(u.vanished, mayExpunge); tell.Count() == u.vanished.Count() {
		v.shown, v.ghosts = visible, nil
	} else {
		v.ghosts = u.vanished.Minus(tell)
		v.shown = merge(old, visible, u.regions, tell)
		u.expunged, u.vanished = nil, nil
		u.regions = compare(old.Pages(), v.shown.Pages())
		u.findExpunged(v.shown)
	}
	v.base, u.now = now, v.shown
	v.frozen.whole = len(v.ghosts) == 0 && visible == now
	if !v.frozen.mute {
		v.Heard()
	}
	if n := v.shown.Len(); n != old.Len()-len(u.expunged) {
		u.exists = n
	}
	if t := now.Flags(); t != v.flags {
		v.flags = t
		if words := t.Keywords(); !slices.Equal(words, v.words) {
			v.words, u.keywords = words, true
		}
	}
	return u
}

// AddRecent marks the messages with the UIDs from first to last as recent to
// this session (RFC 3501 §2.3.2). Ranges come in rising order.
func (v *View) AddRecent(first, last restante.UID) {
	if first > last {
		return
	}
	v.recent = v.recent.AddRange(mailstore.UIDRange{First: first, Last: last})
}

// Recent tells whether the message is recent to this session.
func (v *View) Recent(uid restante.UID) bool {
	return len(v.recent) > 0 && uid >= v.recent[0].First && v.recent.Contains(uid)
}

// RecentSet gives the messages that are recent to this session, whether they
// are still there or not.
func (v *View) RecentSet() mailstore.UIDSet { return v.recent }

// RecentCount gives how many of the shown messages are recent.
func (v *View) RecentCount() int {
	n := 0
	for _, r := range v.recent {
		n += v.shown.Below(r.Last) - v.shown.Below(r.First)
		if _, ok := v.shown.SeqOf(r.Last); ok {
			n++
		}
	}
	return n
}
