package mailstore

import (
	"slices"
	"sync"

	"github.com/restante/restante"
)

// seenCache holds what accounts that are at work have seen, with the pages that they
// are shown.
type seenCache struct {
	sync.Mutex
	views map[seenView]*derived
	order []seenView // the last used last
	flags viewersTable
}

// seenView is whose view of which mailbox.
type seenView struct {
	mailbox restante.MailboxID
	viewer  restante.AccountID
}

// maxSeenViews bounds the views that an account keeps; others are read again.
const maxSeenViews = 256

// get answers what an account has seen of a mailbox as of a state, nil if that is
// not known here.
func (c *seenCache) get(id restante.MailboxID, viewer restante.AccountID, s *State) *seenBy {
	c.Lock()
	defer c.Unlock()
	if v := c.views[seenView{id, viewer}]; v != nil && v.seen.asOf >= s.seen[id] {
		return v.seen
	}
	return nil
}

// put keeps what was read or made.
func (c *seenCache) put(key seenView, d *derived) {
	c.Lock()
	defer c.Unlock()
	if c.views == nil {
		c.views = make(map[seenView]*derived)
	}
	if old := c.views[key]; old != nil && old.seen.asOf > d.seen.asOf {
		return // a commit was faster
	}
	if c.views[key] == nil && len(c.order) >= maxSeenViews {
		delete(c.views, c.order[0])
		c.order = c.order[1:]
	}
	c.views[key] = d
	c.order = append(slices.DeleteFunc(c.order, func(k seenView) bool { return k == key }), key)
}

// commit takes over what a change did. Views that it did not concern stay known.
func (c *seenCache) commit(tx *txn, next *State) {
	if len(tx.seenDrafts) == 0 {
		return
	}
	c.Lock()
	defer c.Unlock()
	for _, d := range tx.seenDrafts {
		for key, v := range c.views {
			if key.mailbox != d.mailbox {
				continue
			}
			switch {
			case d.gone || v.seen.asOf < tx.base.seen[d.mailbox]:
				delete(c.views, key)
				c.order = slices.DeleteFunc(c.order, func(k seenView) bool { return k == key })
			case key.viewer == d.viewer:
				c.views[key] = &derived{seen: d.result(next.ModSeq()), base: v.base, pages: v.pages, shown: v.shown}
			default:
				seen := *v.seen
				seen.asOf = max(seen.asOf, next.ModSeq())
				c.views[key] = &derived{seen: &seen, base: v.base, pages: v.pages, shown: v.shown}
			}
		}
	}
}
