package server

import (
	"context"
	"strings"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/mailstore"
)

// create handles CREATE (RFC 9051 §6.3.4, RFC 6154 §3, RFC 8474 §4.1).
func (s *session) create(ctx context.Context, c command.Create) (imap.StatusResponse, error) {
	// A trailing delimiter declares that inferior names will follow, which
	// needs no declaration here.
	name := strings.TrimSuffix(c.Mailbox, "/")
	at, err := s.newSite(ctx, name)
	if err != nil {
		return done, err
	}
	if len(c.Use) > 0 && !s.own(at) {
		return done, imap.No(imap.CodeUseAttr, "Special uses are the owner's to give")
	}
	own := s.beginOwn(at.account)
	m, err := own.on(at.account).CreateMailbox(ctx, at.local, c.Use)
	if err != nil {
		return done, err
	}
	own.names(ctx, m.Name)
	if at.owner.Prefix+m.Name != name {
		s.tellNormalized(ctx, name, at.owner.Prefix+m.Name)
	}
	return ok(s.mailboxCode(at.account, m.ID), "CREATE completed"), nil
}

// tellNormalized tells the client that a mailbox that it called asked is named
// name (RFC 9051 §6.3.9.7). A client of IMAP4rev1 does not know how to read that.
func (s *session) tellNormalized(ctx context.Context, asked, name string) {
	if !s.enabled.has(featureRev2) {
		return
	}
	at, err := s.site(ctx, name)
	if err != nil {
		return // gone at this moment
	}
	state := at.account.State()
	s.writeRenamed(listEntry{name: name, mailbox: state.MailboxByName(at.local), children: s.hasChildren(ctx, at)}, asked)
}

// delete handles DELETE (RFC 9051 §6.3.5).
func (s *session) delete(ctx context.Context, c command.Mailbox) (imap.StatusResponse, error) {
	at, err := s.movable(ctx, c.Mailbox)
	if err != nil {
		return done, err
	}
	own := s.beginOwn(at.account)
	if err := own.on(at.account).DeleteMailbox(ctx, at.local); err != nil {
		return done, err
	}
	own.names(ctx)
	if normal := imap.NormalMailboxName(c.Mailbox); normal != c.Mailbox {
		s.tellNormalized(ctx, c.Mailbox, normal)
	}
	s.leaveDeleted()
	return done, nil
}

// movable is site for a mailbox that is to be deleted or renamed, which the user may
// do (RFC 4314 §4). Of his own a name that is none is left to the store to answer.
func (s *session) movable(ctx context.Context, name string) (site, error) {
	at, err := s.site(ctx, name)
	if err != nil {
		return at, err
	}
	if err := at.account.RefreshSince(ctx, s.moment); err != nil {
		return at, err
	}
	if s.own(at) && !at.account.State().HasACLs() {
		return at, nil
	}
	_, err = s.placeAt(ctx, at, mailstore.RightDelete)
	return at, err
}

// rename handles RENAME (RFC 9051 §6.3.6). Subscriptions stay with the names.
func (s *session) rename(ctx context.Context, c command.Rename) (imap.StatusResponse, error) {
	from, to := strings.TrimSuffix(c.From, "/"), strings.TrimSuffix(c.To, "/")
	if err := s.referRename(from, to); err != nil {
		return done, err
	}
	old, err := s.movable(ctx, from)
	if err != nil {
		return done, err
	}
	at, err := s.newSite(ctx, to)
	if err != nil {
		return done, err
	}
	if at.account != old.account {
		return done, imap.No(imap.CodeCannot, "A mailbox cannot be renamed into another account")
	}
	own := s.beginOwn(at.account)
	if err := own.on(old.account).RenameMailbox(ctx, old.local, at.local); err != nil {
		return done, err
	}
	own.names(ctx)
	if normal := imap.NormalMailboxName(to); normal != to || imap.NormalMailboxName(from) != from {
		s.tellNormalized(ctx, from, normal)
	}
	return s.renamed(at), nil
}

// subscribe handles SUBSCRIBE and UNSUBSCRIBE (RFC 9051 §6.3.7, §6.3.8). The
// mailbox need not exist.
func (s *session) subscribe(ctx context.Context, c command.Mailbox) (imap.StatusResponse, error) {
	if err := s.refer(c.Mailbox); err != nil {
		return done, err
	}
	own := s.beginOwn(s.account)
	err := own.on(s.account).Since(s.moment).SetSubscribed(ctx, strings.TrimSuffix(c.Mailbox, "/"), c.Command == "SUBSCRIBE")
	own.names(ctx)
	return done, err
}

// namespace handles NAMESPACE (RFC 9051 §6.3.10).
func (s *session) namespace(context.Context) (imap.StatusResponse, error) {
	s.writeNamespaces()
	return done, nil
}
