package server

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/imap/view"
	"github.com/restante/restante/mailstore"
)

// ClientRule is what is done differently for clients that cannot stand what is
// done for all. It is chosen by what the client says of itself with ID (RFC 2971),
// before login or after.
type ClientRule struct {
	// Name and Version are patterns of the fields of that name, without regard to
	// case; "*" stands for any text. An empty one takes any client, also one that
	// does not give the field.
	Name, Version string
	// Without are capabilities that the client is not told and may not use: names
	// as in CAPABILITY, or what stands before "=" for all that begin so.
	Without []string
	// DelayNew tells of new messages with NOOP and CHECK alone, for clients of long
	// ago such as Outlook Express and the first Apple Mail.
	DelayNew bool
}

// clientRule is a rule with its patterns compiled.
type clientRule struct {
	name, version *regexp.Regexp // nil: any
	without       []string
	delayNew      bool
}

func compileRules(rules []ClientRule) []clientRule {
	compiled := make([]clientRule, len(rules))
	for i, r := range rules {
		compiled[i] = clientRule{name: glob(r.Name), version: glob(r.Version), without: r.Without, delayNew: r.DelayNew}
	}
	return compiled
}

// glob compiles a pattern in which "*" is any text; nil for the empty one.
func glob(pattern string) *regexp.Regexp {
	if pattern == "" {
		return nil
	}
	return regexp.MustCompile(`(?is)\A` + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, `.*`) + `\z`)
}

// fits reports whether the rule is for a client.
func (r *clientRule) fits(c command.ID) bool {
	field := func(name string) (value string) {
		for _, p := range c.Params {
			if strings.EqualFold(p.Field, name) {
				value = p.Value
			}
		}
		return value
	}
	return (r.name == nil || r.name.MatchString(field("name"))) && (r.version == nil || r.version.MatchString(field("version")))
}

// allowances are how a session is different for its client, by the rules that fit. It
// stays over UNAUTHENTICATE as what ID told does (RFC 8437 §3).
type allowances struct {
	without  []string
	delayNew bool
}

// know finds the rules for what a client says of itself, and tells it the
// capabilities anew where they are others.
func (s *session) know(c command.ID) {
	if len(s.srv.clients) == 0 || len(c.Params) == 0 {
		return
	}
	was := s.client.without
	s.client = allowances{}
	for i := range s.srv.clients {
		if r := &s.srv.clients[i]; r.fits(c) {
			s.client.without = append(s.client.without, r.without...)
			s.client.delayNew = s.client.delayNew || r.delayNew
		}
	}
	if !slices.Equal(was, s.client.without) {
		s.writeCapabilities(s.capabilities())
	}
}

// KnownCapability reports whether a name is one that a [ClientRule] may have in
// Without: all that is told but STARTTLS and the ways to log in.
func KnownCapability(name string) bool {
	_, all := fixedCapabilities(table(), Limits{CommandMessages: 1}.filled())
	return slices.ContainsFunc(append(all, "UTF8=ONLY", "SAVELIMIT"), func(c string) bool { return withheld([]string{name}, c) })
}

// withheld reports whether a capability is one of those that are left out.
func withheld(without []string, capability string) bool {
	return slices.ContainsFunc(without, func(w string) bool {
		family, _, _ := strings.Cut(capability, "=")
		return strings.EqualFold(w, capability) || strings.EqualFold(w, family)
	})
}

// offered gives the capabilities without those that are left out.
func offered(all, without []string) []string {
	if len(without) == 0 {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(c string) bool { return withheld(without, c) })
}

// has reports whether the session's client may use a capability.
func (s *session) has(capability string) bool {
	return capability == "" || !withheld(s.srv.without, capability) && !withheld(s.client.without, capability)
}

// advance brings a view to a snapshot. New messages are left out of it for
// clients that may hear of them with NOOP and CHECK alone. That is not for those
// that enabled anything: they are not of that age, and modification sequences
// would be told that are above those of messages they do not know.
func (s *session) advance(v *view.View, now *mailstore.Snapshot, mayExpunge bool) view.Update {
	if s.client.delayNew && s.enabled == 0 && !s.idle.active && s.name != "NOOP" && s.name != "CHECK" {
		now = view.Until(now, v.Shown().Last())
	}
	return v.Advance(now, mayExpunge)
}

// writeCapabilities writes a CAPABILITY response (RFC 9051 §7.2.2).
func (s *session) writeCapabilities(capabilities []string) {
	s.enc.Untagged().Raw("CAPABILITY")
	for _, c := range capabilities {
		s.enc.SP().Raw(c)
	}
	s.enc.CRLF()
}

// capability handles CAPABILITY (RFC 9051 §6.1.1).
func (s *session) capability(context.Context) (imap.StatusResponse, error) {
	s.writeCapabilities(s.capabilities())
	return done, nil
}
