package server

import (
	"context"
	"errors"
	"fmt"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/mailstore"
)

// row is what the server has to know of a command besides how it is done.
type row struct {
	name string // with "UID " before it for the forms that take UIDs
	run  handler
	// parse reads its arguments; nil is [command.Parse].
	parse parser
	// states are those in which the command is allowed.
	states states
	// sequence says that the command's answers may name messages by sequence
	// number, so that no EXPUNGE may be told while it runs (RFC 9051 §7.5.1).
	sequence bool
	// expunge says that EXPUNGE or VANISHED may be told with its tagged answer:
	// not with FETCH, STORE and SEARCH (RFC 9051 §7.5.1).
	expunge bool
	// writable says that the selected mailbox must not be open read-only.
	writable bool
	// need are rights on the selected mailbox without which the command does nothing
	// (RFC 4314 §4), besides that to read it.
	need       mailstore.Rights
	capability string // which it stands for; empty: part of both revisions
	rfc        string
}

// uid reports whether the command is a UID form: FETCH data then has a UID.
func (r *row) uid() bool { return len(r.name) > 4 && r.name[:4] == "UID " }

// table gives all commands. It is made once a server.
func table() []row {
	return []row{
		{name: "CAPABILITY", run: plain((*session).capability), states: anyState, expunge: true, rfc: "RFC 9051 §6.1.1"},
		{name: "NOOP", run: plain((*session).noop), states: anyState, expunge: true, rfc: "RFC 9051 §6.1.2"},
		{name: "LOGOUT", run: plain((*session).logout), states: anyState, rfc: "RFC 9051 §6.1.3"},
		{name: "ID", run: on((*session).id), states: anyState, expunge: true, capability: "ID", rfc: "RFC 2971 §3.1"},
		{name: "LANGUAGE", run: on((*session).setLanguage), states: anyState, expunge: true, capability: "LANGUAGE", rfc: "RFC 5255 §3.2"},

		{name: "STARTTLS", run: plain((*session).startTLS), states: inNotAuthenticated, capability: "STARTTLS", rfc: "RFC 9051 §6.2.1"},
		{name: "AUTHENTICATE", run: on((*session).authenticate), states: inNotAuthenticated, rfc: "RFC 9051 §6.2.2"},
		{name: "LOGIN", run: on((*session).login), states: inNotAuthenticated, rfc: "RFC 9051 §6.2.3"},
		{name: "UNAUTHENTICATE", run: plain((*session).unauthenticate), states: authenticated, capability: "UNAUTHENTICATE", rfc: "RFC 8437 §3"},
		{name: "COMPRESS", run: on((*session).compress), states: authenticated, expunge: true, capability: "COMPRESS=DEFLATE", rfc: "RFC 4978 §3"},

		{name: "ENABLE", run: on((*session).enable), states: authenticated, expunge: true, capability: "ENABLE", rfc: "RFC 9051 §6.3.1"},
		{name: "SELECT", run: on((*session).selectMailbox), states: authenticated, rfc: "RFC 9051 §6.3.2"},
		{name: "EXAMINE", run: on((*session).selectMailbox), states: authenticated, rfc: "RFC 9051 §6.3.3"},
		{name: "CREATE", run: on((*session).create), states: authenticated, expunge: true, rfc: "RFC 9051 §6.3.4"},
		{name: "DELETE", run: on((*session).delete), states: authenticated, expunge: true, rfc: "RFC 9051 §6.3.5"},
		{name: "RENAME", run: on((*session).rename), states: authenticated, expunge: true, rfc: "RFC 9051 §6.3.6"},
		{name: "SUBSCRIBE", run: on((*session).subscribe), states: authenticated, expunge: true, rfc: "RFC 9051 §6.3.7"},
		{name: "UNSUBSCRIBE", run: on((*session).subscribe), states: authenticated, expunge: true, rfc: "RFC 9051 §6.3.8"},
		{name: "LIST", run: on((*session).list), states: authenticated, expunge: true, rfc: "RFC 9051 §6.3.9"},
		{name: "XLIST", run: on((*session).xlist), states: authenticated, expunge: true, capability: "XLIST", rfc: "RFC 3501 §6.3.8"},
		{name: "LSUB", run: on((*session).lsub), states: authenticated, expunge: true, rfc: "RFC 3501 §6.3.9"},
		{name: "RLIST", run: on((*session).rlist), states: authenticated, expunge: true, capability: "MAILBOX-REFERRALS", rfc: "RFC 2193 §5.1"},
		{name: "RLSUB", run: on((*session).rlsub), states: authenticated, expunge: true, capability: "MAILBOX-REFERRALS", rfc: "RFC 2193 §5.2"},
		{name: "NAMESPACE", run: plain((*session).namespace), states: authenticated, expunge: true, capability: "NAMESPACE", rfc: "RFC 9051 §6.3.10"},
		{name: "COMPARATOR", run: on((*session).setComparator), states: authenticated, expunge: true, capability: "I18NLEVEL=2", rfc: "RFC 5255 §4.7"},
		{name: "SETACL", run: on((*session).setACL), states: authenticated, expunge: true, capability: "ACL", rfc: "RFC 4314 §3.1"},
		{name: "DELETEACL", run: on((*session).deleteACL), states: authenticated, expunge: true, capability: "ACL", rfc: "RFC 4314 §3.2"},
		{name: "GETACL", run: on((*session).getACL), states: authenticated, expunge: true, capability: "ACL", rfc: "RFC 4314 §3.3"},
		{name: "LISTRIGHTS", run: on((*session).listRights), states: authenticated, expunge: true, capability: "ACL", rfc: "RFC 4314 §3.4"},
		{name: "MYRIGHTS", run: on((*session).myRights), states: authenticated, expunge: true, capability: "ACL", rfc: "RFC 4314 §3.5"},
		{name: "STATUS", run: on((*session).status), states: authenticated, expunge: true, rfc: "RFC 9051 §6.3.11"},
		{name: "APPEND", run: on((*session).append), states: authenticated, expunge: true, rfc: "RFC 9051 §6.3.12"},
		{name: "ESEARCH", run: on((*session).esearch), states: authenticated, expunge: true, capability: "MULTISEARCH", rfc: "RFC 7377 §2"},
		{name: "IDLE", run: plain((*session).startIdle), states: authenticated, expunge: true, capability: "IDLE", rfc: "RFC 9051 §6.3.13"},
		{name: "GETQUOTA", run: on((*session).getQuota), states: authenticated, expunge: true, capability: "QUOTA", rfc: "RFC 9208 §4.1.1"},
		{name: "GETQUOTAROOT", run: on((*session).getQuotaRoot), states: authenticated, expunge: true, capability: "QUOTA", rfc: "RFC 9208 §4.1.2"},
		{name: "SETQUOTA", run: on((*session).setQuota), states: authenticated, expunge: true, capability: "QUOTASET", rfc: "RFC 9208 §4.1.3"},
		{name: "GETMETADATA", run: on((*session).getMetadata), states: authenticated, expunge: true, capability: "METADATA", rfc: "RFC 5464 §4.2"},
		{name: "SETMETADATA", run: on((*session).setMetadata), states: authenticated, expunge: true, capability: "METADATA", rfc: "RFC 5464 §4.3"},

		{name: "RESETKEY", run: on((*session).resetKey), states: authenticated, expunge: true, capability: "URLAUTH", rfc: "RFC 4467 §7"},
		{name: "GENURLAUTH", run: on((*session).genURLAuth), states: authenticated, expunge: true, capability: "URLAUTH", rfc: "RFC 4467 §7"},
		{name: "URLFETCH", run: on((*session).urlFetch), states: authenticated, expunge: true, capability: "URLAUTH", rfc: "RFC 4467 §7"},
		{name: "NOTIFY", run: on((*session).notify), states: authenticated, expunge: true, capability: "NOTIFY", rfc: "RFC 5465 §3.1"},

		{name: "CONVERSIONS", run: on((*session).conversions), states: authenticated, expunge: true, capability: "CONVERT", rfc: "RFC 5259 §5.1"},

		{name: "CHECK", run: plain((*session).noop), states: inSelected, expunge: true, rfc: "RFC 3501 §6.4.1"},
		{name: "CLOSE", run: plain((*session).close), states: inSelected, rfc: "RFC 9051 §6.4.1"},
		{name: "UNSELECT", run: plain((*session).unselect), states: inSelected, capability: "UNSELECT", rfc: "RFC 9051 §6.4.2"},
		{name: "EXPUNGE", run: plain((*session).expunge), states: inSelected, expunge: true, writable: true, need: mailstore.RightExpunge, rfc: "RFC 9051 §6.4.3"},
		{name: "CANCELUPDATE", run: on((*session).cancelUpdate), states: inSelected, expunge: true, capability: "CONTEXT=SEARCH", rfc: "RFC 5267 §4.3.5"},
		{name: "SEARCH", run: on((*session).search), states: inSelected, sequence: true, rfc: "RFC 9051 §6.4.4"},
		{name: "SORT", run: on((*session).sort), states: inSelected, sequence: true, capability: "SORT", rfc: "RFC 5256 §3"},
		{name: "UID SORT", run: on((*session).sort), states: inSelected, expunge: true, capability: "SORT", rfc: "RFC 5256 §3"},
		{name: "THREAD", run: on((*session).thread), states: inSelected, sequence: true, rfc: "RFC 5256 §3"},
		{name: "UID THREAD", run: on((*session).thread), states: inSelected, expunge: true, rfc: "RFC 5256 §3"},
		{name: "FETCH", run: on((*session).fetch), states: inSelected, sequence: true, rfc: "RFC 9051 §6.4.5"},
		{name: "CONVERT", run: on((*session).convert), states: inSelected, sequence: true, capability: "CONVERT", rfc: "RFC 5259 §6"},
		{name: "STORE", run: on((*session).store), states: inSelected, sequence: true, writable: true, rfc: "RFC 9051 §6.4.6"},
		{name: "COPY", run: on((*session).copy), states: inSelected, sequence: true, expunge: true, rfc: "RFC 9051 §6.4.7"},
		{name: "MOVE", run: on((*session).move), states: inSelected, sequence: true, expunge: true, writable: true, need: mailstore.RightDeleted | mailstore.RightExpunge, capability: "MOVE", rfc: "RFC 9051 §6.4.8"},

		{name: "UIDBATCHES", run: on((*session).uidBatches), states: inSelected, expunge: true, capability: "UIDBATCHES", rfc: "RFC 10022 §3.1"},

		{name: "REPLACE", run: on((*session).replace), states: inSelected, sequence: true, expunge: true, writable: true, need: mailstore.RightDeleted | mailstore.RightExpunge, capability: "REPLACE", rfc: "RFC 8508 §3.2"},
		{name: "UID REPLACE", run: on((*session).replace), states: inSelected, expunge: true, writable: true, need: mailstore.RightDeleted | mailstore.RightExpunge, capability: "REPLACE", rfc: "RFC 8508 §3.3"},

		{name: "UID EXPUNGE", run: on((*session).uidExpunge), states: inSelected, expunge: true, writable: true, need: mailstore.RightExpunge, capability: "UIDPLUS", rfc: "RFC 9051 §6.4.9"},
		{name: "UID SEARCH", run: on((*session).search), states: inSelected, expunge: true, rfc: "RFC 9051 §6.4.9"},
		{name: "UID FETCH", run: on((*session).fetch), states: inSelected, expunge: true, rfc: "RFC 9051 §6.4.9"},
		{name: "UID CONVERT", run: on((*session).convert), states: inSelected, expunge: true, capability: "CONVERT", rfc: "RFC 5259 §6"},
		{name: "UID STORE", run: on((*session).store), states: inSelected, expunge: true, writable: true, rfc: "RFC 9051 §6.4.9"},
		{name: "UID COPY", run: on((*session).copy), states: inSelected, expunge: true, rfc: "RFC 9051 §6.4.9"},
		{name: "UID MOVE", run: on((*session).move), states: inSelected, expunge: true, writable: true, need: mailstore.RightDeleted | mailstore.RightExpunge, capability: "MOVE", rfc: "RFC 9051 §6.4.9"},
	}
}

// done answers a command with OK and the text "NAME completed".
var done = imap.StatusResponse{Type: imap.StatusOK}

// ok answers a command with OK, a code and a text of its own.
func ok(code imap.Code, text string) imap.StatusResponse {
	return imap.StatusResponse{Type: imap.StatusOK, Code: code, Text: text}
}

// handler does a command that was parsed. What it returns is the tagged
// response; the zero text stands for "NAME completed".
type handler func(*session, context.Context, command.Command) (imap.StatusResponse, error)

// on makes a handler of a method that takes the parser's own type.
func on[C command.Command](do func(*session, context.Context, C) (imap.StatusResponse, error)) handler {
	return func(s *session, ctx context.Context, c command.Command) (imap.StatusResponse, error) {
		typed, right := c.(C)
		if !right {
			return done, fmt.Errorf("the parser of %s gave a %T: %w", c.Name(), c, errTable)
		}
		return do(s, ctx, typed)
	}
}

// plain makes a handler of a method for a command without arguments.
func plain(do func(*session, context.Context) (imap.StatusResponse, error)) handler {
	return func(s *session, ctx context.Context, _ command.Command) (imap.StatusResponse, error) {
		return do(s, ctx)
	}
}

// parser reads the arguments of a command.
type parser func(*session, command.Options) (command.Command, error)

// arguments reads the arguments of a command.
func (s *session) arguments(r *row) (command.Command, error) {
	if r.parse != nil {
		return r.parse(s, s.parseOptions())
	}
	return command.Parse(s.dec, r.name, s.parseOptions())
}

// errTable says that a row of the table does not fit its parser.
var errTable = errors.New("wrong row")
