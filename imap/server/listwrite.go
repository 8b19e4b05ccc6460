package server

import (
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/wire"
)

// nameResponse writes one LIST or LSUB response: the attributes, and then the
// name.
type nameResponse struct {
	enc   *wire.Encoder
	attrs int
}

func (s *session) nameResponse(word string) nameResponse {
	s.enc.Untagged().Raw(word).Raw(" (")
	return nameResponse{enc: s.enc}
}

// attr writes an attribute (RFC 9051 §7.3.1).
func (r *nameResponse) attr(a string) {
	if r.attrs > 0 {
		r.enc.SP()
	}
	r.attrs++
	r.enc.Raw(a)
}

// existence writes the attribute of a name that cannot be selected.
func (r *nameResponse) existence(e listEntry) {
	switch {
	case e.mailbox == nil:
		r.attr(imap.AttrNonExistent)
	case e.mailbox.NoSelect:
		r.attr(imap.AttrNoSelect)
	}
}

// name writes the attributes that every name has, the delimiter and the name.
// Special uses and whether there are children are told unasked: they cost
// nothing, and Apple Mail looks for them in the plain LIST.
func (r *nameResponse) name(e listEntry) *wire.Encoder {
	if e.children {
		r.attr(imap.AttrHasChildren)
	} else {
		r.attr(imap.AttrHasNoChildren)
	}
	for _, use := range e.uses() {
		r.attr(use)
	}
	return r.enc.Raw(`) "/" `).Mailbox(e.name)
}

// writeListed writes the LIST response of a name.
func (s *session) writeListed(e listEntry, o imap.ListOptions) {
	r := s.nameResponse("LIST")
	if e.subscribed {
		r.attr(imap.AttrSubscribed)
	}
	r.existence(e)
	r.name(e)
	if e.childInfo {
		s.writeChildInfo(o)
	}
	s.enc.CRLF()
}

// writeChildInfo writes the selection options that inferiors of a name meet
// (RFC 9051 §6.3.9.6).
func (s *session) writeChildInfo(o imap.ListOptions) {
	s.enc.Raw(` ("CHILDINFO" (`)
	if o.Select.Has(imap.ListSelectSubscribed) {
		s.enc.Raw(`"SUBSCRIBED"`)
	}
	if o.Select.Has(imap.ListSelectSubscribed | imap.ListSelectSpecialUse) {
		s.enc.SP()
	}
	if o.Select.Has(imap.ListSelectSpecialUse) {
		s.enc.Raw(`"SPECIAL-USE"`)
	}
	s.enc.Raw("))")
}

// writeRenamed writes the LIST response that tells a mailbox's name with the
// name by which the client called it (RFC 9051 §6.3.9.7).
func (s *session) writeRenamed(e listEntry, old string) {
	r := s.nameResponse("LIST")
	r.existence(e)
	r.name(e)
	s.enc.Raw(` ("OLDNAME" (`).Mailbox(old).Raw("))").CRLF()
}

// writeSubscribed writes an LSUB response (RFC 3501 §7.2.3). It has special uses,
// which Outlook looks for here. A level that is only above subscribed names is
// \Noselect, and so is a name without a mailbox, as Thunderbird needs it.
func (s *session) writeSubscribed(e listEntry) {
	r := s.nameResponse("LSUB")
	if !e.subscribed || e.mailbox == nil || e.mailbox.NoSelect {
		r.attr(imap.AttrNoSelect)
	}
	r.name(e)
	s.enc.CRLF()
}
