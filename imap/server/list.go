package server

import (
	"context"
	"slices"
	"strings"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/mailstore"
)

// list handles LIST, basic and extended (RFC 9051 §6.3.9, RFC 5258, RFC 5819,
// RFC 6154).
func (s *session) list(ctx context.Context, c command.List) (imap.StatusResponse, error) {
	if !c.Options.Extended && c.Patterns[0] == "" {
		// A request for the delimiter and the root of the reference.
		s.enc.Raw(`* LIST (\Noselect) "/" ""`).CRLF()
		return done, nil
	}
	const alone = imap.ListSelectRecursiveMatch | imap.ListSelectRemote
	if c.Options.Select.Has(imap.ListSelectRecursiveMatch) && c.Options.Select&^alone == 0 {
		return done, imap.Bad("RECURSIVEMATCH needs another selection option")
	}
	p := newPatterns(c.Reference, c.Patterns)
	catalog, err := s.catalog(ctx, p)
	if err != nil {
		return done, err
	}
	if c.Options.Status.Has(imap.StatusHighestModSeq) {
		s.enableCondStore() // RFC 7162 §3.1
	}
	if c.Options.Status.Has(imap.StatusObjectID) {
		s.enableObjectID()
	}
	l := listing{catalog: catalog, patterns: p, options: c.Options}
	l.each(func(e listEntry) {
		s.writeListed(e, c.Options)
		s.writeListedRights(ctx, &e, c.Options)
		if c.Options.Status != 0 && e.selected && e.mailbox != nil && !e.mailbox.NoSelect {
			s.writeListedStatus(ctx, &e, c.Options.Status)
		}
		if len(c.Options.Metadata) > 0 && e.selected && e.mailbox != nil {
			s.listMetadata(ctx, &e, c.Options.Metadata)
		}
	})
	if c.Options.Select.Has(imap.ListSelectRemote) && c.Options.Select&^(imap.ListSelectRemote|imap.ListSelectSubscribed) == 0 {
		s.writeRemote("LIST", p, c.Options) // RFC 5258 §3.1
	}
	return done, nil
}

// lsub handles LSUB (RFC 3501 §6.3.9). It never fails: Outlook takes a NO for
// the end of the account and drops what it has stored of it.
func (s *session) lsub(ctx context.Context, c command.LSub) (imap.StatusResponse, error) {
	if c.Pattern == "" {
		s.enc.Raw(`* LSUB (\Noselect) "/" ""`).CRLF()
		return done, nil
	}
	p := newPatterns(c.Reference, []string{c.Pattern})
	catalog, err := s.catalog(ctx, p)
	if err != nil {
		s.log.WarnContext(ctx, "subscriptions may be out of date", "error", err)
		catalog = newCatalog(s.account.State())
	}
	for _, e := range subscribedListing(catalog, p.match, strings.ContainsRune(c.Pattern, '%')) {
		s.writeSubscribed(e)
	}
	return done, nil
}

// listed gives the mailbox of an entry with what the user may do with it.
func (s *session) listed(ctx context.Context, e *listEntry) (place, error) {
	if e.shared != nil {
		return *e.shared, nil
	}
	p := place{account: s.account, mailbox: e.mailbox, name: e.name, owner: s.names.Self()}
	var err error
	p.rights, err = s.rights(ctx, &p)
	return p, err
}

// writeListedStatus writes the STATUS of a mailbox that LIST has told. Of one that
// the user may not read there is none (RFC 5819 §2).
func (s *session) writeListedStatus(ctx context.Context, e *listEntry, items imap.StatusItems) {
	if p, err := s.listed(ctx, e); err == nil && p.rights.Has(mailstore.RightRead) {
		s.writeStatus(ctx, &p, items)
	}
}

// writeListedRights writes MYRIGHTS behind a mailbox that LIST has told, if that was
// asked for (RFC 8440 §3). A name that is no mailbox, and one that stands for its
// inferiors only, has none.
func (s *session) writeListedRights(ctx context.Context, e *listEntry, o imap.ListOptions) {
	if !o.Return.Has(imap.ListReturnMyRights) || !e.selected || e.mailbox == nil || e.mailbox.NoSelect {
		return
	}
	if p, err := s.listed(ctx, e); err == nil && p.rights&anyRight != 0 {
		s.writeMyRights(&p)
	}
}

// patterns are those of one LIST or LSUB.
type patterns []imap.Pattern

// newPatterns compiles patterns. Empty ones are ignored, as they are in the extended
// syntax.
func newPatterns(reference string, list []string) patterns {
	compiled := make(patterns, 0, len(list))
	for _, p := range list {
		if p != "" {
			compiled = append(compiled, imap.NewPattern(reference, p, '/'))
		}
	}
	return compiled
}

// match reports whether a name matches one of them.
func (l patterns) match(name string) bool {
	return slices.ContainsFunc(l, func(p imap.Pattern) bool { return p.Match(name) })
}

// matchLevel is match for patterns that also name levels of the hierarchy which are
// no mailboxes.
func (l patterns) matchLevel(name string) bool {
	return slices.ContainsFunc(l, func(p imap.Pattern) bool { return strings.HasSuffix(p.String(), "%") && p.Match(name) })
}

// reach reports whether names that begin with prefix, or levels above them, may
// match.
func (l patterns) reach(prefix string) bool {
	return slices.ContainsFunc(l, func(p imap.Pattern) bool {
		return strings.HasPrefix(prefix, p.Prefix()) || strings.HasPrefix(p.Prefix(), prefix)
	})
}
