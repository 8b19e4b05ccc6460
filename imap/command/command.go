// Package command turns the bytes of a client's command into a typed value: one
// file a command, each with its grammar above it. It does no input or output
// beyond what the decoder it is given reads.
//
// A parser is called with the decoder behind the command's name and leaves it
// behind the end of the command's line, except for APPEND, IDLE and
// AUTHENTICATE, whose commands go on. An error is a *[wire.Error] that says what
// to answer; the decoder then has to be resynchronised with
// [wire.Decoder.Finish], which also serves after a command that was read whole.
package command

import (
	"log/slog"

	"github.com/restante/restante/imap/wire"
)

// Command is a parsed command. Its LogValue is fit for a log: it has no
// password and no message data.
type Command interface {
	slog.LogValuer
	// Name is the command's name in upper case, with "UID " before it where it
	// takes unique identifiers.
	Name() string
}

// Options are what a parser has to know of the session.
type Options struct {
	// UTF8 says that mailbox names are UTF-8: IMAP4rev2 or UTF8=ACCEPT was
	// enabled (RFC 9051 §5.1, RFC 9755 §3). Otherwise they are in modified
	// UTF-7 (RFC 3501 §5.1.3).
	UTF8 bool
	// Charset gives the conversion of a charset's text to UTF-8, which may
	// fail for text that is not of the charset. nil means that there is no
	// such charset. US-ASCII and UTF-8 are never asked for. A nil Charset
	// knows no others.
	Charset func(name string) func([]byte) (string, error)
	Limits  Limits
}

// Limits bound what one command may ask for. A zero field means its default.
type Limits struct {
	SetRanges      int // ranges and numbers of a sequence-set; 100,000
	SearchKeys     int // keys of a search program; 1,000
	FetchItems     int // items of a FETCH; 1,000
	HeaderFields   int // field names of one HEADER.FIELDS; 1,000
	PartDepth      int // numbers of one section-part; 100
	Flags          int // flags of one STORE or APPEND; 1,000
	MailboxName    int // octets of a mailbox name in UTF-8; 1,000
	ListPatterns   int // patterns of one LIST; 100
	Capabilities   int // names of one ENABLE; 100
	AppendMessages int // messages of one APPEND; 1,000
	IDFields       int // fields of one ID; 30 (RFC 2971 §3.3)
}

func (l *Limits) fill() {}

var _ = wire.NewDecoder
