package server

import (
	"context"
	"strconv"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/imap/wire"
	"github.com/restante/restante/mailstore"
)

// search handles SEARCH and UID SEARCH (RFC 9051 §6.4.4, RFC 3501 §6.4.4, RFC
// 4731, RFC 5182, RFC 7162 §3.1.5).
func (s *session) search(ctx context.Context, c *command.Search) (imap.StatusResponse, error) {
	p := &c.Program
	if p.Charset != "" && s.enabled.has(featureUTF8) {
		return done, imap.Bad("No CHARSET after ENABLE UTF8=ACCEPT: all is UTF-8") // RFC 9755 §3
	}
	if err := s.beginSearch(ctx, c.UID, p); err != nil {
		return done, err
	}
	if err := mayScore(p, nil); err != nil {
		return done, err
	}
	w, err := s.newWatch(p, c.UID, false)
	if err != nil {
		return done, err
	}
	found, err := s.find(ctx, p, w)
	if err != nil {
		return done, err
	}
	if p.Return.Has(imap.ReturnSave) {
		s.selected.saved = savedUIDs(referred(p, found))
	}
	o := searchWriter{s: s, uid: c.UID, found: found, partial: p.Partial, buf: s.srv.scratch.Get(spillSize)}
	if p.Key.Uses(imap.SearchModSeq) {
		o.modSeq = referred(p, found).MaxModSeq()
	}
	defer o.close()
	if p.Extended || s.enabled.has(featureRev2) {
		o.extended(p.Return)
	} else {
		o.plain()
	}
	return done, o.end()
}

// beginSearch does what SEARCH, SORT and THREAD and their UID forms begin with.
func (s *session) beginSearch(ctx context.Context, uid bool, p *imap.SearchProgram) error {
	if err := s.expandFilters(ctx, p); err != nil {
		return err
	}
	key := &p.Key
	if err := s.labelSearch(ctx, s.selected, key); err != nil {
		return err
	}
	if key.Uses(imap.SearchModSeq) {
		s.enableCondStore()
	}
	if !uid {
		return nil
	}
	// Clients poll with UID SEARCH and do not wait for EXISTS.
	if err := s.sync(ctx, false, true); err != nil {
		return err
	}
	// Until its end no number of a search may change its meaning (RFC 7162
	// §3.2.10).
	s.selected.hold = key.Uses(imap.SearchSeq)
	return nil
}

// unsave empties "$" after a search that was to set it and is answered with NO, such
// as for its charset (RFC 9051 §6.4.4.1).
func (s *session) unsave(c command.Command, err error) {
	search, is := c.(interface{ Saves() bool })
	if !is || !search.Saves() || s.selected == nil {
		return
	}
	if status, _ := statusOf(err); status.Type == imap.StatusNo {
		s.selected.saved = nil
	}
}

// find runs a search over what the client was shown. w is where its updates are
// wanted, nil otherwise.
func (s *session) find(ctx context.Context, p *imap.SearchProgram, w *watch) (found mailstore.Result, err error) {
	q, err := s.selected.query(&p.Key)
	if err != nil {
		return mailstore.Result{}, err
	}
	if err := s.refusePartial(p.Partial); err != nil {
		return mailstore.Result{}, err
	}
	if err := s.refuseThreading(s.selected, &p.Key); err != nil {
		return mailstore.Result{}, err
	}
	if n := s.srv.limits.CommandMessages; n > 0 && w == nil {
		if part, whole := s.selected.limitSearch(&p.Key, n); !whole {
			q, s.limited = part.only(q), part.lowest()
		}
	}
	var o mailstore.SearchOptions
	if p.Return&(imap.ReturnAll|imap.ReturnCount|imap.ReturnPartial|imap.ReturnUpdate|imap.ReturnRelevancy) == 0 {
		// With SAVE alone all are wanted (RFC 9051 §6.4.4.1).
		o.Min, o.Max = p.Return.Has(imap.ReturnMin), p.Return.Has(imap.ReturnMax)
	}
	err = s.inSearchTime(ctx, func(ctx context.Context) error {
		switch {
		case w != nil:
			found, err = s.inTurn(ctx, &p.Key, func() (mailstore.Result, error) { return s.findWatched(ctx, p, w) })
			if err == nil && p.Return.Has(imap.ReturnRelevancy) {
				found, err = s.searchInTurn(ctx, p, q, o) // of what is watched no scores are kept
			}
		case pages(p) && s.limited == 0:
			found, err = s.inTurn(ctx, &p.Key, func() (mailstore.Result, error) { return s.findKept(ctx, p, q) })
		default:
			found, err = s.searchInTurn(ctx, p, q, o)
		}
		return err
	})
	return found, err
}

// inSearchTime calls f with a context that ends when a search must: after its time,
// and when nobody waits for it any more.
func (s *session) inSearchTime(ctx context.Context, f func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, s.srv.limits.SearchTime)
	defer cancel()
	connected, stop := s.whileConnected(limited)
	defer stop()
	err := f(s.metered(connected))
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return imap.No(imap.CodeLimit, "This search takes too long; search for less")
	}
	return err
}

// searchInTurn runs a query in its turn.
func (s *session) searchInTurn(ctx context.Context, p *imap.SearchProgram, q mailstore.Query, o mailstore.SearchOptions) (mailstore.Result, error) {
	return s.inTurn(ctx, &p.Key, func() (mailstore.Result, error) {
		return s.selected.account.Search(ctx, s.selected.view.Shown(), q, o)
	})
}

// inTurn calls f, which searches; one that opens messages waits until the account
// has few others under way.
func (s *session) inTurn(ctx context.Context, key *imap.SearchKey, f func() (mailstore.Result, error)) (mailstore.Result, error) {
	if key.Uses(imap.SearchText) || key.Uses(imap.SearchBody) || key.Uses(imap.SearchHeader) {
		done, err := s.takeTurn(ctx, s.srv.searches)
		if err != nil {
			return mailstore.Result{}, err
		}
		defer done()
	}
	return f()
}

// savedUIDs gives what "$" stands for after a search (RFC 9051 §6.4.4.1, table
// 4). Where only MIN or MAX were asked for, the result holds no others.
func savedUIDs(found mailstore.Result) mailstore.UIDSet {
	set := mailstore.UIDSet{}
	for r := range found.UIDRanges() {
		set = append(set, r)
	}
	return set
}

// searchWriter writes the answer to a search.
type searchWriter struct {
	s       *session
	uid     bool
	found   mailstore.Result
	partial imap.PartialRange
	in      *place          // the mailbox, where it is told (RFC 7377 §2.1)
	modSeq  restante.ModSeq // 0 where not asked for, or nothing was found
	buf     []byte
}

func (w *searchWriter) close() { w.s.srv.scratch.Put(w.buf) }

func (w *searchWriter) end() error {
	w.s.enc.RawBytes(w.buf)
	w.buf = w.buf[:0]
	return w.s.enc.Err()
}

// spill hands the buffer on when it is full.
func (w *searchWriter) spill() {
	if len(w.buf) >= spillSize-64 {
		_ = w.end() // sticks in the encoder
	}
}

// plain writes a SEARCH response (RFC 3501 §7.2.5), which stands also where
// nothing was found.
func (w *searchWriter) plain() {
	w.buf = append(w.buf, "* SEARCH"...)
	var list numberList
	if w.uid {
		for uid := range w.found.UIDs() {
			w.buf = list.append(w.buf, uint64(uid))
			w.spill()
		}
	} else {
		for seq := range w.found.All() {
			w.buf = list.append(w.buf, uint64(seq))
			w.spill()
		}
	}
	if w.modSeq > 0 {
		w.buf = append(w.buf, " (MODSEQ "...)
		w.buf = append(strconv.AppendUint(w.buf, uint64(w.modSeq), 10), ')')
	}
	w.buf = append(w.buf, "\r\n"...)
}

// extended writes an ESEARCH response (RFC 9051 §7.3.4) with what was asked for
// and no more: iOS fails on a COUNT that it has not asked for. SAVE alone has no
// response (RFC 9051 §6.4.4).
func (w *searchWriter) extended(want imap.SearchReturn) {
	if want == imap.ReturnSave {
		return
	}
	want = want.WithDefault()
	w.correlator(w.s.tag)
	some := w.found.Min() > 0
	if want.Has(imap.ReturnMin) && some {
		w.number(" MIN ", w.name(w.found.Min()))
	}
	if want.Has(imap.ReturnMax) && some {
		w.number(" MAX ", w.name(w.found.Max()))
	}
	if want.Has(imap.ReturnAll) && some {
		w.buf = append(w.buf, " ALL "...)
		w.set(w.found)
	}
	if want.Has(imap.ReturnPartial) {
		w.page()
	}
	w.totals(want, w.relevancy)
}

// totals ends an ESEARCH response with what is said of all that was found, whatever
// its order, and the scores, which relevancy writes.
func (w *searchWriter) totals(want imap.SearchReturn, relevancy func(imap.SearchReturn)) {
	if want.Has(imap.ReturnCount) {
		w.number(" COUNT ", uint64(w.found.Count()))
	}
	if want.Has(imap.ReturnRelevancy) {
		relevancy(want)
	}
	if w.modSeq > 0 {
		w.number(" MODSEQ ", uint64(w.modSeq))
	}
	w.buf = append(w.buf, "\r\n"...)
}

// correlator begins an ESEARCH response to the command with the tag (RFC 9051
// §7.3.4).
func (w *searchWriter) correlator(tag string) {
	w.buf = append(w.buf, `* ESEARCH (TAG `...)
	w.buf = wire.AppendString(w.buf, tag, false)
	if w.in != nil {
		w.buf = append(w.buf, " MAILBOX "...)
		_ = w.end() // sticks in the encoder
		w.s.enc.Mailbox(w.in.name)
		w.number(" UIDVALIDITY ", uint64(w.in.mailbox.UIDValidity))
	}
	w.buf = append(w.buf, ')')
	if w.uid {
		w.buf = append(w.buf, " UID"...)
	}
}

func (w *searchWriter) number(name string, n uint64) {
	w.buf = strconv.AppendUint(append(w.buf, name...), n, 10)
}

// name gives the number by which a message is answered.
func (w *searchWriter) name(seq int) uint64 {
	if w.uid {
		return uint64(w.found.Snapshot().UIDAt(seq))
	}
	return uint64(seq)
}

// page writes PARTIAL with the range as the client gave it and what of the
// result is in it (RFC 9394 §4, ret-data-partial).
func (w *searchWriter) page() {
	w.buf = append(w.partial.Append(append(w.buf, " PARTIAL ("...)), ' ')
	if page := w.found.Cut(w.partial.Cut(w.found.Count())); page.IsEmpty() {
		w.buf = append(w.buf, "NIL"...)
	} else {
		w.set(page)
	}
	w.buf = append(w.buf, ')')
}

// set writes messages as a sequence-set.
func (w *searchWriter) set(messages mailstore.Result) {
	first := true
	add := func(from, to uint64) {
		if !first {
			w.buf = append(w.buf, ',')
		}
		first = false
		w.buf = strconv.AppendUint(w.buf, from, 10)
		if to > from {
			w.number(":", to)
		}
		w.spill()
	}
	if w.uid {
		for r := range messages.UIDRanges() {
			add(uint64(r.First), uint64(r.Last))
		}
		return
	}
	for r := range messages.Ranges() {
		add(uint64(r.First), uint64(r.Last))
	}
}
