package mailstore

import (
	"bytes"
	"slices"

	"github.com/restante/restante"
)

// The queries of mail programs that have labels for mailboxes.
type (
	// Labelled matches the messages that one of the account's mailboxes holds too.
	Labelled []restante.MailboxID
	// Attachment matches the messages that have an attachment in whose name Name
	// is; an empty Name is in all.
	Attachment struct{ Name string }
	// Arrived matches the messages whose internal date is Since or later, and
	// earlier than Before, in seconds since 1970. Zero is no bound.
	Arrived struct{ Since, Before int64 }
)

func (Labelled) query()   {}
func (Attachment) query() {}
func (Arrived) query()    {}

// labelPlan looks in the account's labels.
type labelPlan []restante.MailboxID

func (labelPlan) cost() cost { return costSent }

func (p labelPlan) eval(s *searcher, candidates, out bitset) error {
	if s.labels == nil {
		l, err := s.account.Labels(s.ctx)
		if err != nil {
			return err
		}
		s.labels = l
	}
	var has pageMask
	number := ^uint64(0)
	for id, place := range s.emails(candidates) {
		if n := uint64(id) / blockSize; n != number {
			number, has = n, pageMask{}
			if b := s.labels.block(n); b != nil {
				for i := range b.in {
					if slices.Contains(p, b.in[i].mailbox) {
						for k, w := range b.in[i].has {
							has[k] |= w
						}
					}
				}
			}
		}
		if has.has(int(id % blockSize)) {
			out.add(place)
		}
	}
	return s.ctx.Err()
}

// attachmentPlan looks in the summaries.
type attachmentPlan struct{ name []byte } // folded

func (attachmentPlan) cost() cost { return costHeader }

func (p attachmentPlan) eval(s *searcher, candidates, out bitset) error {
	r, err := s.open()
	if err != nil {
		return err
	}
	var folded []byte
	return s.eachContent(candidates, func(id restante.EmailID, place int) error {
		sum, err := r.Summary(id)
		if err != nil {
			return err
		}
		for name := range sum.Attachments() {
			folded = foldField(folded[:0], []byte(name))
			if bytes.Contains(folded, p.name) {
				out.add(place)
				break
			}
		}
		return nil
	})
}

// compileLabels compiles the queries of this file; nil for another.
func compileLabels(q Query) plan {
	switch q := q.(type) {
	case Labelled:
		if len(q) == 0 {
			return nothing{}
		}
		return labelPlan(q)
	case Attachment:
		return attachmentPlan{name: foldField(nil, []byte(q.Name))}
	case Arrived:
		to := q.Before
		if to == 0 {
			to = 1<<63 - 1
		}
		return withinPlan(q.Since, to)
	}
	return nil
}
