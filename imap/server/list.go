package server

import (
	"context"
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
	if err := s.account.Refresh(ctx); err != nil {
		return done, err
	}
	if c.Options.Status.Has(imap.StatusHighestModSeq) {
		s.enableCondStore() // RFC 7162 §3.1
	}
	l := listing{state: s.account.State(), match: matcher(c.Reference, c.Patterns), options: c.Options}
	l.each(func(e listEntry) {
		s.writeListed(e, c.Options)
		if c.Options.Status != 0 && e.selected && e.mailbox != nil && !e.mailbox.NoSelect {
			s.writeStatus(ctx, &place{account: s.account, mailbox: e.mailbox, name: e.name, rights: mailstore.AllRights}, c.Options.Status)
		}
		if len(c.Options.Metadata) > 0 && e.selected && e.mailbox != nil {
			s.listMetadata(ctx, &place{account: s.account, mailbox: e.mailbox, name: e.name, rights: mailstore.AllRights}, c.Options.Metadata)
		}
	})
	return done, nil
}

// lsub handles LSUB (RFC 3501 §6.3.9). It never fails: Outlook takes a NO for
// the end of the account and drops what it has stored of it.
func (s *session) lsub(ctx context.Context, c command.LSub) (imap.StatusResponse, error) {
	if c.Pattern == "" {
		s.enc.Raw(`* LSUB (\Noselect) "/" ""`).CRLF()
		return done, nil
	}
	if err := s.account.Refresh(ctx); err != nil {
		s.log.WarnContext(ctx, "subscriptions may be out of date", "error", err)
	}
	match := matcher(c.Reference, []string{c.Pattern})
	for _, e := range subscribedListing(s.account.State(), match, strings.ContainsRune(c.Pattern, '%')) {
		s.writeSubscribed(e)
	}
	return done, nil
}

// matcher gives the test of names against patterns.
func matcher(reference string, patterns []string) func(string) bool {
	compiled := make([]imap.Pattern, 0, len(patterns))
	for _, p := range patterns {
		if p != "" { // ignored in the extended syntax
			compiled = append(compiled, imap.NewPattern(reference, p, '/'))
		}
	}
	return func(name string) bool {
		for _, p := range compiled {
			if p.Match(name) {
				return true
			}
		}
		return false
	}
}
