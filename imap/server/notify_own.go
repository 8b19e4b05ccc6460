package server

import (
	"context"
	"slices"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/mailstore"
)

// ownChange is a change that the session is about to make to an account, so that
// it is not told of it afterwards (RFC 5465 §5). What others do at the same time is
// told in the order in which it was done: what was before it, before the answer to
// the command, and what came after it, behind that. So a client that applies its
// own change to its picture of the account when it is answered always has the
// picture that the change was made to.
type ownChange struct {
	s       *session
	watched *watched // nil where nothing is watched
	step    mailstore.Step
}

// beginOwn is called before the change, which is made through ownChange.on.
func (s *session) beginOwn(account *mailstore.Account) *ownChange {
	return &ownChange{s: s, watched: s.interest.account(account.ID())}
}

// on gives the account by which the change is to be made.
func (o *ownChange) on(account *mailstore.Account) *mailstore.Account {
	if o.watched == nil || account.ID() != o.watched.account.ID() {
		return account
	}
	return account.Noting(&o.step)
}

// destination gives a place to copy to, in the account of the change.
func (o *ownChange) destination(to *place) mailstore.Destination {
	d := to.destination()
	d.Account = o.on(d.Account)
	return d
}

// settle tells what others had done before the change. False means that no change
// was made, or that nothing is watched any more. A change that had nothing to do
// counts too: somebody may undo the next moment what it found done.
func (o *ownChange) settle(ctx context.Context) bool {
	a := o.watched
	if a == nil || o.step.After == nil {
		return false
	}
	a.take() // is looked at here, and what came later is noted by end
	if a.told != o.step.Before.Outline() || len(a.since) > 0 {
		o.s.tellState(ctx, a, o.step.Before, nil, true)
	}
	return slices.Contains(o.s.interest.accounts, a) // it may have been too much to watch
}

// end makes what others have done since the change be told behind the answer. rest
// says that there is more to be told of the change itself.
func (o *ownChange) end(rest bool) {
	if rest || o.watched.account.State() != o.step.After {
		o.watched.missed()
	}
	o.s.interest.later = true
}

// names is called after a change of names or subscriptions. Of the mailboxes that it
// made the client is taken to know those that it named; levels above them that were
// made too are told, and so is what became of INBOX.
func (o *ownChange) names(ctx context.Context, named ...string) {
	if !o.settle(ctx) {
		return
	}
	before, after := o.step.Before.Outline(), o.step.After.Outline()
	unnamed := func(mb *mailstore.Mailbox) bool {
		return before.Mailbox(mb.ID) == nil && !slices.Contains(named, mb.Name)
	}
	rest := slices.ContainsFunc(after.Mailboxes(), unnamed)
	a := o.watched
	a.told, a.since = o.s.outline(ctx, a, o.step.After), nil
	if rest {
		a.told = a.told.Except(unnamed)
	}
	if was := before.Named("INBOX"); was != nil && was != after.Mailbox(was.ID) {
		a.learned(was)
		rest = true
	}
	o.end(rest)
}

// messages is called after messages were put into a mailbox or taken out of it: name
// is how the client named it, and arrived says how many came.
func (o *ownChange) messages(ctx context.Context, id restante.MailboxID, name string, arrived int) {
	if !o.settle(ctx) {
		return
	}
	a := o.watched
	delete(a.seenAt, id)
	was, is := o.step.Before.Mailbox(id), o.step.After.Mailbox(id)
	if was != nil && is != nil && a.told.Mailbox(id) != nil {
		// Deliveries may share the commit of an APPEND, and somebody may have given
		// the name to another mailbox since it was looked up.
		if int(is.UIDNext-was.UIDNext) != arrived || a.owner.Prefix+was.Name != imap.NormalMailboxName(name) {
			o.s.tellCounts(ctx, a, is, nil, false)
		}
		a.learned(is)
	}
	o.end(o.step.Shared)
}
