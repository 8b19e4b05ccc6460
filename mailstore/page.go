package mailstore

import (
	"sort"
	"time"

	"github.com/restante/restante"
)

// PageSize is the most messages that a page holds.
const PageSize = 256

// unknown stands in a page's counts that were not computed.
const unknown = -1

// Page is an immutable block of consecutive messages of a mailbox, at least
// one and at most PageSize, as columns. Columns are decoded from the page's
// stored bytes when they are first asked for. Equal pointers mean equal pages.
// A page may be used by any number of goroutines.
type Page struct {
	key         restante.UID // the UID in the page's row key
	raw         []byte       // the row's value; the columns' bytes point into it
	n           int
	first, last restante.UID
	maxModSeq   restante.ModSeq
	unseen      int // messages without \Seen, or unknown
	deleted     int // messages with \Deleted, or unknown

	uids          column[restante.UID]
	flagSets      column[FlagSetID]
	modSeqs       column[restante.ModSeq]
	emailIDs      column[restante.EmailID]
	threadIDs     column[restante.ThreadID]
	internalDates column[int64]
	internalZones column[int16]
	saveDates     column[int64]
	saveZones     column[int16]
	sizes         column[uint32]
	delays        column[int64] // seconds from the sent date to the internal date
	sentZones     column[int16]
}

// NewPage makes a page of messages with rising UIDs, at least one and at most
// PageSize.
func NewPage(messages []Message) *Page {
	return newPage(messages[0].UID, messages, nil)
}

// newPage makes a page whose row key holds key. With a flag table it also
// counts the unseen and the deleted.
func newPage(key restante.UID, messages []Message, flags *FlagTable) *Page {
	var c columnSet
	c.append(messages)
	return c.page(key, flags)
}

// Len is the number of messages.
func (p *Page) Len() int { return p.n }

// MaxModSeq is the highest modseq of the page's messages.
func (p *Page) MaxModSeq() restante.ModSeq { return p.maxModSeq }

// The columns, one entry a message. They must not be changed.
func (p *Page) UIDs() []restante.UID           { return p.uids.get(p.n) }
func (p *Page) FlagSets() []FlagSetID          { return p.flagSets.get(p.n) }
func (p *Page) ModSeqs() []restante.ModSeq     { return p.modSeqs.get(p.n) }
func (p *Page) EmailIDs() []restante.EmailID   { return p.emailIDs.get(p.n) }
func (p *Page) ThreadIDs() []restante.ThreadID { return p.threadIDs.get(p.n) }
func (p *Page) Sizes() []uint32                { return p.sizes.get(p.n) }

// InternalDates and SaveDates are in Unix seconds; the Zones beside them are
// in minutes east of UTC.
func (p *Page) InternalDates() []int64 { return p.internalDates.get(p.n) }
func (p *Page) InternalZones() []int16 { return p.internalZones.get(p.n) }
func (p *Page) SaveDates() []int64     { return p.saveDates.get(p.n) }
func (p *Page) SaveZones() []int16     { return p.saveZones.get(p.n) }

// Delays is how many seconds before the internal date the message was sent by its
// Date field; 0 where that has no date. SentZones is the zone of that date.
func (p *Page) Delays() []int64    { return p.delays.get(p.n) }
func (p *Page) SentZones() []int16 { return p.sentZones.get(p.n) }

// The attributes of message i, counted from 0.
func (p *Page) UID(i int) restante.UID {
	if p.dense() && uint(i) < uint(p.n) {
		return p.first + restante.UID(i)
	}
	return p.UIDs()[i]
}
func (p *Page) FlagSet(i int) FlagSetID          { return p.FlagSets()[i] }
func (p *Page) ModSeq(i int) restante.ModSeq     { return p.ModSeqs()[i] }
func (p *Page) EmailID(i int) restante.EmailID   { return p.EmailIDs()[i] }
func (p *Page) ThreadID(i int) restante.ThreadID { return p.ThreadIDs()[i] }
func (p *Page) Size(i int) uint32                { return p.Sizes()[i] }

// InternalDate is when the message was received, or what APPEND said of it.
func (p *Page) InternalDate(i int) time.Time { return p.internalDate(i).Time() }

// SaveDate is when the message came into this mailbox (RFC 8514).
func (p *Page) SaveDate(i int) time.Time { return p.saveDate(i).Time() }

func (p *Page) internalDate(i int) Time {
	return Time{Unix: p.InternalDates()[i], Zone: p.InternalZones()[i]}
}

func (p *Page) sentDate(i int) Time {
	return Time{Unix: p.InternalDates()[i] - p.Delays()[i], Zone: p.SentZones()[i]}
}

func (p *Page) saveDate(i int) Time {
	return Time{Unix: p.SaveDates()[i], Zone: p.SaveZones()[i]}
}

// Message gives all attributes of message i.
func (p *Page) Message(i int) Message {
	return Message{
		UID:          p.UID(i),
		FlagSet:      p.FlagSet(i),
		ModSeq:       p.ModSeq(i),
		EmailID:      p.EmailID(i),
		ThreadID:     p.ThreadID(i),
		InternalDate: p.internalDate(i),
		SentDate:     p.sentDate(i),
		SaveDate:     p.saveDate(i),
		Size:         p.Size(i),
	}
}

// MessageFlags gives what changes of message i.
func (p *Page) MessageFlags(i int) MessageFlags {
	return MessageFlags{UID: p.UID(i), FlagSet: p.FlagSet(i), ModSeq: p.ModSeq(i)}
}

// dense reports whether the UIDs have no gaps.
func (p *Page) dense() bool { return int(p.last-p.first) == p.n-1 }

// below is the number of messages with a lower UID.
func (p *Page) below(uid restante.UID) int {
	switch {
	case uid <= p.first:
		return 0
	case uid > p.last:
		return p.n
	case p.dense():
		return int(uid - p.first)
	}
	uids := p.UIDs()
	return sort.Search(len(uids), func(i int) bool { return uids[i] >= uid })
}
