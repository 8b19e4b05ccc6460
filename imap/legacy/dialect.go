// Package legacy is the grammar of the protocols that came before IMAP4rev1: IMAP4
// (RFC 1730, with the obsolete forms that RFC 2062 lists), IMAP2bis (RFC 2061), IMAP2
// (RFC 1176 and 1064) and IMAP3 (RFC 1203). Its parsers make the commands of package
// command, and [Shaper] turns the responses to them into what the clients of those
// protocols read. It does no input or output beyond the decoder and the writer that
// it is given.
package legacy

import "bytes"

// Dialect is a protocol, as far as its commands and responses differ.
type Dialect uint8

// The dialects.
const (
	// IMAP4 is RFC 1730 and all that followed it: the older forms are additions to it
	// that change no other command.
	IMAP4    Dialect = iota
	IMAP2bis         // RFC 1176 with what came to it before RFC 1730
	IMAP2            // RFC 1176 and RFC 1064
	IMAP3            // RFC 1203
)

// Clue is what a command says of the client that sends it.
type Clue uint8

// The clues.
const (
	ClueNone Clue = iota // every client sends such commands
	ClueIMAP4
	ClueIMAP2bis // unless the client has shown that it is newer
	ClueIMAP2    // unless the client has shown that it is newer
	ClueLater    // IMAP2 has no such command, IMAP2bis has
)

// ClueOf gives what the client's command tells, by its name in upper case and what
// follows that on the line.
func ClueOf(name string, rest []byte) Clue {
	word, _, _ := bytes.Cut(bytes.TrimPrefix(rest, []byte(" ")), []byte(" "))
	switch name {
	case "NOOP", "LOGIN", "LOGOUT", "SELECT", "CHECK", "EXPUNGE", "COPY", "FETCH", "STORE", "SEARCH":
		return ClueNone
	case "SUPPORTED.VERSIONS", "SELECT.VERSION", "SELECT.FEATURES":
		return ClueNone // they are answered in any dialect
	case "BBOARD":
		return ClueIMAP2
	case "FIND":
		if len(word) > 4 && bytes.EqualFold(word[:4], []byte("ALL.")) {
			return ClueIMAP2bis
		}
		return ClueIMAP2
	case "PARTIAL":
		return ClueIMAP2bis
	case "SUBSCRIBE", "UNSUBSCRIBE":
		if bytes.EqualFold(word, []byte("BBOARD")) || bytes.EqualFold(word, []byte("MAILBOX")) && len(rest) > len(" MAILBOX ") {
			return ClueIMAP2bis
		}
		return ClueLater
	case "CREATE", "DELETE", "RENAME", "APPEND", "EXAMINE":
		return ClueLater
	}
	return ClueIMAP4
}

// After gives the dialect of a client that has been taken to speak d and whose
// command gives a clue. A client that has shown itself newer is not asked again.
func (d Dialect) After(c Clue) Dialect {
	switch {
	case c == ClueIMAP2 && d == IMAP4:
		return IMAP2
	case c == ClueIMAP2bis, c == ClueLater && d == IMAP2:
		return IMAP2bis
	case c == ClueIMAP4:
		return IMAP4
	}
	return d
}
