package server

import (
	"context"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
)

// xlist handles XLIST, with which clients of Gmail's first years look for special
// uses: it is the LIST of RFC 3501, with the attributes that Gmail has in place of
// those of RFC 6154.
func (s *session) xlist(ctx context.Context, c command.XList) (imap.StatusResponse, error) {
	if c.Pattern == "" {
		s.enc.Raw(`* XLIST (\Noselect) "/" ""`).CRLF()
		return done, nil
	}
	p := newPatterns(c.Reference, []string{c.Pattern})
	catalog, err := s.catalog(ctx, p)
	if err != nil {
		return done, err
	}
	l := listing{catalog: catalog, patterns: p}
	l.each(func(e listEntry) {
		r := s.nameResponse("XLIST")
		r.existence(e)
		if e.children {
			r.attr(imap.AttrHasChildren)
		} else {
			r.attr(imap.AttrHasNoChildren)
		}
		if e.name == "INBOX" {
			r.attr(`\Inbox`)
		}
		for _, use := range e.uses() {
			r.attr(xlistUse(use))
		}
		s.enc.Raw(`) "/" `).Mailbox(e.name).CRLF()
	})
	return done, nil
}

// xlistUse gives Gmail's word for a special use; most are the same.
func xlistUse(use string) string {
	switch use {
	case imap.AttrAll:
		return `\AllMail`
	case imap.AttrJunk:
		return `\Spam`
	case imap.AttrFlagged:
		return `\Starred`
	}
	return use
}
