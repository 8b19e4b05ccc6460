package server

import (
	"context"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/mailstore"
)

// This file is OBJECTID+ (draft-ietf-mailmaint-imap-objectid-bis-02): identifiers
// in pairs of key and value, with that of the account, and mailboxes selected by
// theirs. It is in force from the first time that a client asks for any of it.

// accountID gives an account's object identifier.
func accountID(account *mailstore.Account) string {
	return restante.ObjectID('A', account.ID(), 0)
}

// enableObjectID puts OBJECTID+ in force, and tells the client so where it has
// not asked by ENABLE.
func (s *session) enableObjectID() {
	if s.enabled.has(featureObjectID) || !s.has("OBJECTID+") {
		return
	}
	s.enabled |= featureObjectID
	s.enc.Untagged().Raw("ENABLED OBJECTID+").CRLF()
}

// mailboxObject gives the value of an OBJECTID for a mailbox, in parentheses.
func mailboxObject(account *mailstore.Account, id restante.MailboxID) string {
	return "(MAILBOXID " + mailboxID(account, id) + " ACCOUNTID " + accountID(account) + ")"
}

// mailboxCode gives the code that tells a mailbox's identity: OBJECTID once that
// is in force, else MAILBOXID (RFC 8474 §4.1, §4.2).
func (s *session) mailboxCode(account *mailstore.Account, id restante.MailboxID) imap.Code {
	if s.enabled.has(featureObjectID) {
		return imap.CodeObjectID(mailboxObject(account, id))
	}
	return imap.CodeMailboxID(mailboxID(account, id))
}

// renamed answers a RENAME: with the mailbox's identity once OBJECTID+ is in force.
func (s *session) renamed(at site) imap.StatusResponse {
	if mb := at.account.State().MailboxByName(at.local); mb != nil && s.enabled.has(featureObjectID) {
		return ok(s.mailboxCode(at.account, mb.ID), "RENAME completed")
	}
	return done
}

// appendObject writes the OBJECTID item of a message. The account is that of the
// selected mailbox.
func (f *fetcher) appendObject(dst []byte, p *mailstore.Page, i int) []byte {
	account := f.s.selected.account.ID()
	dst = append(dst, "OBJECTID (EMAILID "...)
	dst = append(dst, restante.ObjectID('M', account, uint64(p.EmailID(i)))...)
	dst = append(dst, " THREADID "...)
	dst = append(dst, restante.ObjectID('T', account, uint64(p.ThreadID(i)))...)
	return append(dst, ") "...)
}

// identified gives the name of the mailbox that a SELECT names by its identifiers,
// whatever it is called now; the name it was asked for by where they name none that
// the user may see.
func (s *session) identified(ctx context.Context, c command.Select) (string, error) {
	if c.ObjectID == nil || c.ObjectID.Mailbox == "" {
		return c.Mailbox, nil
	}
	catalog, err := s.catalog(ctx, newPatterns("", []string{"*"}))
	if err != nil {
		return "", err
	}
	is := func(account *mailstore.Account, id restante.MailboxID) bool {
		return mailboxID(account, id) == c.ObjectID.Mailbox && (c.ObjectID.Account == "" || c.ObjectID.Account == accountID(account))
	}
	for _, m := range catalog.own.Mailboxes() {
		if is(s.account, m.ID) {
			return m.Name, nil
		}
	}
	for i := range catalog.shared {
		if p := &catalog.shared[i]; is(p.account, p.mailbox.ID) {
			return p.name, nil
		}
	}
	return c.Mailbox, nil
}
