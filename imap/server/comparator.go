package server

import (
	"context"
	"slices"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/search"
)

// collation is how a session's texts are compared: its active comparator, and
// whether SORT puts texts in the other direction (RFC 5255 §4.2, RFC 4790 §3.3).
// The zero value is the default comparator.
type collation struct {
	by       search.Comparator
	inverted bool
}

// String is its name, as a collation-selected of RFC 4790 §3.3.
func (c collation) String() string {
	if c.inverted {
		return "-" + c.by.String()
	}
	return c.by.String()
}

// maySearch refuses to look for the text of a key by a comparator without substrings
// (RFC 5255 §4.4). Without a text the key asks whether there is a field.
func (c collation) maySearch(k *imap.SearchKey) error {
	if c.by.Substrings() || k.Text == "" {
		return nil
	}
	return imap.Bad("The active comparator cannot look for texts in others")
}

// setComparator handles COMPARATOR (RFC 5255 §4.7): without an argument it tells
// the active comparator, else the first that matches becomes it. Searches that
// tell their updates go on by the one with which they began.
func (s *session) setComparator(_ context.Context, c command.Comparator) (imap.StatusResponse, error) {
	var matching []search.Comparator
	active := s.collation
	for _, order := range c.Orders {
		for _, by := range order.Matches() {
			if len(matching) == 0 {
				active = collation{by: by, inverted: order.Inverted}
			}
			if !slices.Contains(matching, by) {
				matching = append(matching, by)
			}
		}
	}
	if len(c.Orders) > 0 && len(matching) == 0 {
		return done, imap.No(imap.CodeBadComparator, "No comparator of this server matches")
	}
	if s.collation != active && s.selected != nil {
		s.selected.collation = active
		s.selected.kept = nil // was found by the other one
	}
	s.collation = active
	s.enc.Raw("* COMPARATOR ").Raw(active.String())
	if len(matching) > 1 {
		for i, by := range matching {
			s.enc.Raw([...]string{" (", " "}[min(i, 1)]).Raw(by.String())
		}
		s.enc.Close()
	}
	s.enc.CRLF()
	return done, nil
}
