package server

import (
	"context"
	"errors"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/namespace"
)

// setACL handles SETACL (RFC 4314 §3.1).
func (s *session) setACL(ctx context.Context, c command.SetACL) (imap.StatusResponse, error) {
	rights, err := mailstore.ParseRights(c.Rights)
	if err != nil {
		return done, imap.Bad("There is no such right")
	}
	change := namespace.Replace
	switch c.Sign {
	case '+':
		change = namespace.Add
	case '-':
		change = namespace.Remove
	}
	return s.grant(ctx, c.Mailbox, c.Identifier, change, rights)
}

// deleteACL handles DELETEACL (RFC 4314 §3.2).
func (s *session) deleteACL(ctx context.Context, c command.Identifier) (imap.StatusResponse, error) {
	return s.grant(ctx, c.Mailbox, c.Identifier, namespace.Delete, 0)
}

// grant changes a mailbox's access control list.
func (s *session) grant(ctx context.Context, name, who string, change namespace.Change, rights mailstore.Rights) (imap.StatusResponse, error) {
	who, err := s.identifier(ctx, who)
	if err != nil {
		return done, err
	}
	at, err := s.place(ctx, name, mailstore.RightAdmin)
	if err != nil {
		return done, err
	}
	return done, s.srv.names.Grant(ctx, at.owner, at.account, at.mailbox.ID, who, change, rights)
}

// identifier prepares an identifier. One that is none is the client's error (RFC
// 4314 §3).
func (s *session) identifier(ctx context.Context, text string) (string, error) {
	who, err := s.srv.names.Identifier(ctx, text)
	if errors.Is(err, restante.ErrInvalid) {
		return "", imap.Bad("This cannot be an identifier")
	}
	return who, err
}

// getACL handles GETACL (RFC 4314 §3.3).
func (s *session) getACL(ctx context.Context, c command.Mailbox) (imap.StatusResponse, error) {
	at, err := s.place(ctx, c.Mailbox, mailstore.RightAdmin)
	if err != nil {
		return done, err
	}
	list, has := at.account.State().ACL(at.mailbox.ID)
	if !has {
		list = at.owner.DefaultACL()
	}
	s.enc.Untagged().Raw("ACL ").Mailbox(at.name)
	for _, g := range list {
		s.enc.SP().AString(g.Identifier).SP().AString(g.Rights.Letters())
	}
	s.enc.CRLF()
	return done, nil
}

// listRights handles LISTRIGHTS (RFC 4314 §3.4): no rights are tied to one another,
// and the owner always has some.
func (s *session) listRights(ctx context.Context, c command.Identifier) (imap.StatusResponse, error) {
	who, err := s.identifier(ctx, c.Identifier)
	if err != nil {
		return done, err
	}
	at, err := s.place(ctx, c.Mailbox, mailstore.RightAdmin)
	if err != nil {
		return done, err
	}
	var always mailstore.Rights
	if who == at.owner.Name {
		always = mailstore.OwnerRights
	}
	s.enc.Untagged().Raw("LISTRIGHTS ").Mailbox(at.name).SP().AString(c.Identifier).SP().AString(always.Letters())
	for _, letter := range (mailstore.AllRights &^ always).Letters() {
		s.enc.SP().Byte(byte(letter))
	}
	s.enc.CRLF()
	return done, nil
}

// anyRight are those of which one is needed to be told one's own (RFC 4314 §4).
const anyRight = mailstore.RightLookup | mailstore.RightRead | mailstore.RightInsert |
	mailstore.RightCreate | mailstore.RightDelete | mailstore.RightAdmin

// myRights handles MYRIGHTS (RFC 4314 §3.5).
func (s *session) myRights(ctx context.Context, c command.Mailbox) (imap.StatusResponse, error) {
	at, err := s.place(ctx, c.Mailbox, 0)
	if err != nil {
		return done, err
	}
	if at.rights&anyRight == 0 {
		return done, errNoMailbox()
	}
	s.writeMyRights(&at)
	return done, nil
}

// writeMyRights writes a MYRIGHTS response (RFC 4314 §3.8).
func (s *session) writeMyRights(at *place) {
	s.enc.Untagged().Raw("MYRIGHTS ").Mailbox(at.name).SP().AString(at.rights.Letters()).CRLF()
}
