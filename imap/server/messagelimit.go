package server

import (
	"fmt"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/mailstore"
)

// This file bounds how many messages one command may be about, where that is
// configured (RFC 9738). Commands that need not be done whole are done for the
// messages with the highest UIDs, from the highest on.

// limitCode is MESSAGELIMIT with the limit and the lowest UID that was dealt with.
func limitCode(n int, lowest restante.UID) imap.Code {
	return imap.CodeMessageLimit(uint32(n), uint32(lowest))
}

// saveLimit is how many messages a COPY or an APPEND may store; 0 is any number
// (RFC 9738 §3).
func (l *Limits) saveLimit() int {
	if l.CommandMessages > 0 {
		return l.CommandMessages
	}
	return l.SavedMessages
}

// limitCapability gives what is told of the limits, if there are any: MESSAGELIMIT
// holds SAVELIMIT.
func (l *Limits) limitCapability() []string {
	switch {
	case l.CommandMessages > 0:
		return []string{fmt.Sprintf("MESSAGELIMIT=%d", l.CommandMessages)}
	case l.SavedMessages > 0:
		return []string{fmt.Sprintf("SAVELIMIT=%d", l.SavedMessages)}
	}
	return nil
}

// clip leaves of the targets the last ones that a command may be about. That it
// did is told with the tagged answer: see limitAnswer.
func (s *session) clip(t *targets) {
	n := s.srv.limits.CommandMessages
	if n == 0 || t.count() <= n {
		return
	}
	t.keepLast(n)
	t.descending = true
	s.limited = t.lowest()
}

// refuseCopy gives the answer to a COPY of more messages than may be stored at
// once; nil where there are not as many. None is copied then.
func (s *session) refuseCopy(t targets) error {
	n := s.srv.limits.saveLimit()
	if n == 0 || t.count() <= n {
		return nil
	}
	t.keepLast(n)
	return imap.No(limitCode(n, t.lowest()), "Too many messages to copy, try a smaller subset")
}

// refusePartial refuses a page that is larger than what a command may be about
// (RFC 9738 §3.1).
func (s *session) refusePartial(p imap.PartialRange) error {
	n := s.srv.limits.CommandMessages
	if n == 0 || p.IsZero() || max(p.A, p.B)-min(p.A, p.B) < uint32(n) {
		return nil
	}
	return s.overLimit()
}

// refuseAppend refuses the message after so many others of an APPEND (RFC 9738
// §3.1).
func (s *session) refuseAppend(messages int) error {
	n := s.srv.limits.saveLimit()
	if n == 0 || messages < n {
		return nil
	}
	return imap.No(limitCode(n, 0), "Too many messages to append; none was stored")
}

// clipDeleted leaves of the targets of a UID EXPUNGE those with \Deleted, as many
// as it may be about.
func (s *session) clipDeleted(t *targets) {
	n := s.srv.limits.CommandMessages
	if n == 0 || t.count() <= n {
		return
	}
	flags := s.newFlagNames()
	deleted := targets{snap: t.snap}
	t.runs(func(r run) bool {
		for i := r.from; i < r.to; i++ {
			if flags.of(r.page.FlagSet(i)).System&mailstore.Deleted != 0 {
				deleted.addUIDRange(r.page.UID(i), r.page.UID(i))
			}
		}
		return true
	})
	s.clip(&deleted)
	*t = deleted
}

// limitAnswer tells with the answer to a command that it was done for some of its
// messages only. Where another code must stand in the tagged answer, the limit is
// told before it (RFC 9738 §3.1); HIGHESTMODSEQ must with QRESYNC (RFC 7162 §3.2.9).
func (s *session) limitAnswer(name string, a imap.StatusResponse, err error) imap.StatusResponse {
	n := s.srv.limits.CommandMessages
	code := limitCode(n, s.limited)
	text := fmt.Sprintf("%s completed for the last %d messages", name, n)
	if err == nil && a.Type == imap.StatusOK && a.Code.Name() == "HIGHESTMODSEQ" && !s.enabled.has(featureQResync) {
		s.untaggedOK(a.Code, "Highest modification sequence")
		a.Code = ""
	}
	if err != nil || a.Type != imap.StatusOK || a.Code != "" {
		s.enc.Status("*", imap.StatusResponse{Type: imap.StatusNo, Code: code, Text: text})
		return a
	}
	return ok(code, text)
}
