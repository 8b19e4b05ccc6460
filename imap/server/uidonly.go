package server

import (
	"slices"
	"strconv"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
)

// This file is all that knows how messages are named to a client that enabled
// UIDONLY (RFC 9586): by UID alone, in FETCH responses that are called UIDFETCH,
// and in no command by a number.

// errUIDRequired answers a command that names messages by sequence number after
// ENABLE UIDONLY (RFC 9586 §3).
func errUIDRequired() *imap.StatusResponse {
	return &imap.StatusResponse{Type: imap.StatusBad, Code: imap.CodeUIDRequired, Text: "Message numbers are not allowed once UIDONLY is enabled"}
}

// uidOnly reports whether sequence numbers are neither taken nor told.
func (s *session) uidOnly() bool { return s.enabled.has(featureUIDOnly) }

// endNumbered ends the updates of searches whose results were told by sequence number.
func (s *session) endNumbered() {
	if s.selected == nil {
		return
	}
	s.selected.watches = slices.DeleteFunc(s.selected.watches, func(w *watch) bool {
		if !w.uid {
			s.noUpdate(w.tag, "Its updates cannot be told any more")
		}
		return !w.uid
	})
}

// appendFetchHead writes "* n FETCH (", or "* uid UIDFETCH (" (RFC 9586 §3.3).
func (s *session) appendFetchHead(dst []byte, seq int, uid restante.UID) []byte {
	dst = append(dst, "* "...)
	if s.uidOnly() {
		dst = strconv.AppendUint(dst, uint64(uid), 10)
		return append(dst, " UIDFETCH ("...)
	}
	dst = strconv.AppendUint(dst, uint64(seq), 10)
	return append(dst, " FETCH ("...)
}

// addsUID reports whether a UID command's FETCH data has a UID that the client
// did not ask for (RFC 9051 §6.4.9): a UIDFETCH has it at its head.
func (s *session) addsUID() bool { return !s.uidOnly() }

// tellsVanished reports whether expunges are told by UID: to clients that
// enabled QRESYNC (RFC 7162 §3.2.10) or UIDONLY (RFC 9586 §3.6).
func (s *session) tellsVanished() bool {
	return s.enabled.has(featureQResync) || s.uidOnly()
}

// numbered refuses a command that has sequence numbers in its arguments: a
// search key that is a sequence-set (RFC 9586 §3.5), of which "$" is one
// (RFC 9051 §9), and the message numbers of QRESYNC (RFC 9586 §3.7).
func (s *session) numbered(c command.Command) error {
	if !s.uidOnly() {
		return nil
	}
	switch c := c.(type) {
	case interface{ SearchKey() *imap.SearchKey }:
		if c.SearchKey().Uses(imap.SearchSeq) {
			return errUIDRequired()
		}
	case command.Select:
		if c.QResync != nil && !c.QResync.MatchSeqs.IsEmpty() {
			return errUIDRequired()
		}
	}
	return nil
}
