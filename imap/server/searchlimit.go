package server

import (
	"fmt"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/mailstore"
)

// This file bounds how many messages a search may look at, where that is configured
// (RFC 9738). SEARCH is done for the last ones of those that it names. What makes
// sense only of all of them is refused: THREAD, keys that thread (RFC 9738 §3.3), and
// updates. SORT stays whole as long as the columns that are kept of all messages
// answer it, which are the indices of RFC 9738 §3.3.

// named gives the messages that a search names by number or UID, or all.
func (sel *selected) named(key *imap.SearchKey) targets {
	snap := sel.view.Shown()
	t := targets{snap: snap, ranges: []imap.NumRange{{Start: 1, Stop: uint32(snap.Len())}}}
	if snap.Len() == 0 {
		t.ranges = nil
	}
	keys := []imap.SearchKey{*key}
	if key.Op == imap.SearchAnd {
		keys = key.Keys
	}
	for i := range keys {
		op, set := keys[i].Op, keys[i].Set
		if op != imap.SearchSeq && op != imap.SearchUID {
			continue
		}
		n := uint32(snap.Len())
		if op == imap.SearchUID || set.IsSaved() {
			of := targets{snap: snap}
			if set.IsSaved() {
				of.addUIDs(sel.saved)
			} else {
				for _, r := range set.Resolve(uint32(snap.Last())).Ranges() {
					of.addUIDRange(restante.UID(r.Start), restante.UID(r.Stop))
				}
			}
			set = imap.NumSetOfRanges(of.ranges)
		} else {
			set = set.Resolve(n).Clip(1, n)
		}
		t.ranges = imap.NumSetOfRanges(t.ranges).Intersect(set).Ranges()
	}
	return t
}

// limitSearch gives the messages that a search may look at, which is no more than n:
// of those that it names the last ones. whole is false where it names more.
func (sel *selected) limitSearch(key *imap.SearchKey, n int) (part targets, whole bool) {
	part = sel.named(key)
	if part.count() <= n {
		return part, true
	}
	part.keepLast(n)
	return part, false
}

// only gives a query that matches nothing but the targets.
func (t *targets) only(q mailstore.Query) mailstore.Query {
	seqs := mailstore.Seqs{}
	for _, r := range t.ranges {
		seqs = append(seqs, mailstore.SeqRange{First: int(r.Start), Last: int(r.Stop)})
	}
	return mailstore.And{seqs, q}
}

// tooMany reports whether a search in the selected mailbox names more messages than
// a command may be about.
func (s *session) tooMany(key *imap.SearchKey) bool {
	n := s.srv.limits.CommandMessages
	if n == 0 || s.selected.view.Shown().Len() <= n {
		return false
	}
	t := s.selected.named(key)
	return t.count() > n
}

// refuseThreading refuses a search with keys that thread all messages of a mailbox
// that has too many (RFC 9738 §3.3).
func (s *session) refuseThreading(in *selected, key *imap.SearchKey) error {
	n := s.srv.limits.CommandMessages
	if n == 0 || in.view.Shown().Len() <= n {
		return nil
	}
	if key.Uses(imap.SearchInThread) || key.Uses(imap.SearchThreadRoot) || key.Uses(imap.SearchThreadLeaf) {
		return s.overLimit()
	}
	return nil
}

// refuseThread refuses a THREAD of too many messages (RFC 9738 §3.3).
func (s *session) refuseThread(key *imap.SearchKey) error {
	if s.tooMany(key) {
		return s.overLimit()
	}
	return s.refuseThreading(s.selected, key)
}

// refuseSort refuses a SORT of too many messages that needs more of each than the
// columns have (RFC 9738 §3.3).
func (s *session) refuseSort(key *imap.SearchKey, keys []imap.SortKey) error {
	read := key.Uses(imap.SearchBody) || key.Uses(imap.SearchText) || key.Uses(imap.SearchHeader) || key.Uses(imap.SearchAnnotation)
	for i := range keys {
		read = read || keys[i].Field == imap.SortAnnotation
	}
	if read && s.tooMany(key) {
		return s.overLimit()
	}
	return s.refuseThreading(s.selected, key)
}

// overLimit says that a command would be about too many messages; none was looked
// at.
func (s *session) overLimit() error {
	n := s.srv.limits.CommandMessages
	return imap.No(limitCode(n, 0), fmt.Sprintf("This exceeds the maximum %d-message limit", n))
}
