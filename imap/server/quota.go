package server

import (
	"context"
	"errors"
	"math"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/namespace"
)

// rootPrefix begins the name of each quota root: an account has one, of its name,
// for all its mailboxes (RFC 9208 §3.2). To its user the empty name is the same
// root, as in the examples of RFC 2087.
const rootPrefix = "#user/"

// resource is a quota resource (RFC 9208 §5).
type resource struct {
	name  string
	unit  int64
	bound func(*mailstore.Quota) *int64
	used  func(mailstore.Usage) int64
}

// resources gives those that can be bounded. STORAGE is the sum of the messages'
// sizes; ANNOTATION-STORAGE counts metadata too.
func resources() [4]resource {
	return [...]resource{
		{"STORAGE", 1024, func(q *mailstore.Quota) *int64 { return &q.Bytes }, func(u mailstore.Usage) int64 { return u.Bytes }},
		{"MESSAGE", 1, func(q *mailstore.Quota) *int64 { return &q.Messages }, func(u mailstore.Usage) int64 { return u.Messages }},
		{"MAILBOX", 1, func(q *mailstore.Quota) *int64 { return &q.Mailboxes }, func(u mailstore.Usage) int64 { return int64(u.Mailboxes) }},
		{"ANNOTATION-STORAGE", 1024, func(q *mailstore.Quota) *int64 { return &q.Annotations }, mailstore.Usage.AnnotationUsage},
	}
}

// getQuota handles GETQUOTA (RFC 9208 §4.1.1). A root that is not the user's is
// shown to administrators, and to whoever could ask for it by a mailbox (RFC 9208
// §6, §8).
func (s *session) getQuota(ctx context.Context, c command.GetQuota) (imap.StatusResponse, error) {
	account, release, err := s.rootAccount(ctx, c.Root)
	if err != nil {
		var shared error
		if account, shared = s.sharedRoot(ctx, c.Root); shared != nil {
			return done, shared
		}
		if account == nil {
			return done, err
		}
		release = func() {}
	}
	defer release()
	if err := account.RefreshSince(ctx, s.moment); err != nil {
		return done, err
	}
	s.writeQuota(c.Root, account.State())
	return done, nil
}

// getQuotaRoot handles GETQUOTAROOT (RFC 9208 §4.1.2). The mailbox need not exist
// where the user could make it. Another's root shows how much he has, which takes
// the right to read the mailbox (RFC 9208 §6).
func (s *session) getQuotaRoot(ctx context.Context, c command.Mailbox) (imap.StatusResponse, error) {
	at, err := s.site(ctx, c.Mailbox)
	if errors.Is(err, restante.ErrNotFound) {
		return done, errNoMailbox()
	}
	if err != nil {
		return done, err
	}
	name := c.Mailbox
	if s.own(at) {
		err = at.account.RefreshSince(ctx, s.moment)
	} else {
		var p place
		p, err = s.place(ctx, c.Mailbox, mailstore.RightRead)
		name = p.name
	}
	if err != nil {
		return done, err
	}
	root := rootName(at.owner)
	s.enc.Untagged().Raw("QUOTAROOT ").Mailbox(name).SP().String(root).CRLF()
	s.writeQuota(root, at.account.State())
	return done, nil
}

// rootName gives the name of an owner's quota root.
func rootName(o namespace.Owner) string {
	switch {
	case !o.IsPublic():
		return rootPrefix + o.Name
	case o.Tenant == "":
		return "#public"
	}
	return "#public/" + o.Tenant
}

// setQuota handles SETQUOTA (RFC 9208 §4.1.3), which is for administrators: a
// quota is what they grant. A resource that is not named is not bounded any more.
func (s *session) setQuota(ctx context.Context, c command.SetQuota) (imap.StatusResponse, error) {
	if !s.administrator() {
		return done, imap.No(imap.CodeNoPerm, "Quotas are set by administrators")
	}
	q, err := quotaOf(c.Limits)
	if err != nil {
		return done, err
	}
	account, release, err := s.rootAccount(ctx, c.Root)
	if err != nil {
		return done, err
	}
	defer release()
	if err := account.SetQuota(ctx, q); err != nil {
		return done, err
	}
	s.log.InfoContext(ctx, "quota set", "root", c.Root, "quota", q)
	s.writeQuota(c.Root, account.State())
	return done, nil
}

// quotaOf gives what a list of limits makes. A limit of 0 allows nothing.
func quotaOf(limits []command.ResourceLimit) (mailstore.Quota, error) {
	var q mailstore.Quota
	known := resources()
next:
	for _, l := range limits {
		for _, r := range known {
			if r.name != l.Resource {
				continue
			}
			if n := int64(min(l.Limit, uint64(math.MaxInt64/r.unit))); n > 0 {
				*r.bound(&q) = n * r.unit
			} else {
				*r.bound(&q) = mailstore.QuotaNothing
			}
			continue next
		}
		return q, imap.No(imap.CodeCannot, "There is no such resource here: "+l.Resource)
	}
	return q, nil
}

// writeQuota writes a QUOTA response: the resources that have a bound (RFC 9208
// §4.2.1). The number of mailboxes always has one.
func (s *session) writeQuota(root string, state *mailstore.State) {
	q, u := state.Quota(), state.Usage()
	if most := int64(s.srv.store.Limits().Mailboxes); q.Mailboxes == 0 || q.Mailboxes > most {
		q.Mailboxes = most
	}
	s.enc.Untagged().Raw("QUOTA ").String(root)
	sep := " ("
	for _, r := range resources() {
		bound := *r.bound(&q)
		if bound == 0 {
			continue
		}
		s.enc.Raw(sep).Raw(r.name).SP().Number64(units(r.used(u), r.unit)).SP().Number64(units(max(bound, 0), r.unit))
		sep = " "
	}
	s.enc.Raw(")").CRLF()
}

// units rounds n up to units.
func units(n, unit int64) uint64 {
	whole := n / unit
	if n%unit > 0 {
		whole++
	}
	return uint64(max(whole, 0))
}

// administrator reports whether the session's user may set quotas.
func (s *session) administrator() bool {
	for _, name := range s.srv.administrators {
		if strings.EqualFold(name, s.user.Name) {
			return true
		}
	}
	return false
}

// rootAccount finds the account of a quota root; release is to be called when it
// is no longer used. One that the user may not see is answered as if it were not
// there.
func (s *session) rootAccount(ctx context.Context, root string) (account *mailstore.Account, release func(), err error) {
	name, is := strings.CutPrefix(root, rootPrefix)
	if root == "" || root == rootName(s.names.Self()) {
		return s.account, func() {}, nil
	}
	unknown := imap.No(imap.CodeNonExistent, "No such quota root")
	if !is || !s.administrator() {
		return nil, nil, unknown
	}
	who, err := s.srv.names.Named(ctx, name)
	if errors.Is(err, restante.ErrNotFound) {
		return nil, nil, unknown
	}
	if err != nil {
		return nil, nil, err
	}
	account, err = s.srv.store.Account(ctx, who.Self().Account)
	if err != nil {
		return nil, nil, err
	}
	return account, account.Release, nil
}

// sharedRoot finds the account of another's quota root, of which the user may read a
// mailbox; nil where there is none.
func (s *session) sharedRoot(ctx context.Context, root string) (*mailstore.Account, error) {
	owners, err := s.names.Owners(ctx)
	if err != nil {
		return nil, err
	}
	for _, o := range owners {
		if rootName(o) != root {
			continue
		}
		account, err := s.visit(ctx, o)
		if err != nil {
			return nil, err
		}
		state := account.State()
		for id := range state.ACLs {
			p := place{account: account, mailbox: state.Mailbox(id), owner: o}
			r, err := s.rights(ctx, &p)
			if err != nil {
				return nil, err
			}
			if r.Has(mailstore.RightRead) {
				return account, nil
			}
		}
	}
	return nil, nil
}

// warnQuota tells the client that an account to which it has just added messages
// is above its soft quota (RFC 9208 §4.3.1).
func (s *session) warnQuota(account *mailstore.Account) {
	percent := s.srv.limits.SoftQuota
	if percent == 0 {
		return
	}
	if state := account.State(); state.Usage().Above(percent, state.Quota()) {
		s.enc.Status("*", *imap.No(imap.CodeOverQuota, "Soft quota has been exceeded"))
	}
}
