// Package notify tells sessions of changes to accounts.
package notify

import (
	"slices"
	"sync"

	"github.com/restante/restante"
)

// Event is a commit to an account.
type Event struct {
	Account   restante.AccountID
	ModSeq    restante.ModSeq      // the account's version after it
	Mailboxes []restante.MailboxID // whose messages or flags changed; not to be changed
	Structure bool                 // names, attributes or subscriptions changed
	Metadata  bool                 // metadata of mailboxes or of the server changed
	Removed   bool                 // the account is gone
}

// Hub passes events to those who subscribed to the account. All methods may be
// called concurrently.
type Hub struct {
	mu struct {
		sync.RWMutex
		accounts map[restante.AccountID][]*subscriber // slices are replaced, not changed
	}
}

type subscriber struct{ f func(Event) }

// New answers a hub without subscribers.
func New() *Hub {
	h := &Hub{}
	h.mu.accounts = make(map[restante.AccountID][]*subscriber)
	return h
}

// Subscribe makes f be called with each event of an account until cancel. f
// runs on the publisher's goroutine, after the new state is visible and with
// no lock held; it must not block, and may still be called by a Publish that
// runs while cancel is called. Events of concurrent commits may come in any
// order.
func (h *Hub) Subscribe(account restante.AccountID, f func(Event)) (cancel func()) {
	s := &subscriber{f: f}
	h.mu.Lock()
	defer h.mu.Unlock()
	list := h.mu.accounts[account]
	h.mu.accounts[account] = append(list[:len(list):len(list)], s)
	return func() { h.remove(account, s) }
}

func (h *Hub) remove(account restante.AccountID, s *subscriber) {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := h.mu.accounts[account]
	i := slices.Index(list, s)
	if i < 0 {
		return
	}
	if len(list) == 1 {
		delete(h.mu.accounts, account)
		return
	}
	h.mu.accounts[account] = slices.Delete(slices.Clone(list), i, i+1)
}

// Publish calls the account's subscribers.
func (h *Hub) Publish(e Event) {
	h.mu.RLock()
	list := h.mu.accounts[e.Account]
	h.mu.RUnlock()
	for _, s := range list {
		s.f(e)
	}
}
