package server

import (
	"context"
	"errors"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/mailstore"
)

// sources gives the mailboxes that the source options of ESEARCH stand for, each
// once, in the order in which they are first named. What the user may not search
// is left out without a word, as is what is not there (RFC 7377 §2.2).
func (s *session) sources(ctx context.Context, list []imap.SearchSource) ([]place, error) {
	g := sourceGatherer{s: s, ctx: ctx, seen: make(map[sourceKey]bool)}
	if len(list) == 0 {
		list = []imap.SearchSource{{Kind: imap.SourceSelected}}
	}
	for _, source := range list {
		if err := g.add(source); err != nil {
			return nil, err
		}
	}
	if len(g.places) > s.srv.limits.SearchMailboxes {
		return nil, imap.No(imap.CodeLimit, "Too many mailboxes to be searched at once")
	}
	return g.places, nil
}

// sourceKey tells mailboxes apart.
type sourceKey struct {
	account restante.AccountID
	mailbox restante.MailboxID
}

// sourceGatherer gathers mailboxes.
type sourceGatherer struct {
	s      *session
	ctx    context.Context
	places []place
	seen   map[sourceKey]bool
}

func (g *sourceGatherer) add(source imap.SearchSource) error {
	switch source.Kind {
	case imap.SourceSelected:
		sel := g.s.selected
		if mb := sel.mailbox(); mb != nil {
			g.put(sel.place(mb), 0)
		}
		return nil
	case imap.SourceInboxes, imap.SourcePersonal:
		return g.below("", false, false)
	case imap.SourceSubscribed:
		for _, name := range g.s.account.State().Subscriptions() {
			if err := g.named(name, mailstore.RightLookup|mailstore.RightRead); err != nil {
				return err
			}
		}
		return nil
	}
	for _, name := range source.Mailboxes {
		if err := g.named(name, mailstore.RightRead); err != nil {
			return err
		}
		if source.Kind != imap.SourceMailboxes {
			if err := g.below(name+"/", source.Kind == imap.SourceSubtreeOne, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// named adds the mailbox of a name.
func (g *sourceGatherer) named(name string, need mailstore.Rights) error {
	at, err := g.s.place(g.ctx, name, need)
	var refused *imap.StatusResponse
	switch {
	case errors.As(err, &refused), errors.Is(err, restante.ErrNotFound), errors.Is(err, restante.ErrNotPermitted):
		return nil
	case err != nil:
		return err
	}
	g.put(at, need)
	return nil
}

// below adds the mailboxes whose names begin with a prefix, those one level below
// it alone where one; the user's own, and where shared those of others.
func (g *sourceGatherer) below(prefix string, one, shared bool) error {
	wanted := patterns{}
	if shared {
		wanted = newPatterns("", []string{prefix + "*"})
	}
	c, err := g.s.catalog(g.ctx, wanted)
	if err != nil {
		return err
	}
	const need = mailstore.RightLookup | mailstore.RightRead
	is := func(name string) bool {
		rest, in := strings.CutPrefix(name, prefix)
		return in && (!one || !strings.Contains(rest, "/"))
	}
	for _, mb := range c.own.Mailboxes() {
		if !is(mb.Name) {
			continue
		}
		p := place{account: g.s.account, mailbox: mb, name: mb.Name, owner: g.s.names.Self()}
		if p.rights, err = g.s.rights(g.ctx, &p); err != nil {
			return err
		}
		g.put(p, need)
	}
	for _, p := range c.shared {
		if is(p.name) {
			g.put(p, need)
		}
	}
	return nil
}

// put adds a mailbox that can be selected and that the user has the rights to
// search.
func (g *sourceGatherer) put(p place, need mailstore.Rights) {
	key := sourceKey{p.account.ID(), p.mailbox.ID}
	if p.mailbox.NoSelect || !p.rights.Has(need) || g.seen[key] {
		return
	}
	g.seen[key] = true
	g.places = append(g.places, p)
}
