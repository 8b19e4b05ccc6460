package server

import (
	"context"
	"errors"
	"fmt"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/message"
)

// fetcher answers one FETCH. It writes each message into a buffer of its own,
// so that a message that turns out to be unreadable can be taken back, and
// hands the buffer on between messages.
type fetcher struct {
	s        *session
	items    *imap.FetchItems
	sections []section
	flags    flagNames
	labels   *labelWriter    // nil where not asked for
	since    restante.ModSeq // only messages changed after it; 0 is all
	markSeen bool
	unseen   mailstore.UIDSet // messages whose text was sent and that lacked \Seen

	reader     *mailstore.Reader // opened at the first message whose content is asked for
	content    bool              // items need more than the pages
	summarized bool              // items need the summary
	size       int64             // of the current message
	headerSize int64

	buf     []byte
	start   int  // where the current message's response begins in buf
	sent    bool // a part of it has been handed on and cannot be taken back
	scratch []byte
	octets  octets // what the current literal's octets are written to

	expunged  int // messages left out because their content is gone
	unread    unreadUIDs
	away      bool  // one of them only for now
	partless  bool  // an annotation was asked for of a part that is not there
	annotates bool  // messages of the mailbox may have annotations
	undecoded bool  // a part's transfer encoding is unknown
	lost      error // why no more can be sent
}

func (s *session) newFetcher(items *imap.FetchItems) *fetcher {
	f := &fetcher{s: s, items: items, flags: s.newFlagNames(), buf: s.srv.scratch.Get(spillSize)}
	f.sections = planSections(items.Sections)
	f.summarized = items.Atts&(imap.FetchEnvelope|imap.FetchBody|imap.FetchBodyStructure|imap.FetchPreview|imap.FetchPreviewLazy) != 0
	for i := range f.sections {
		f.summarized = f.summarized || f.sections[i].needsSummary()
	}
	f.content = f.summarized || len(f.sections)+len(items.Annotations) > 0
	if len(items.Annotations) > 0 {
		mb := s.selected.mailbox()
		f.annotates = mb != nil && mb.HasAnnotations()
	}
	return f
}

// close gives back what the fetcher holds. It may be called in any state.
func (f *fetcher) close() {
	if f.reader != nil {
		f.reader.Close()
	}
	f.s.srv.scratch.Put(f.buf)
	f.buf = nil
}

// fetch writes the responses for all targets.
func (f *fetcher) fetch(ctx context.Context, t *targets) error {
	if f.content {
		if err := f.open(ctx, t); err != nil {
			return err
		}
	}
	var err error
	if f.items.Atts.Has(imap.FetchGmailLabels) {
		if f.labels, err = f.s.labelWriter(ctx); err != nil {
			return err
		}
	}
	t.runs(func(r run) bool {
		if err = ctx.Err(); err == nil {
			err = f.run(r)
		}
		return err == nil
	})
	if f.lost == nil {
		f.spill() // also what came before an error
	}
	if err != nil {
		return err
	}
	return f.lost
}

// run writes the responses for messages of one page.
func (f *fetcher) run(r run) error {
	if r.page.MaxModSeq() <= f.since {
		return nil
	}
	for i := r.from; i < r.to; i++ {
		if f.since > 0 && r.page.ModSeq(i) <= f.since {
			continue
		}
		if err := f.message(r.page, i, r.seq+i-r.from); err != nil {
			return err
		}
		if len(f.buf) >= spillSize-4096 {
			if f.spill(); f.lost != nil {
				return f.lost
			}
		}
	}
	return nil
}

// message writes the response for one message. The error is one that ends the
// FETCH.
func (f *fetcher) message(p *mailstore.Page, i, seq int) error {
	f.start, f.sent = len(f.buf), false
	f.buf = f.attributes(f.s.appendFetchHead(f.buf, seq, p.UID(i)), p, i)
	if f.content {
		f.size = int64(p.Size(i))
		err := f.contents(p.EmailID(i))
		if err == nil && len(f.items.Annotations) > 0 {
			err = f.annotations(p.UID(i), p.EmailID(i))
		}
		if err != nil {
			return f.leaveOut(p.UID(i), err)
		}
	}
	switch last := len(f.buf) - 1; {
	case last >= 0 && f.buf[last] == ' ':
		f.buf = f.buf[:last]
	case !f.sent && f.buf[last] == '(':
		f.buf = f.buf[:f.start] // nothing of it could be had
		return nil
	}
	f.buf = append(f.buf, ")\r\n"...)
	if f.markSeen {
		if uid := p.UID(i); f.flags.of(p.FlagSet(i)).System&mailstore.Seen == 0 && !f.s.selected.view.Gone(uid) {
			f.unseen = f.unseen.Add(uid)
		}
	}
	return nil
}

// contents writes the items that are read from the message itself.
func (f *fetcher) contents(id restante.EmailID) error {
	if f.summarized {
		sum, err := f.reader.Summary(id)
		if err != nil {
			return err
		}
		if err := f.structure(sum); err != nil {
			return err
		}
		if f.items.Atts&(imap.FetchPreview|imap.FetchPreviewLazy) != 0 {
			if err := f.preview(sum, id); err != nil {
				return err
			}
		}
	}
	for i := range f.sections {
		if err := f.section(&f.sections[i], id); err != nil {
			return err
		}
	}
	return nil
}

// structure writes what the summary holds in wire form and notes where the
// parts are that sections ask for.
func (f *fetcher) structure(sum message.Summary) error {
	envelope, structure := sum.Envelope(), sum.BodyStructure()
	if len(envelope) == 0 || len(structure) == 0 {
		return fmt.Errorf("summary has no envelope or body structure: %w", restante.ErrCorrupt)
	}
	b := f.buf
	if f.items.Atts.Has(imap.FetchEnvelope) {
		b = append(append(append(b, "ENVELOPE "...), envelope...), ' ')
	}
	if f.items.Atts.Has(imap.FetchBodyStructure) {
		b = append(append(append(b, "BODYSTRUCTURE "...), structure...), ' ')
	}
	if f.items.Atts.Has(imap.FetchBody) {
		b = append(sum.AppendBody(append(b, "BODY "...)), ' ')
	}
	f.buf = b
	f.headerSize = sum.HeaderSize()
	for i := range f.sections {
		if c := &f.sections[i]; len(c.path) > 0 {
			c.part, c.found = sum.Part(c.path)
		}
	}
	return nil
}

// leaveOut takes back what was written of a message that could not be read. The
// error is one that ends the FETCH: what was announced and handed on cannot be
// kept, or the store cannot be read at all.
func (f *fetcher) leaveOut(uid restante.UID, err error) error {
	switch {
	case f.lost != nil:
		return f.lost
	case f.sent:
		f.s.log.Error("message could not be read to its end, connection closed", "mailbox", f.s.selected.id, "uid", uid, "error", err)
		f.lost = errors.Join(err, f.s.conn.Close())
		return f.lost
	}
	f.buf = f.buf[:f.start]
	switch {
	case errors.Is(err, restante.ErrExpunged):
		f.expunged++
	case errors.Is(err, mailstore.ErrObjectUnavailable):
		f.unread.add(uid)
		if !f.away { // one line says it for all
			f.away = true
			f.s.log.Warn("message cannot be read for now", "mailbox", f.s.selected.id, "uid", uid, "error", err)
		}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded),
		errors.Is(err, restante.ErrUnavailable), errors.Is(err, restante.ErrNotFound):
		return err
	default:
		f.s.log.Error("message cannot be read", "mailbox", f.s.selected.id, "uid", uid, "error", err)
		f.unread.add(uid)
	}
	return nil
}

// spillEarlier hands on what is in the buffer of earlier messages, so that the current
// one can still be taken back.
func (f *fetcher) spillEarlier() {
	if f.sent || f.start == 0 {
		return
	}
	f.s.enc.RawBytes(f.buf[:f.start])
	f.buf = f.buf[:copy(f.buf, f.buf[f.start:])]
	f.start = 0
	f.lost = f.s.enc.Err()
}

// spill hands the buffer on to the connection.
func (f *fetcher) spill() {
	f.s.enc.RawBytes(f.buf)
	f.buf, f.start, f.sent = f.buf[:0], 0, true
	f.lost = f.s.enc.Err()
}

// answer gives the tagged response. A UID FETCH says nothing of messages that
// are gone (RFC 9051 §6.4.9); the client of a FETCH, whose EXPUNGE must wait, is
// told that there are some (RFC 2180 §4.1.2).
func (f *fetcher) answer(uid bool) (imap.StatusResponse, error) {
	switch {
	case f.unread.count > 0:
		return done, f.unread.answer(f.away)
	case f.partless:
		return done, errNoPart() // RFC 5257 §3.2.1
	case f.undecoded:
		return done, imap.No(imap.CodeUnknownCTE, "The transfer encoding of some of the parts is unknown")
	case f.expunged > 0 && !uid:
		return done, imap.No(imap.CodeExpungeIssued, "Some of the messages are gone; all others were sent")
	}
	return done, nil
}
