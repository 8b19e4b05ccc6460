package server

import (
	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/mailstore"
)

// targets are the messages that a command names, as ranges of sequence numbers
// of the session's view. Sets of UIDs are turned into them, so that one walk
// serves both forms.
type targets struct {
	snap   *mailstore.Snapshot
	ranges []imap.NumRange // rising, none touching another, all within snap
	// descending has them dealt with from the last one to the first.
	descending bool
}

// run is a part of the targets that lies in one page: the messages at indexes
// [from, to), the first of them with the sequence number seq.
type run struct {
	page     *mailstore.Page
	from, to int
	seq      int
}

// targets resolves the set of a command against what the client was shown. A
// sequence number that no message has is the client's error (RFC 9051 §9,
// seq-number); a UID that no message has is passed over (RFC 9051 §6.4.9). "*"
// in an empty mailbox stands for nothing, since clients fetch 1:* without
// asking whether there is anything.
func (s *session) targets(set imap.NumSet, uid bool) (targets, error) {
	snap := s.selected.view.Shown()
	t := targets{snap: snap}
	switch {
	case set.IsSaved():
		t.addUIDs(s.selected.saved)
	case uid:
		set = set.Resolve(uint32(snap.Last()))
		for _, r := range set.Ranges() {
			t.addUIDRange(restante.UID(r.Start), restante.UID(r.Stop))
		}
	default:
		set = set.Resolve(uint32(snap.Len()))
		r := set.Ranges()
		if n := len(r); n > 0 && int64(r[n-1].Stop) > int64(snap.Len()) {
			return t, imap.Bad("There is no message with that sequence number")
		}
		t.ranges = r
	}
	return t, nil
}

func (t *targets) addUIDs(set mailstore.UIDSet) {
	for _, r := range set {
		t.addUIDRange(r.First, r.Last)
	}
}

// addUIDRange adds the messages with UIDs from first to last, which are above
// those added before.
func (t *targets) addUIDRange(first, last restante.UID) {
	from := t.snap.Below(first) + 1
	to := t.snap.Len()
	if last < t.snap.Last() {
		to = t.snap.Below(last + 1)
	}
	if from > to {
		return
	}
	if n := len(t.ranges); n > 0 && t.ranges[n-1].Stop+1 >= uint32(from) {
		t.ranges[n-1].Stop = uint32(to)
		return
	}
	t.ranges = append(t.ranges, imap.NumRange{Start: uint32(from), Stop: uint32(to)})
}

// count gives how many messages there are.
func (t *targets) count() int {
	n := 0
	for _, r := range t.ranges {
		n += int(r.Stop-r.Start) + 1
	}
	return n
}

// cut leaves those of the messages whose place among them is in the range (RFC
// 9394 §3.3).
func (t *targets) cut(p imap.PartialRange) {
	from, to := p.Cut(t.count())
	left := t.ranges[:0:0]
	for _, r := range t.ranges {
		n := int(r.Stop-r.Start) + 1
		if lo, hi := max(from, 0), min(to, n); lo < hi {
			left = append(left, imap.NumRange{Start: r.Start + uint32(lo), Stop: r.Start + uint32(hi-1)})
		}
		from, to = from-n, to-n
	}
	t.ranges = left
}

// contains reports whether the message with that sequence number is among
// them.
func (t *targets) contains(seq int) bool {
	lo, hi := 0, len(t.ranges)
	for lo < hi {
		if mid := int(uint(lo+hi) >> 1); int(t.ranges[mid].Stop) < seq {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo < len(t.ranges) && int(t.ranges[lo].Start) <= seq
}

// uids gives the messages' UIDs. Each range reaches from its first message's UID
// to its last one's; no message that the client was not shown lies between.
func (t *targets) uids() mailstore.UIDSet {
	set := make(mailstore.UIDSet, 0, len(t.ranges))
	for _, r := range t.ranges {
		set = set.AddRange(mailstore.UIDRange{First: t.snap.At(int(r.Start)).UID, Last: t.snap.At(int(r.Stop)).UID})
	}
	return set
}

// keepLast drops all but the last n messages.
func (t *targets) keepLast(n int) {
	for over := t.count() - n; over > 0; {
		r := t.ranges[0]
		if held := int(r.Stop-r.Start) + 1; held <= over {
			t.ranges = t.ranges[1:]
			over -= held
			continue
		}
		t.ranges = append([]imap.NumRange{{Start: r.Start + uint32(over), Stop: r.Stop}}, t.ranges[1:]...)
		over = 0
	}
}

// lowest gives the lowest UID; there has to be one.
func (t *targets) lowest() restante.UID { return t.snap.UIDAt(int(t.ranges[0].Start)) }

// runsDown is runs from the last message to the first, one by one.
func (t *targets) runsDown(yield func(run) bool) {
	pages := t.snap.Pages()
	for i := len(t.ranges) - 1; i >= 0; i-- {
		for seq := int(t.ranges[i].Stop); seq >= int(t.ranges[i].Start); seq-- {
			at := pageOf(t.snap, 0, seq)
			from := seq - t.snap.FirstSeq(at)
			if !yield(run{page: pages[at], from: from, to: from + 1, seq: seq}) {
				return
			}
		}
	}
}

// runs calls yield for the targets page by page, in rising order.
func (t *targets) runs(yield func(run) bool) {
	if t.descending {
		t.runsDown(yield)
		return
	}
	pages := t.snap.Pages()
	at := 0
	for _, r := range t.ranges {
		for seq := int(r.Start); seq <= int(r.Stop); {
			at = pageOf(t.snap, at, seq)
			first := t.snap.FirstSeq(at)
			p := pages[at]
			to := min(int(r.Stop)-first+1, p.Len())
			if !yield(run{page: p, from: seq - first, to: to, seq: seq}) {
				return
			}
			seq = first + to
		}
	}
}

// pageOf gives the index of the page that holds the sequence number; it is at
// or behind the page at.
func pageOf(snap *mailstore.Snapshot, at, seq int) int {
	pages := snap.Pages()
	if seq < snap.FirstSeq(at)+pages[at].Len() {
		return at
	}
	lo, hi := at+1, len(pages)-1
	for lo < hi {
		if mid := int(uint(lo+hi+1) >> 1); snap.FirstSeq(mid) <= seq {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return lo
}

// numSet turns UIDs into the set that a response writes.
func numSet(uids []mailstore.UIDRange) imap.NumSet {
	var set imap.NumSet
	for _, r := range uids {
		set.AddRange(uint32(r.First), uint32(r.Last))
	}
	return set
}

// seqSet gives the sequence numbers that messages have in a snapshot, as the
// set that a response writes. UIDs of no message are left out.
func seqSet(snap *mailstore.Snapshot, uids mailstore.UIDSet) imap.NumSet {
	t := targets{snap: snap}
	t.addUIDs(uids)
	return imap.NumSetOfRanges(t.ranges)
}
