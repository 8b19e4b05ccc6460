package server

import "github.com/restante/restante/imap"

// enableCondStore notes that the client is aware of modification sequences. A
// client that becomes so in the selected state is told the mailbox's (RFC 7162
// §3.1.2.1).
func (s *session) enableCondStore() {
	if s.enabled.has(featureCondStore) {
		return
	}
	s.enabled |= featureCondStore
	if s.selected != nil {
		s.untaggedOK(imap.CodeHighestModSeq(uint64(s.selected.view.HighestModSeq())), "Highest modification sequence")
	}
}

// tellLag tells a client that knows of modification sequences up to which one it
// knows everything, while expunges are held back from it: from MODSEQ items
// above theirs it would conclude that there is nothing more to hear (RFC 7162
// §3.2, §6). Once it has heard of them, it is told that it has caught up.
func (s *session) tellLag() {
	if s.selected == nil || !s.enabled.has(featureCondStore) || s.pushing && s.selected.silent {
		return
	}
	behind := s.selected.view.Behind()
	switch {
	case behind:
		s.untaggedOK(imap.CodeHighestModSeq(uint64(s.selected.view.HighestModSeq())), "Not everything is told")
	case s.selected.lagging:
		s.untaggedOK(imap.CodeHighestModSeq(uint64(s.selected.view.HighestModSeq())), "All is told")
	}
	s.selected.lagging = behind
}

// lagged gives a tagged answer in which HIGHESTMODSEQ is up to where the client was told
// everything (RFC 7162 §3.2): NOTIFY or a store that fails may have kept something from
// it, and what the answer says last is what the client keeps (RFC 7162 §6).
func (s *session) lagged(a imap.StatusResponse) imap.StatusResponse {
	if s.selected != nil && a.Code.Name() == "HIGHESTMODSEQ" {
		a.Code = imap.CodeHighestModSeq(uint64(s.selected.view.HighestModSeq()))
	}
	return a
}
