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
	"time"

	"github.com/restante/restante/imap"
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
	// Older adds forms that protocols before RFC 3501 had; nil adds none.
	Older  Older
	Limits Limits
}

// Older is the grammar of older protocols for what has changed within commands.
type Older interface {
	// FetchItem reads what follows the name of a fetch-att that RFC 9051 has not; it
	// may name mostFields header fields. Of what it does not know it reads nothing
	// and says that it is not known.
	FetchItem(d *wire.Decoder, name []byte, mostFields int) (item imap.FetchSection, known, ok bool)
	// Date reads a date that RFC 9051 has not, DateTime a date with its time,
	// both without quotes.
	Date(b []byte) (imap.Date, bool)
	DateTime(b []byte) (time.Time, bool)
}

// Limits bound what one command may ask for. A zero field means its default.
type Limits struct {
	SetRanges      int // ranges and numbers of a sequence-set; 1,000,000
	SearchKeys     int // keys of a search program; 1,000
	SortKeys       int // criteria of one SORT; 32
	FetchSections  int // items of a FETCH that name a section; 1,000
	ConvertParams  int // parameters of one CONVERT; 20
	HeaderFields   int // header field names of one FETCH; 1,000
	PartDepth      int // numbers of one section-part; 200
	Flags          int // flags of one STORE or of one message of APPEND; 1,000
	Labels         int // labels of one STORE; 1,000
	GroupDepth     int // groups in groups of one X-GM-RAW; 50
	MailboxName    int // octets of a mailbox name as sent; 3,000
	ListPatterns   int // patterns of one LIST; 100
	Capabilities   int // names of one ENABLE; 100
	AppendMessages int // messages of one APPEND; 1,000
	Ranges         int // languages of one LANGUAGE; 100
	Comparators    int // comparators of one COMPARATOR; 100
	AppendParts    int // parts of one message of APPEND; 1,000
	URL            int // octets of one URL; 8,000
	URLs           int // URLs of one GENURLAUTH or URLFETCH; 1,000
	Contexts       int // tags of one CANCELUPDATE; 1,000

	SearchMailboxes int // names, and source options, of one ESEARCH; 1,000

	MetadataEntries int // entries of one GETMETADATA, SETMETADATA or LIST; 1,000
	MetadataValue   int // octets of a value of SETMETADATA; 64 KiB

	FetchAnnotations int // entries of annotations that one FETCH names; 100
	Annotations      int // values of annotations of one STORE, or of one message of APPEND; 1,000
	AnnotationValue  int // octets of one of them; 64 KiB
	AnnotationEntry  int // octets of the name of one; 255

	NotifyGroups    int // groups of one NOTIFY; 100
	NotifyMailboxes int // mailbox names of one NOTIFY; 1,000
}

// MaxSearchKeys gives how many keys a search program may have.
func (l Limits) MaxSearchKeys() int { return or(l.SearchKeys, 1000) }

// or gives a limit, or its default where it is zero.
func or(limit, def int) int {
	if limit == 0 {
		return def
	}
	return limit
}

// setRanges gives the limit of a sequence-set.
func (o *Options) setRanges() int { return or(o.Limits.SetRanges, 1_000_000) }

// ParseHeader reads a command's tag and name, after [wire.Decoder.Begin]. The
// name is in upper case, and begins with "UID " where that was before it (RFC
// 9051 §9, command, uid). The tag is given also with an error, if it was legal.
func ParseHeader(d *wire.Decoder) (tag, name string, err error) {
	b, ok := d.Tag()
	if !ok {
		return "", "", d.Err()
	}
	tag = string(b)
	if more := !d.AtEnd(); !d.ExpectSP() {
		if more {
			tag = "" // of which an octet that no tag has is a part
		}
		return tag, "", d.Err()
	}
	b, ok = d.Keyword()
	if !ok {
		return tag, "", d.Err()
	}
	if string(b) != "UID" {
		return tag, intern(b), nil
	}
	if !d.ExpectSP() {
		return tag, "", d.Err()
	}
	if b, ok = d.Keyword(); !ok {
		return tag, "", d.Err()
	}
	return tag, internUID(b), nil
}

// intern gives the name without allocating, if it is a popular one.
func intern(b []byte) string {
	switch string(b) {
	case "FETCH":
		return "FETCH"
	case "STORE":
		return "STORE"
	case "NOOP":
		return "NOOP"
	case "IDLE":
		return "IDLE"
	case "APPEND":
		return "APPEND"
	case "SELECT":
		return "SELECT"
	case "STATUS":
		return "STATUS"
	case "SEARCH":
		return "SEARCH"
	case "LIST":
		return "LIST"
	}
	return string(b[:min(len(b), longestName)])
}

// internUID gives the name behind "UID " in full.
func internUID(b []byte) string {
	switch string(b) {
	case "FETCH":
		return "UID FETCH"
	case "STORE":
		return "UID STORE"
	case "SEARCH":
		return "UID SEARCH"
	case "COPY":
		return "UID COPY"
	case "MOVE":
		return "UID MOVE"
	case "EXPUNGE":
		return "UID EXPUNGE"
	case "SORT":
		return "UID SORT"
	case "THREAD":
		return "UID THREAD"
	}
	return "UID " + string(b[:min(len(b), longestName)])
}

// longestName bounds what is kept of a command name, of which none is as long.
const longestName = 40

// end ends a command. Spaces at its end are taken: Outlook sends one behind AUTH
// commands, and scripted clients behind SELECT.
func end(d *wire.Decoder) error {
	d.ExpectEndLoosely()
	return d.Err()
}
