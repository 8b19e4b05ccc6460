package mailstore

import (
	"bytes"
	"fmt"
	"iter"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/message"
)

// contentRows walks over the rows of one kind, content by content.
type contentRows struct {
	it kv.Iterator
	ok bool
	id restante.EmailID
}

func (c *checker) contentRows(kind byte) *contentRows {
	r := &contentRows{it: c.snap.Scan(kindRange(kind))}
	r.next(c)
	return r
}

// next moves to the next row whose key can be read.
func (r *contentRows) next(c *checker) {
	for r.ok = r.it.Next(); r.ok; r.ok = r.it.Next() {
		n, _, ok := keyNumber(r.it.Key())
		if r.id = restante.EmailID(n); ok {
			return
		}
		c.foundf(FindRow, false, "a row has the key %x", r.it.Key())
	}
}

// at reports whether the current row belongs to the content.
func (r *contentRows) at(id restante.EmailID) bool { return r.ok && r.id == id }

// checkContents holds the stored contents against what the messages name: one
// walk over summaries, headers, bodies and names side by side.
func (c *checker) checkContents() error {
	scan := &contentCheck{
		checker: c, summaries: c.contentRows(kindSummary), headers: c.contentRows(kindHeader), bodies: c.contentRows(kindBody),
		objects: c.contentRows(kindObject), listed: c.listObjects(),
		again: entriesAgain{
			lost: make(map[restante.EmailID]string), sizes: make(map[restante.EmailID]uint32), sent: make(map[restante.EmailID]sentAgain),
		},
	}
	err := scan.run()
	if e := scan.listed.close(); err == nil {
		err = e
	}
	for _, rows := range scan.rows() {
		if e := rows.it.Close(); err == nil {
			err = e
		}
	}
	if a := &scan.again; err == nil && len(a.lost)+len(a.sizes)+len(a.sent) > 0 {
		err = c.checkEntriesAgain(a)
	}
	if err == nil && len(scan.rescued) > 0 {
		c.addRescued(scan.rescued)
	}
	return err
}

type contentCheck struct {
	*checker
	summaries, headers, bodies *contentRows
	objects                    *contentRows
	listed                     *objectListing
	block                      []byte
	again                      entriesAgain
	rescued                    []Message // contents that pages named which are gone
	summary, fresh             []byte
}

// rows are the walks over all rows that a content has.
func (s *contentCheck) rows() []*contentRows {
	return []*contentRows{s.summaries, s.headers, s.bodies, s.objects}
}

func (s *contentCheck) run() error {
	next, stop := iter.Pull2(s.emails.all())
	defer stop()
	named, entry, ok := next()
	for {
		if err := s.parent.ctx.Err(); err != nil {
			return err
		}
		id, any := named, ok
		for _, rows := range s.rows() {
			if rows.ok && (!any || rows.id < id) {
				id, any = rows.id, true
			}
		}
		err := s.errs()
		if err == nil {
			err = s.unnamedObjects(id, any)
		}
		if !any || err != nil {
			return err
		}
		switch {
		case ok && id == named:
			err = s.content(id, entry)
			named, entry, ok = next()
		case s.staging[id]:
			s.skip(id)
		default:
			err = s.orphan(id)
		}
		if err != nil {
			return err
		}
	}
}

func (s *contentCheck) errs() error {
	for _, rows := range s.rows() {
		if err := rows.it.Err(); err != nil {
			return err
		}
	}
	return nil
}

// skip passes over the rows of a content.
func (s *contentCheck) skip(id restante.EmailID) {
	for _, rows := range s.rows() {
		for rows.at(id) {
			rows.next(s.checker)
		}
	}
}

// orphan notes a content that nothing names. It is left alone if pages cannot
// be read that may name it, and given a new message if such pages were dropped.
func (s *contentCheck) orphan(id restante.EmailID) error {
	switch {
	case s.abandoned[id]:
	case s.fix != nil && s.fix.rescue:
		return s.rescue(id)
	case s.damaged:
		s.found(Finding{Kind: FindOrphan, Email: id, Text: "no message names this content, but what the damaged pages name is not known"}, false)
		s.skip(id)
		return nil
	default:
		s.found(Finding{Kind: FindOrphan, Email: id, Text: "no message names this content, which is removed"}, true)
	}
	s.forgetObject(id)
	for _, rows := range s.rows() {
		for rows.at(id) {
			s.delete(rows.it.Key(), 0)
			rows.next(s.checker)
		}
	}
	return nil
}

// content reads a content that is named.
func (s *contentCheck) content(id restante.EmailID, e emailEntry) error {
	if s.contents++; s.contents%1024 == 0 {
		s.parent.tell(s.id, s.contents, s.bytes)
	}
	parser, size, why, err := s.read(id)
	if err != nil {
		return err
	}
	if why == "" && !s.parent.options.SkipContents && (size != int64(e.size) || e.sizes) {
		if row := message.Summary(s.summary); row.Valid() == nil && row.Size() == size {
			s.again.sizes[id] = uint32(size) // the content is whole
		} else {
			why = fmt.Sprintf("%d octets are stored of %d", size, e.size)
		}
	}
	if why != "" {
		s.again.lost[id] = why
		return nil
	}
	s.checkSummary(id, parser)
	s.checkSent(id, &e)
	return nil
}

// checkSent holds the sent date that messages give against the summary's, as that
// will be.
func (s *contentCheck) checkSent(id restante.EmailID, e *emailEntry) {
	sum := message.Summary(s.fresh)
	if s.parent.options.SkipContents || s.fix == nil {
		sum = s.summary // one of an older version may have an older parser's date
	}
	if sum.Valid() != nil || e.sentLike(sum) {
		return
	}
	unix, zone, ok := sum.SentDate()
	s.again.sent[id] = sentAgain{Time: Time{Unix: unix, Zone: int16(zone)}, dated: ok}
}

// read takes the rows of a content: the summary's bytes into s.summary, the
// message's through a parser. why says what is missing.
func (s *contentCheck) read(id restante.EmailID) (parser *message.Parser, size int64, why string, err error) {
	s.summary = s.summary[:0]
	if s.summaries.at(id) {
		s.summary = append(s.summary, s.summaries.it.Value()...)
		s.summaries.next(s.checker)
	}
	parser = message.NewParser(message.Limits{})
	if s.headers.at(id) {
		header := s.headers.it.Value()
		size = int64(len(header))
		_, _ = parser.Write(header) // never fails
		s.headers.next(s.checker)
	} else {
		why = "its header is missing"
	}
	for ; s.bodies.at(id); s.bodies.next(s.checker) {
		if s.parent.options.SkipContents {
			continue
		}
		if why == "" && !s.inOrder(id, size) {
			why = fmt.Sprintf("the body has no bytes from %d on", size)
		}
		chunk := s.bodies.it.Value()
		size += int64(len(chunk))
		_, _ = parser.Write(chunk)
	}
	if s.objects.at(id) {
		rest, lacks, err := s.readObject(id, size, parser)
		if err != nil {
			return nil, 0, "", err
		}
		size += rest
		if why == "" {
			why = lacks
		}
		s.objects.next(s.checker)
	}
	s.bytes += size
	return parser, size, why, s.errs()
}

// inOrder reports whether the current body row is the one that holds the
// message's bytes from offset on.
func (s *contentCheck) inOrder(id restante.EmailID, offset int64) bool {
	return bytes.Equal(s.bodies.it.Key(), bodyKey(id, chunkOf(offset)))
}

func (s *contentCheck) checkSummary(id restante.EmailID, parser *message.Parser) {
	if s.parent.options.SkipContents {
		if err := message.Summary(s.summary).Valid(); err != nil {
			s.found(Finding{Kind: FindSummary, Email: id, Text: err.Error()}, false)
		}
		return
	}
	s.fresh = parser.Finish().AppendSummary(s.fresh[:0])
	if bytes.Equal(s.fresh, s.summary) {
		return
	}
	if s.fix == nil && s.isOlder() {
		return
	}
	text := "the summary is not what the message gives"
	switch {
	case len(s.summary) == 0:
		text = "the summary is missing"
	case message.Summary(s.summary).Valid() != nil:
		text = message.Summary(s.summary).Valid().Error()
	}
	s.found(Finding{Kind: FindSummary, Email: id, Text: text + "; it is made again"}, !s.full())
	s.set(summaryKey(id), bytes.Clone(s.fresh))
}

// isOlder reports whether the summary is right and only of an older version:
// nothing is wrong with it, though repair makes it anew.
func (s *contentCheck) isOlder() bool {
	row := message.Summary(s.summary)
	return row.Valid() == nil && row.Version() < message.SummaryVersion && message.Summary(s.fresh).Agrees(row)
}
