package server

import (
	"context"
	"maps"
	"slices"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/imap/legacy"
)

// elder is what a session knows of a client that may speak an older protocol. There
// is one where the server is configured to understand them.
type elder struct {
	dialect legacy.Dialect
	// certain says that the dialect does not change with what the client sends any
	// more: it has named it, or shown that it is newer than all but IMAP4.
	certain  bool
	features legacy.Features
	shaper   *legacy.Shaper // what the responses pass on their way; nil in IMAP4
	known    knownFlags
	cancel   func() // of the subscription of NEW.MAIL.NOTIFY; nil: none
}

// dialects are the commands of each dialect.
type dialects [legacy.IMAP3 + 1]map[string]*row

// newDialects gives the commands of the dialects, those of now among them.
func newDialects(rows map[string]*row) *dialects {
	var d dialects
	add := func(to legacy.Dialect, list ...row) {
		for i := range list {
			d[to][list[i].name] = &list[i]
		}
	}
	d[legacy.IMAP4] = maps.Clone(rows)
	add(legacy.IMAP4, olderRows()...)
	add(legacy.IMAP4, versionRows()...)
	add(legacy.IMAP4, row{name: "BBOARD", parse: parseSelect1176, run: on((*session).selectMailbox), states: authenticated, rfc: "RFC 2061"})
	for _, dialect := range []legacy.Dialect{legacy.IMAP2bis, legacy.IMAP2, legacy.IMAP3} {
		d[dialect] = make(map[string]*row)
		add(dialect, olderRows()...)
		add(dialect, imap2Rows()...)
		for _, name := range []string{"NOOP", "LOGIN"} {
			d[dialect][name] = rows[name]
		}
		if dialect != legacy.IMAP2bis {
			for _, name := range []string{"PARTIAL", "SUBSCRIBE", "UNSUBSCRIBE"} {
				delete(d[dialect], name)
			}
		}
	}
	for _, name := range []string{"CREATE", "DELETE", "RENAME", "APPEND", "EXAMINE"} {
		d[legacy.IMAP2bis][name] = rows[name]
	}
	add(legacy.IMAP3, imap3Rows()...)
	return &d
}

// row gives the row of a command, nil where there is none. With older protocols the
// command may tell which of them the client speaks.
func (s *session) row(name string) *row {
	e := s.elder
	if e == nil {
		return s.srv.rows[name]
	}
	if clue := legacy.ClueOf(name, s.dec.Upcoming()); !e.certain && s.srv.dialects[legacy.IMAP4][name] != nil {
		s.speak(e.dialect.After(clue))
		e.certain = clue == legacy.ClueIMAP4
	}
	return s.srv.dialects[e.dialect][name]
}

// speak goes on in a dialect.
func (s *session) speak(d legacy.Dialect) {
	e := s.elder
	if d == e.dialect {
		return
	}
	e.dialect, e.features = d, d.Features()
	if err := s.enc.Flush(); err != nil {
		return // sticks, and ends the session
	}
	if d == legacy.IMAP4 {
		e.shaper = nil
		s.enc.Reset(s.conn)
		return
	}
	e.shaper = legacy.NewShaper(s.conn, d)
	s.enc.Reset(e.shaper)
}

// olderRows are the commands that later revisions do not have, or have otherwise,
// which are the same in all dialects that have them.
func olderRows() []row {
	return []row{
		{name: "FIND", parse: parseFind, run: on((*session).find1176), states: authenticated, expunge: true, rfc: "RFC 1730 §A"},
		{name: "PARTIAL", parse: parsePartial, run: on((*session).fetch), states: inSelected, sequence: true, rfc: "RFC 1730 §6.4.6"},
		{name: "SUBSCRIBE", parse: parseSubscribe, run: on((*session).subscribe), states: authenticated, expunge: true, rfc: "RFC 1730 §6.3.6"},
		{name: "UNSUBSCRIBE", parse: parseSubscribe, run: on((*session).subscribe), states: authenticated, expunge: true, rfc: "RFC 1730 §6.3.7"},
	}
}

func parseFind(s *session, o command.Options) (command.Command, error) {
	c, err := legacy.ParseFind(s.dec, s.elder.dialect, o)
	return c, err
}

func parsePartial(s *session, o command.Options) (command.Command, error) {
	c, err := legacy.ParsePartial(s.dec, o)
	return c, err
}

func parseSubscribe(s *session, o command.Options) (command.Command, error) {
	c, bboard, err := legacy.ParseSubscribe(s.dec, s.name, o)
	if bboard {
		c.Mailbox = bulletinBoard(c.Mailbox)
	}
	return c, err
}

// find1176 handles FIND (RFC 2062, RFC 1176, RFC 1203). A response tells a name
// and nothing of it, so that only names that can be selected are told.
func (s *session) find1176(ctx context.Context, c legacy.Find) (imap.StatusResponse, error) {
	names, err := s.foundNames(ctx, c)
	if err != nil {
		return done, err
	}
	word := "MAILBOX"
	if c.BBoards {
		word = "BBOARD"
	}
	for _, name := range names {
		s.enc.Untagged().Raw(word).SP()
		if !plainName(name) {
			s.enc.Mailbox(name)
		} else {
			s.enc.Raw(name)
		}
		s.enc.CRLF()
	}
	return ok("", c.Form()+" completed"), nil
}

// plainName reports whether a name can be told without quotes.
func plainName(name string) bool { return imap.IsAString(name) && !slices.Contains([]byte(name), '&') }

// foundNames gives the names that a FIND finds. Before RFC 1730 INBOX is not among
// them, and MAILBOXES finds those that are not subscribed too, for which IMAP2 has no
// word.
func (s *session) foundNames(ctx context.Context, c legacy.Find) ([]string, error) {
	p := newPatterns("", []string{"*"})
	catalog, err := s.catalog(ctx, p)
	if err != nil {
		return nil, err
	}
	d := s.elder.dialect
	l := listing{catalog: catalog, patterns: p}
	if !c.All && (d == legacy.IMAP4 || d == legacy.IMAP2bis) {
		l.options.Select = imap.ListSelectSubscribed
	}
	var names []string
	l.each(func(e listEntry) {
		if e.mailbox == nil || e.mailbox.NoSelect || e.name == "INBOX" && (d == legacy.IMAP2 || d == legacy.IMAP3) {
			return
		}
		name, board := boardName(e.name)
		if c.BBoards != board && (c.BBoards || d != legacy.IMAP4) {
			return
		}
		if !c.BBoards {
			name = e.name
		}
		if c.Pattern.Match(name) {
			names = append(names, name)
		}
	})
	return names, nil
}
