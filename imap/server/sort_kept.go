package server

import (
	"fmt"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/mailstore"
)

// keptOrder is the last SORT of which a page was asked for, or that was said to come
// again (RFC 5267 §4.2, §4.5), so that the next page of it costs the page. It holds as
// long as no message of the mailbox changes.
type keptOrder struct {
	key   string // what is searched for and the order, as text
	found mailstore.Result
	order mailstore.Order
}

// orderKey is what an order is kept under; "" for one that is not kept: that of which no
// page is wanted, and one that depends on more than the messages of the mailbox.
func (s *session) orderKey(c *command.Sort) string {
	p := &c.Program
	if !pages(p) || len(s.selected.view.GhostSet()) > 0 || !p.Key.Walk(func(k *imap.SearchKey) bool {
		switch k.Op {
		case imap.SearchOlder, imap.SearchYounger, imap.SearchLabel, imap.SearchUserLabels, imap.SearchFuzzy, imap.SearchGmailRaw:
			return false
		}
		return lasting(k)
	}) {
		return ""
	}
	for i := range c.Keys {
		if f := c.Keys[i].Field; f == imap.SortAnnotation || f == imap.SortRelevancy {
			return ""
		}
	}
	return string(p.Key.Append(fmt.Appendf(nil, "%v %v ", c.Keys, s.collation)))
}

// keptUnder gives the order that is kept under a key, if it still holds.
func (s *session) keptUnder(key string) *keptOrder {
	k := s.selected.order
	if k == nil || key == "" || k.key != key || !k.found.Snapshot().SamePages(s.selected.view.Shown()) {
		return nil
	}
	return k
}

// keepOrder keeps an order that is not too long.
func (s *session) keepOrder(key string, found mailstore.Result, order mailstore.Order) {
	s.selected.order = nil
	if key != "" && order.Len() <= s.srv.limits.SortedMessages {
		s.selected.order = &keptOrder{key: key, found: found, order: order}
	}
}
