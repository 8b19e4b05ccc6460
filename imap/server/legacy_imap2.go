package server

import (
	"context"
	"errors"
	"slices"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/imap/legacy"
	"github.com/restante/restante/mailstore"
)

// imap2Rows are the commands of RFC 1176, which RFC 1203 has too, and with
// SELECT.VERSION and its like those by which a client chooses between them.
func imap2Rows() []row {
	rows := []row{
		{name: "SELECT", parse: parseSelect1176, run: solicited(on((*session).select1176)), states: authenticated, rfc: "RFC 1176"},
		{name: "BBOARD", parse: parseSelect1176, run: solicited(on((*session).select1176)), states: authenticated, rfc: "RFC 1176"},
		{name: "FIND", parse: parseFind, run: solicited(on((*session).find1176)), states: authenticated, expunge: true, rfc: "RFC 1176"},
		{name: "LOGOUT", run: solicited(plain((*session).logout)), states: anyState, rfc: "RFC 1176"},
		{name: "CHECK", run: solicited(plain((*session).check1176)), states: inSelected, expunge: true, rfc: "RFC 1176"},
		{name: "EXPUNGE", run: solicited(plain((*session).expunge1176)), states: inSelected, expunge: true, need: mailstore.RightExpunge, rfc: "RFC 1176"},
		{name: "COPY", parse: parseCopy1176, run: solicited(on((*session).copy1176)), states: inSelected, sequence: true, expunge: true, rfc: "RFC 1176"},
		{name: "FETCH", parse: parseFetch1176, run: solicited(on((*session).fetch)), states: inSelected, sequence: true, rfc: "RFC 1176"},
		{name: "STORE", parse: parseStore1203, run: solicited(on((*session).store1176)), states: inSelected, sequence: true, rfc: "RFC 1176"},
		{name: "SEARCH", parse: parseSearch1176, run: solicited(on((*session).search1176)), states: inSelected, sequence: true, rfc: "RFC 1176"},
	}
	return append(rows, versionRows()...)
}

// solicited gives a handler whose responses are told as those to its command (RFC
// 1203); what others have changed is told before as news.
func solicited(run handler) handler {
	return func(s *session, ctx context.Context, c command.Command) (imap.StatusResponse, error) {
		if s.selected != nil && s.state == stateSelected {
			if err := s.sync(ctx, false, false); err != nil {
				return done, err
			}
		}
		s.shape(func(to *legacy.Shaper) {
			to.Tag = "*"
			if s.elder.features.Has(legacy.TaggedSolicited) {
				to.Tag = s.tag
			}
			fetch := c.Name() == "FETCH"
			to.Stored = c.Name() == "STORE" && s.elder.dialect != legacy.IMAP2bis || s.elder.dialect == legacy.IMAP3 && !fetch
			to.Fetch, _ = c.(*legacy.Fetch)
		})
		answer, err := run(s, ctx, c)
		s.shape(func(to *legacy.Shaper) {
			to.Tag, to.Stored, to.Fetch = "*", s.elder.dialect == legacy.IMAP3, nil
		})
		return answer, err
	}
}

// shape changes how responses are told from here on.
func (s *session) shape(change func(*legacy.Shaper)) {
	if s.elder.shaper == nil {
		return
	}
	if err := s.enc.Flush(); err == nil { // else it sticks, and ends the session
		change(s.elder.shaper)
	}
}

func parseSelect1176(s *session, o command.Options) (command.Command, error) {
	c, err := legacy.ParseSelect(s.dec, o)
	if s.name == "BBOARD" {
		c.Mailbox = bulletinBoard(c.Mailbox)
	}
	return c, err
}

func parseCopy1176(s *session, o command.Options) (command.Command, error) {
	return legacy.ParseCopy(s.dec, o)
}

func parseFetch1176(s *session, o command.Options) (command.Command, error) {
	return command.ParseFetch(s.dec, false, o)
}

func parseSearch1176(s *session, o command.Options) (command.Command, error) {
	return legacy.ParseSearch(s.dec, s.elder.dialect, o)
}

// select1176 handles SELECT and BBOARD (RFC 1176, RFC 1203).
func (s *session) select1176(ctx context.Context, c command.Select) (imap.StatusResponse, error) {
	s.elder.known = knownFlags{}
	answer, err := s.selectMailbox(ctx, c)
	s.followNewMail()
	if err == nil && answer.Code == imap.CodeReadOnly {
		s.tellReadOnly()
	}
	return answer, err
}

// tellReadOnly tells a client of IMAP3 that it cannot change the mailbox (RFC 1203,
// READONLY).
func (s *session) tellReadOnly() {
	if s.elder.dialect == legacy.IMAP3 {
		s.enc.Raw("* READONLY").CRLF()
	}
}

// refuseWriting answers a command that changes a mailbox which is open read-only.
func (s *session) refuseWriting() error {
	if !s.selected.readOnly && s.selected.rights&s.srv.store.WriteRights() != 0 {
		return nil
	}
	s.tellReadOnly()
	return imap.No(imap.CodeReadOnly, "Mailbox is read-only")
}

// check1176 handles CHECK, whose answer tells how many messages there are in any
// case (RFC 1176, RFC 1203).
func (s *session) check1176(ctx context.Context) (imap.StatusResponse, error) {
	if err := s.sync(ctx, true, false); err != nil {
		return done, err
	}
	s.tellCount()
	s.untaggedNumber(s.selected.view.RecentCount(), "RECENT")
	return done, nil
}

func (s *session) tellCount() { s.untaggedNumber(s.selected.view.Shown().Len(), "EXISTS") }

// expunge1176 handles EXPUNGE with a check before and behind it (RFC 1176).
func (s *session) expunge1176(ctx context.Context) (imap.StatusResponse, error) {
	if err := s.refuseWriting(); err != nil {
		return done, err
	}
	s.tellCount()
	answer, err := s.expunge(ctx)
	if err == nil {
		err = s.sync(ctx, true, false)
	}
	if err == nil {
		s.tellCount()
	}
	return answer, err
}

// store1176 handles STORE (RFC 1176, RFC 1203).
func (s *session) store1176(ctx context.Context, c *command.Store) (imap.StatusResponse, error) {
	if err := s.refuseWriting(); err != nil {
		return done, err
	}
	return s.store(ctx, c)
}

// copy1176 handles COPY (RFC 1176, RFC 1203): it makes the mailbox that it copies
// to, tells of each message that was copied, and sets \Seen on it. IMAP2bis, which
// has CREATE, is told to try that, in a response of its own (RFC 2061).
func (s *session) copy1176(ctx context.Context, c *command.Copy) (imap.StatusResponse, error) {
	d := s.elder.dialect
	answer, err := s.copy(ctx, c)
	var refused *imap.StatusResponse
	if errors.As(err, &refused) && refused.Code == imap.CodeTryCreate {
		if d == legacy.IMAP2bis {
			s.untaggedOK(imap.CodeTryCreate, "No such mailbox; it can be created")
			return answer, err
		}
		if _, err = s.create(ctx, command.Create{Mailbox: c.Mailbox}); err == nil {
			answer, err = s.copy(ctx, c)
		}
	}
	if err != nil || d == legacy.IMAP2bis {
		return answer, err
	}
	t, err := s.targets(c.Set, false)
	if err != nil {
		return done, err
	}
	for _, r := range t.ranges {
		for seq := r.Start; seq <= r.Stop; seq++ {
			s.untaggedNumber(int(seq), "COPY")
		}
	}
	marks := d == legacy.IMAP2 || s.elder.features.Has(legacy.AutoSetSeen)
	if marks && !s.selected.readOnly && s.selected.rights.Has(mailstore.RightSeen) {
		s.markSeen(ctx, s.unseen(&t))
	}
	return answer, nil
}

// unseen gives those of the targets that have no \Seen.
func (s *session) unseen(t *targets) mailstore.UIDSet {
	flags := s.newFlagNames()
	var set mailstore.UIDSet
	t.runs(func(r run) bool {
		for i := r.from; i < r.to; i++ {
			if flags.of(r.page.FlagSet(i)).System&mailstore.Seen == 0 && !s.selected.view.Gone(r.page.UID(i)) {
				set = set.Add(r.page.UID(i))
			}
		}
		return true
	})
	return set
}

// search1176 handles SEARCH (RFC 1176, RFC 1203). In IMAP3 the response repeats the
// criteria; in IMAP2 there is none where nothing was found, for its grammar has no
// response without numbers.
func (s *session) search1176(ctx context.Context, c *legacy.Search) (imap.StatusResponse, error) {
	if err := s.searchHeaders(ctx, &c.Program.Key); err != nil {
		return done, err
	}
	found, err := s.find(ctx, &c.Program, nil)
	if err != nil {
		return done, err
	}
	o := searchWriter{s: s, found: found, buf: s.srv.scratch.Get(spillSize)}
	defer o.close()
	switch d := s.elder.dialect; {
	case d == legacy.IMAP3:
		o.buf = append(o.buf, "* SEARCH ("...)
		first := true
		for seq := range found.All() {
			if !first {
				o.buf = append(o.buf, ' ')
			}
			first = false
			o.number("", uint64(seq))
			o.spill()
		}
		o.buf = append(append(append(o.buf, ") ("...), c.Criteria...), ")\r\n"...)
	case d != legacy.IMAP2 || found.Min() > 0:
		o.plain()
	}
	return done, o.end()
}

// known are the keywords that a client of IMAP3 has made and taken away with
// SET.FLAGS (RFC 1203). A keyword that no message has is none to the store, and one
// may be used in other mailboxes.
type knownFlags struct{ made, removed []string }

// keywords gives the keywords of the selected mailbox as the client is to know them.
func (s *session) keywords() []string {
	k := s.elder.known
	table := s.selected.view.Shown().Flags().Keywords()
	names := make([]string, 0, len(table)+len(k.made))
	for _, name := range table {
		if !slices.ContainsFunc(k.removed, sameKeyword(name)) {
			names = append(names, name)
		}
	}
	for _, name := range k.made {
		if !slices.ContainsFunc(names, sameKeyword(name)) {
			names = append(names, name)
		}
	}
	return names
}
