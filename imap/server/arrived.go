package server

import (
	"cmp"
	"context"
	"slices"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/view"
	"github.com/restante/restante/mailstore"
)

// arrival is a set of new messages and what the client wants to know of them.
type arrival struct {
	items imap.FetchItems
	uids  mailstore.UIDSet
}

// arrivals gives what is to be fetched of the messages that have come to the
// selected mailbox: what NOTIFY asked for (RFC 5465 §5.2), and what the searches
// asked for whose results they are in (RFC 5465 §7), each message once. Of messages
// that the session itself has put in nothing is fetched, nor of those that join a
// result because their flags have changed.
func (s *session) arrivals(u *view.Update, news []watchNews) []arrival {
	first, last, some := u.Arrived()
	own := s.selected.arrived
	if !u.Empty() {
		s.selected.arrived = nil
	}
	if !some {
		return nil
	}
	come := mailstore.UIDSet{{First: first, Last: last}}.Minus(own)
	all := arrival{uids: come}
	if s.interest.fetches() {
		all.items.Merge(&s.interest.selected.Items)
	}
	groups := []arrival{all}
	for _, n := range news {
		if n.watch.items.IsZero() || n.change.Added.IsEmpty() {
			continue
		}
		joined := mailstore.UIDSet{}
		for r := range n.change.Added.UIDRanges() {
			joined = append(joined, r)
		}
		for i := range groups {
			joining := arrival{uids: groups[i].uids.Intersect(joined)}
			if len(joining.uids) == 0 {
				continue
			}
			joining.items.Merge(&groups[i].items)
			joining.items.Merge(&n.watch.items)
			groups[i].uids = groups[i].uids.Minus(joined)
			groups = append(groups, joining)
		}
	}
	groups = slices.DeleteFunc(groups, func(g arrival) bool { return len(g.uids) == 0 || g.items.IsZero() })
	slices.SortFunc(groups, func(a, b arrival) int { return cmp.Compare(a.uids[0].First, b.uids[0].First) })
	return groups
}

// tellArrived writes what the client wants to know of new messages. A message that
// cannot be read is left out; its FETCH will say so.
func (s *session) tellArrived(ctx context.Context, groups []arrival) error {
	for i := range groups {
		if err := s.fetchArrived(ctx, &groups[i]); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) fetchArrived(ctx context.Context, g *arrival) error {
	items := g.items
	if s.enabled.has(featureCondStore) {
		items.Atts |= imap.FetchModSeq // RFC 7162 §3.1.4.2
	}
	if items.Atts.Has(imap.FetchModSeq) || s.enabled.has(featureRev2) {
		items.Atts |= imap.FetchUID // RFC 9051 §7.5.2, RFC 7162 §3.2.4
	}
	t := targets{snap: s.selected.view.Shown()}
	t.addUIDs(g.uids)
	f := s.newFetcher(&items)
	defer f.close()
	f.markSeen = s.marksSeen(&items)
	err := f.fetch(ctx, &t)
	s.markSeen(ctx, f.unseen)
	return err
}

// watchesItems reports whether a search asked for new messages in its result to be
// fetched.
func (s *session) watchesItems() bool {
	return s.selected != nil && slices.ContainsFunc(s.selected.watches, func(w *watch) bool { return !w.items.IsZero() })
}

// enableFor puts in force what to ask for the items does (RFC 7162 §3.1).
func (s *session) enableFor(items *imap.FetchItems) {
	if items.Atts.Has(imap.FetchModSeq) {
		s.enableCondStore()
	}
	if items.Atts.Has(imap.FetchObjectID) {
		s.enableObjectID()
	}
}

// fetches reports whether NOTIFY asked for new messages in the selected mailbox to
// be fetched.
func (w *interest) fetches() bool {
	return w != nil && !w.selected.Items.IsZero()
}
