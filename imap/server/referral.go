package server

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/namespace"
)

// Referrals send clients to other servers (RFC 2221, RFC 2193).
type Referrals struct {
	// Greeting is the URL of a server that takes the place of this one: clients are
	// told it, and goodbye, as soon as they connect (RFC 2221 §4.2).
	Greeting string
	// Logins are looked through in order; the first that fits counts.
	Logins []LoginReferral
	// Mailboxes are the remote mailboxes; the longest prefix that fits counts.
	Mailboxes []MailboxReferral
	// Self is this server's own URL without a path, such as
	// "imap://user;AUTH=*@mail.example.org", for the pairs of RENAME.
	Self string
}

// LoginReferral sends users to their home server once they have logged in (RFC
// 2221 §4.1).
type LoginReferral struct {
	// User is a pattern of login names, without regard to case; "*" stands for any
	// text.
	User string
	// URL is the server's; "%u" in it stands for the user's name.
	URL string
	// Public lets the user in all the same, as there are mailboxes here for him too.
	Public bool
}

// MailboxReferral says where a mailbox and those below it are.
type MailboxReferral struct {
	Prefix string
	// URLs are those of the mailbox Prefix on the servers that have it, the
	// preferred one first.
	URLs []string
	// Mailboxes are the names below Prefix, without it, that RLIST tells.
	Mailboxes []string
}

// referrals are Referrals as they are looked through.
type referrals struct {
	greeting, self string
	logins         []LoginReferral
	users          []*regexp.Regexp // of logins
	mailboxes      []MailboxReferral
	names          []string // of all remote mailboxes, sorted
}

func compileReferrals(r Referrals) referrals {
	c := referrals{greeting: r.Greeting, self: r.Self, logins: r.Logins, mailboxes: slices.Clone(r.Mailboxes)}
	for _, l := range r.Logins {
		c.users = append(c.users, glob(l.User))
	}
	slices.SortFunc(c.mailboxes, func(a, b MailboxReferral) int { return len(b.Prefix) - len(a.Prefix) })
	for _, m := range c.mailboxes {
		c.names = append(c.names, m.Prefix)
		for _, below := range m.Mailboxes {
			c.names = append(c.names, m.Prefix+"/"+below)
		}
	}
	slices.Sort(c.names)
	c.names = slices.Compact(c.names)
	return c
}

// login gives the referral of a user who has logged in, nil where there is none.
func (r *referrals) login(user string) (l *LoginReferral, to imap.Code) {
	for i, pattern := range r.users {
		if pattern == nil || pattern.MatchString(user) {
			l = &r.logins[i]
			return l, imap.Code("REFERRAL " + strings.ReplaceAll(l.URL, "%u", imap.EncodeURLUser(user)))
		}
	}
	return nil, ""
}

// urls gives where a mailbox is, nil where it is here.
func (r *referrals) urls(name string) []string {
	for i := range r.mailboxes {
		m := &r.mailboxes[i]
		below, is := strings.CutPrefix(name, m.Prefix)
		if !is || below != "" && below[0] != '/' {
			continue
		}
		if below != "" {
			below = "/" + imap.EncodeURLMailbox(below[1:])
		}
		urls := make([]string, len(m.URLs))
		for k, u := range m.URLs {
			urls[k] = u + below
		}
		return urls
	}
	return nil
}

// refer answers a command on a mailbox that is on another server (RFC 2193 §4.1);
// nil where it is not.
func (s *session) refer(name string) error {
	urls := s.srv.referrals.urls(name)
	if urls == nil {
		return nil
	}
	return imap.No(imap.CodeReferral(urls), "Remote mailbox")
}

// referRename answers a RENAME of which a name is on another server, by pairs of
// URLs (RFC 2193 §4.3).
func (s *session) referRename(from, to string) error {
	r := &s.srv.referrals
	old, new := r.urls(from), r.urls(to)
	if old == nil && new == nil {
		return nil
	}
	if (old == nil || new == nil) && r.self == "" {
		return imap.No(imap.CodeCannot, "A mailbox cannot be renamed to another server")
	}
	if old == nil {
		old = []string{r.self + "/" + imap.EncodeURLMailbox(from)}
	}
	if new == nil {
		new = []string{r.self + "/" + imap.EncodeURLMailbox(to)}
	}
	var pairs []string
	for i := range max(len(old), len(new)) {
		pairs = append(pairs, old[min(i, len(old)-1)], new[min(i, len(new)-1)])
	}
	return imap.No(imap.CodeReferral(pairs), "The mailbox is renamed on another server")
}

// rlist handles RLIST (RFC 2193 §5.1): LIST with the remote mailboxes.
func (s *session) rlist(ctx context.Context, c command.LSub) (imap.StatusResponse, error) {
	list := command.List{Reference: c.Reference, Patterns: []string{c.Pattern}}
	if _, err := s.list(ctx, list); err != nil {
		return done, err
	}
	s.writeRemote("LIST", newPatterns(c.Reference, list.Patterns), imap.ListOptions{})
	return done, nil
}

// rlsub handles RLSUB (RFC 2193 §5.2): LSUB with the remote mailboxes, which all
// count as subscribed (RFC 2193 §3).
func (s *session) rlsub(ctx context.Context, c command.LSub) (imap.StatusResponse, error) {
	if _, err := s.lsub(ctx, c); err != nil {
		return done, err
	}
	s.writeRemote("LSUB", newPatterns(c.Reference, []string{c.Pattern}), imap.ListOptions{})
	return done, nil
}

// writeRemote writes the remote mailboxes that match, and the levels above them
// that a pattern with "%" at its end names. All count as subscribed (RFC 2193
// §3), which is told as the options ask; a level does not, so that LIST
// (SUBSCRIBED) leaves it out.
func (s *session) writeRemote(word string, p patterns, o imap.ListOptions) {
	names := s.srv.referrals.names
	chosen := o.Select.Has(imap.ListSelectSubscribed)
	told := chosen || o.Return.Has(imap.ListReturnSubscribed)
	above := map[string]bool{}
	for _, name := range names {
		for level := range namespace.Superiors(name) {
			if !chosen && !slices.Contains(names, level) && !above[level] && p.matchLevel(level) {
				above[level] = true
				s.writeRemoteName(word, level, imap.AttrNoSelect)
			}
		}
		if p.match(name) {
			if told {
				s.writeRemoteName(word, name, imap.AttrSubscribed, imap.AttrRemote)
			} else {
				s.writeRemoteName(word, name, imap.AttrRemote)
			}
		}
	}
}

func (s *session) writeRemoteName(word, name string, attributes ...string) {
	r := s.nameResponse(word)
	e := listEntry{name: name}
	for _, a := range attributes {
		r.attr(a)
	}
	e.children = slices.ContainsFunc(s.srv.referrals.names, func(n string) bool { return strings.HasPrefix(n, name+"/") })
	r.name(e)
	s.enc.CRLF()
}
