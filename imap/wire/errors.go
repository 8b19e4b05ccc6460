package wire

import (
	"errors"

	"github.com/restante/restante/imap"
)

// ErrOutOfSync says that the rest of a bad command cannot be skipped within
// bounds, so that what follows cannot be trusted to be a command: the
// connection has to be closed, with BYE.
var ErrOutOfSync = errors.New("the rest of the command is too long to be skipped")

// ErrorKind says what sort of fault a command has, and so how it is answered.
type ErrorKind uint8

// The kinds of faults.
const (
	Syntax      ErrorKind = iota // not the grammar: BAD
	OverLimit                    // one of the limits: NO [LIMIT] (RFC 9051 §7.1)
	TooBig                       // a literal above its limit: NO [TOOBIG] (RFC 7889 §4)
	BadCharset                   // a charset that is not known: NO [BADCHARSET]
	BadName                      // a mailbox name that cannot be one: NO [CANNOT]
	Unsupported                  // understood, but not to be had: NO [CANNOT]
)

// Error is a fault in a command. Text is for the client and says what is wrong
// with what it sent.
type Error struct {
	Kind ErrorKind
	Text string
	Code imap.Code // of the response; empty: that of the kind
}

// Error gives the text.
func (e *Error) Error() string { return e.Text }

// Response gives the status response that answers the command.
func (e *Error) Response() *imap.StatusResponse {
	switch {
	case e.Code != "":
		return imap.No(e.Code, e.Text)
	case e.Kind == OverLimit:
		return imap.No(imap.CodeLimit, e.Text)
	case e.Kind == TooBig:
		return imap.No(imap.CodeTooBig, e.Text)
	case e.Kind == BadCharset:
		return imap.No(imap.CodeBadCharsets([]string{"US-ASCII", "UTF-8"}), e.Text)
	case e.Kind == BadName, e.Kind == Unsupported:
		return imap.No(imap.CodeCannot, e.Text)
	}
	return imap.Bad(e.Text)
}
