package server

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/namespace"
)

// catalog is what LIST and LSUB find names in: the user's own mailboxes and those
// of others that he may look up.
type catalog struct {
	own    *mailstore.State
	shared []place        // by name
	places map[string]int // where a name is in shared
	levels map[string]bool
}

// newCatalog gives a catalog of the user's own mailboxes.
func newCatalog(own *mailstore.State) *catalog { return &catalog{own: own} }

// catalog gives the catalog for names that match patterns. Where they can match
// none of others' mailboxes, or nobody shares any, only the user's own are looked
// at. It fails only where nothing is known at all: what one owner shares must not
// depend on another one's account.
func (s *session) catalog(ctx context.Context, patterns patterns) (*catalog, error) {
	var owners []namespace.Owner
	var unknown error // why it is not known who they are
	if patterns.reach(namespace.Others) || patterns.reach(namespace.Public) {
		owners, unknown = s.names.OwnersAlong(ctx, s.outdated(s.account))
	}
	if err := s.account.RefreshSince(ctx, s.moment); err != nil {
		return nil, err
	}
	if unknown != nil {
		return nil, unknown
	}
	c := newCatalog(s.account.State())
	for _, o := range owners {
		if !patterns.reach(o.Prefix) {
			continue
		}
		if err := s.addShared(ctx, c, o); err != nil && !errors.Is(err, restante.ErrNotFound) {
			s.log.WarnContext(ctx, "shared mailboxes cannot be listed", "owner", o.Name, "error", err)
		}
	}
	c.arrange()
	return c, nil
}

// outdated gives an account that has to be brought up to date; nil if it is.
func (s *session) outdated(a *mailstore.Account) *mailstore.Account {
	if a.UpToDate(s.moment) {
		return nil
	}
	return a
}

// addShared adds the mailboxes of an owner that the user may look up.
func (s *session) addShared(ctx context.Context, c *catalog, o namespace.Owner) error {
	account, err := s.visit(ctx, o)
	if err != nil {
		return err
	}
	state := account.State()
	for id := range state.ACLs {
		mb := state.Mailbox(id)
		if mb == nil || mb.NoSelect {
			continue
		}
		p := place{account: account, mailbox: mb, owner: o, name: o.Prefix + mb.Name}
		if p.rights, err = s.rights(ctx, &p); err != nil {
			return err
		}
		if p.rights.Has(mailstore.RightLookup) && c.own.MailboxByName(p.name) == nil {
			c.shared = append(c.shared, p)
		}
	}
	return nil
}

// arrange puts the shared mailboxes in order and finds the levels above them.
func (c *catalog) arrange() {
	if len(c.shared) == 0 {
		return
	}
	slices.SortFunc(c.shared, func(a, b place) int { return strings.Compare(a.name, b.name) })
	c.places = make(map[string]int, len(c.shared))
	c.levels = make(map[string]bool)
	for i, p := range c.shared {
		c.places[p.name] = i
		for above := range namespace.Superiors(p.name) {
			c.levels[above] = true
		}
	}
}

// entry gives what is known of a name.
func (c *catalog) entry(name string) listEntry {
	e := listEntry{name: name, children: c.hasChildren(name)}
	if i, shared := c.places[name]; shared {
		e.mailbox, e.shared = c.shared[i].mailbox, &c.shared[i]
		return e
	}
	e.mailbox = c.own.MailboxByName(name)
	return e
}

// has reports whether there is a mailbox of a name.
func (c *catalog) has(name string) bool {
	if _, shared := c.places[name]; shared {
		return true
	}
	return c.own.MailboxByName(name) != nil
}

// hasChildren reports whether there are mailboxes below a name that the user may
// look up.
func (c *catalog) hasChildren(name string) bool { return c.levels[name] || c.own.HasChildren(name) }
