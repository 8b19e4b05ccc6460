package view

import (
	"github.com/restante/restante"
	"github.com/restante/restante/mailstore"
)

// frozen is what a client that has asked for fewer events than usual (RFC 5465
// §3.1) is not to be told.
type frozen struct {
	on    bool
	last  restante.UID     // messages above it are not shown
	own   mailstore.UIDSet // what the client itself has expunged, so that it is told
	mute  bool             // flag changes are not told
	stale bool             // Thaw or Expunged since the last Advance
	whole bool             // all messages of the newest snapshot are shown, and no others
}

// Freeze keeps the messages of the view as they are: none comes in, and what
// others expunge becomes a ghost, whatever Advance is told. Flags still change.
func (v *View) Freeze() {
	if !v.frozen.on {
		v.frozen.on, v.frozen.last = true, v.base.Mailbox().UIDNext-1
	}
}

// Thaw ends that. The next Advance gives what has gathered.
func (v *View) Thaw() {
	v.frozen.stale = v.frozen.stale || v.frozen.on
	v.frozen.on, v.frozen.own = false, nil
}

// Mute says whether flag changes are kept from the client, so that it does not
// know everything up to any modification sequence.
func (v *View) Mute(on bool) {
	v.frozen.stale = v.frozen.stale || v.frozen.mute && !on
	v.frozen.mute = on
}

// Heard says that no flag change is kept from the client after all, so that it
// knows everything of the newest snapshot, if all its messages are shown.
func (v *View) Heard() {
	if v.frozen.whole {
		v.told = v.base.Mailbox()
	}
}

// Expunged says that the client itself has expunged messages: it is told that also
// while the view is frozen.
func (v *View) Expunged(uids mailstore.UIDSet) {
	if v.frozen.on {
		v.frozen.own = mailstore.NewUIDSet(append(v.frozen.own[:len(v.frozen.own):len(v.frozen.own)], uids...))
		v.frozen.stale = true
	}
}

// settled reports whether nothing has changed of what may be told.
func (f *frozen) settled() bool { return !f.stale }

// visible gives what of a snapshot is shown.
func (f *frozen) visible(now *mailstore.Snapshot) *mailstore.Snapshot {
	if !f.on || now.Last() <= f.last {
		return now
	}
	n := now.Below(f.last + 1)
	var pages []*mailstore.Page
	if n > 0 {
		i, at := now.PageOf(n)
		pages = append(pages, now.Pages()[:i+1]...)
		if last := pages[i]; at+1 < last.Len() {
			all := make([]mailstore.Message, at+1)
			for j := range all {
				all[j] = last.Message(j)
			}
			pages[i] = mailstore.NewPage(all)
		}
	}
	return mailstore.NewSnapshot(now.Mailbox(), now.Flags(), now.ModSeq(), pages)
}

// tellable gives which of the messages that have vanished may be told.
func (f *frozen) tellable(vanished mailstore.UIDSet, mayExpunge bool) mailstore.UIDSet {
	switch {
	case !mayExpunge:
		return nil
	case !f.on:
		f.stale = false
		return vanished
	}
	f.stale = false
	tell := vanished.Intersect(f.own)
	f.own = nil
	return tell
}
