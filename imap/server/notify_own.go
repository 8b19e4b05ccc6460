package server

import (
	"context"

	"github.com/restante/restante"
	"github.com/restante/restante/mailstore"
)

// ownChange is a change that the session is about to make to an account, so that
// it is not told of it afterwards (RFC 5465 §5). What others do at the same time is
// told: only a state that came of the one before by one commit is taken for the
// session's own doing. Where that cannot be told apart, the client hears of both.
type ownChange struct {
	s       *session
	account *mailstore.Account
	watched *watched // nil where nothing is watched
	before  *mailstore.State
}

// beginOwn is called before the change.
func (s *session) beginOwn(account *mailstore.Account) ownChange {
	o := ownChange{s: s, account: account, watched: s.interest.account(account.ID())}
	if o.watched != nil {
		o.before = account.State()
	}
	return o
}

// names is called after a change of names or subscriptions. What others had done
// before is told now, lest it should be taken for known. named is how many new
// mailboxes the client has named: levels above that were made too are told.
func (o *ownChange) names(ctx context.Context, named int) {
	a := o.watched
	if a == nil {
		return
	}
	_, all := a.take()
	after := o.account.State()
	more := len(after.Outline().Mailboxes()) - len(o.before.Outline().Mailboxes())
	if !after.Follows(o.before) || more > named {
		// Told before the answer, what others did after it would be taken for what
		// was there before it.
		a.missed()
		o.s.interest.later = true
		return
	}
	if all || a.told != o.before.Outline() || len(a.since) > 0 {
		o.s.tellState(ctx, a, o.before, nil, true)
	}
	if a == o.s.interest.account(o.account.ID()) { // it may have been too much to watch
		a.told, a.since = o.s.outline(ctx, a, after), nil
	}
}

// messages is called after messages were put into a mailbox or taken out of it:
// arrived says how many came.
func (o *ownChange) messages(id restante.MailboxID, arrived int) {
	if o.watched == nil {
		return
	}
	after := o.account.State()
	was, is := o.before.Mailbox(id), after.Mailbox(id)
	if was == nil || is == nil || !after.Follows(o.before) || o.watched.known(id) != was {
		return
	}
	if int(is.UIDNext-was.UIDNext) == arrived { // deliveries may share the commit of an APPEND
		o.watched.learned(is)
	}
}

// subscribes reports whether it takes a change to make a name subscribed or not.
// Without one, the commit that has come since is somebody else's.
func (o *ownChange) subscribes(name string, on bool) bool {
	return o.watched != nil && o.before.Subscribed(name) != on
}
