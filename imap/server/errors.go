package server

import (
	"context"
	"errors"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/mailstore"
)

// failure is one row of how an error kind is answered.
type failure struct {
	kind error
	code imap.Code
	text string
}

// failures maps the error kinds of the layers below to response codes (RFC 9051
// §7.1, RFC 5530 §3). The order matters only for errors of several kinds. Kinds
// that mean something else to one command are answered by that command with an
// [imap.StatusResponse] of its own: a missing target of COPY is TRYCREATE.
var failures = [...]failure{
	{mailstore.ErrSpecialUse, imap.CodeUseAttr, "This special use is not supported, or another mailbox has it"},
	{restante.ErrNotFound, imap.CodeNonExistent, "No such mailbox"},
	{restante.ErrExists, imap.CodeAlreadyExists, "Mailbox exists already"},
	{restante.ErrHasChildren, imap.CodeHasChildren, "Mailbox has inferior names"},
	{restante.ErrNotPermitted, imap.CodeCannot, "This is not permitted"},
	{restante.ErrTooLarge, imap.CodeTooBig, "Message is too large"},
	{restante.ErrOverQuota, imap.CodeOverQuota, "Over quota"},
	{mailstore.ErrName, imap.CodeCannot, "No mailbox can have this name"},
	{mailstore.ErrNameLimit, imap.CodeLimit, "Mailbox name is too long, or has too many levels"},
	{mailstore.ErrMailboxLimit, imap.CodeLimit, "Too many mailboxes"},
	{mailstore.ErrKeywordLimit, imap.CodeLimit, "Too many keywords, or one is too long"},
	{restante.ErrLimit, imap.CodeLimit, "A limit of this server is reached"},
	{restante.ErrExpunged, imap.CodeExpungeIssued, "Some of the messages are gone"},
	{restante.ErrUnknownCharset, imap.CodeBadCharset, "Unknown charset"},
	{restante.ErrInvalid, imap.CodeCannot, "This can never succeed"},
	{restante.ErrAuthFailed, imap.CodeAuthenticationFailed, "Authentication failed"},
	{restante.ErrNoSpace, imap.CodeUnavailable, "No space left on the server"},
	{restante.ErrUnavailable, imap.CodeUnavailable, tryLater},
	{restante.ErrCorrupt, imap.CodeCorruption, "Stored data is damaged; the administrator has been told"},
	{context.Canceled, imap.CodeUnavailable, "Interrupted"},
	{context.DeadlineExceeded, imap.CodeUnavailable, "This took too long"},
}

// tryLater is told where nothing is wrong with what was asked for.
const tryLater = "Temporarily unavailable, try again later"

// statusOf gives the response that answers err, and whether err is one that the
// administrator should see in the log. Nothing of err's own text reaches the
// client but that of an [imap.StatusResponse], which is meant for it.
func statusOf(err error) (r imap.StatusResponse, serious bool) {
	var own *imap.StatusResponse
	if errors.As(err, &own) {
		return *own, false
	}
	for _, f := range failures {
		if errors.Is(err, f.kind) {
			serious := f.kind == restante.ErrCorrupt || f.kind == restante.ErrNoSpace || f.kind == restante.ErrUnavailable
			return imap.StatusResponse{Type: imap.StatusNo, Code: f.code, Text: f.text}, serious
		}
	}
	return imap.StatusResponse{Type: imap.StatusNo, Code: imap.CodeServerBug, Text: "Internal error; the administrator has been told"}, true
}
