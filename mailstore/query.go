package mailstore

import (
	"math"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/search"
)

// Query is a condition on the messages of a mailbox: a tree of the types
// below and in query_thread.go, which hold every search key of RFC 9051 §6.4.4 and of RFC 3501, 5032
// (WITHIN), 7162 (MODSEQ), 8474 (OBJECTID) and 8514 (SAVEDATE). What depends
// on a session (\Recent, sequence numbers, a saved result) is given as Seqs or
// UIDs by the front-end.
//
// Texts are UTF-8 and match as substrings of the decoded text, as the
// comparator By has it, which if nothing is said is i;unicode-casemap.
type Query interface{ query() }

// The queries that combine others.
type (
	// All matches every message.
	All struct{}
	// And matches what all of its queries match; an empty And is All.
	And []Query
	// Or matches what any of its queries match; an empty Or matches nothing.
	Or []Query
	// Not matches what its query does not.
	Not struct{ Query Query }
)

// The queries that a mailbox's pages answer.
type (
	// UIDs matches the messages whose UID is in Set.
	UIDs struct{ Set UIDSet }
	// Seqs matches the messages whose sequence number, counted in the
	// snapshot that is searched, is in one of the ranges.
	Seqs []SeqRange
	// HasFlag matches the messages that have the system flag (`\Seen`) or
	// keyword, in any case.
	HasFlag struct{ Flag string }
	// Larger matches the messages of more than Size octets.
	Larger struct{ Size int64 }
	// Smaller matches the messages of fewer than Size octets.
	Smaller struct{ Size int64 }
	// InternalDate matches the messages whose internal date, as the calendar
	// day in its own time zone, is Since or later, and earlier than Before.
	// A zero Day is no bound.
	InternalDate struct{ Since, Before Day }
	// SaveDate is InternalDate on the save date (RFC 8514 §4.3).
	SaveDate struct{ Since, Before Day }
	// Within compares the internal date with now, in seconds: Older than or
	// equal, Younger than or equal (RFC 5032 §2). Zero is no bound.
	Within struct{ Older, Younger uint32 }
	// ModSeq matches the messages last changed at Since or later
	// (RFC 7162 §3.1.5).
	ModSeq struct{ Since restante.ModSeq }
	// Emails matches the messages with one of these contents.
	Emails []restante.EmailID
	// Thread matches the messages of one of these threads.
	Thread []restante.ThreadID
)

// The queries on header fields, which no message is opened for. An empty Text
// matches every message that has the field.
type (
	// SentDate is InternalDate on the day that the Date field gives,
	// whatever the time and zone there; a message without a usable one is
	// taken by its internal date.
	SentDate struct{ Since, Before Day }
	// Subject matches in the Subject field.
	Subject struct {
		Text string
		By   search.Comparator
	}
	// From matches in the From field.
	From struct {
		Text string
		By   search.Comparator
	}
	// To matches in the To field.
	To struct {
		Text string
		By   search.Comparator
	}
	// Cc matches in the Cc field.
	Cc struct {
		Text string
		By   search.Comparator
	}
	// Bcc matches in the Bcc field.
	Bcc struct {
		Text string
		By   search.Comparator
	}
	// Header matches in any field of that name.
	Header struct {
		Field, Text string
		By          search.Comparator
	}
)

// The queries that open messages. An empty Text matches every message.
type (
	// Body matches in the texts of the message: its parts of type text, by
	// their transfer encoding and charset, HTML without its tags, reports on
	// messages, and the headers and texts of messages within it.
	Body struct {
		Text string
		By   search.Comparator
	}
	// Text is Body, or any field of the message's header or of its parts'.
	Text struct {
		Text string
		By   search.Comparator
	}
)

// Fuzzy matches what its query matches, and what is like it: texts by their words,
// as search.Fuzzy has it, dates and sizes that are not far off. The result then
// has scores (RFC 6203).
type Fuzzy struct{ Query Query }

func (Fuzzy) query()        {}
func (All) query()          {}
func (And) query()          {}
func (Or) query()           {}
func (Not) query()          {}
func (UIDs) query()         {}
func (Seqs) query()         {}
func (HasFlag) query()      {}
func (Larger) query()       {}
func (Smaller) query()      {}
func (InternalDate) query() {}
func (SaveDate) query()     {}
func (Within) query()       {}
func (ModSeq) query()       {}
func (Emails) query()       {}
func (Thread) query()       {}
func (SentDate) query()     {}
func (Subject) query()      {}
func (From) query()         {}
func (To) query()           {}
func (Cc) query()           {}
func (Bcc) query()          {}
func (Header) query()       {}
func (Body) query()         {}
func (Text) query()         {}

// SeqRange is a range of sequence numbers, both ends included.
type SeqRange struct{ First, Last int }

// Day is a calendar day: 1 is January 1 of the year 1, and so on. Zero stands
// for no day.
type Day int32

// secondsToDay1 is how many seconds Day 1 begins before the Unix epoch.
const secondsToDay1 = 62135596800

// NewDay is the day of a date, at least 1.
func NewDay(year int, month time.Month, day int) Day {
	t := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	return max(dayOf(t.Unix()), 1)
}

// dayOf is the day that a second falls in, where local is the number of
// seconds since the Unix epoch plus the zone's offset.
func dayOf(local int64) Day {
	s := local + secondsToDay1
	if s < 0 {
		return 0
	}
	return Day(s/86400) + 1
}

// unix is when the day begins, in seconds since 1970, for a clock in UTC.
func (d Day) unix() int64 { return int64(d-1)*86400 - secondsToDay1 }

// from is the second at which messages since the day begin; 0 is any day.
func (d Day) from() int64 {
	if d > 0 {
		return d.unix()
	}
	return math.MinInt64
}

// until is the second at which messages before the day end; 0 is any day.
func (d Day) until() int64 {
	if d > 0 {
		return d.unix()
	}
	return math.MaxInt64
}

// SearchOptions says what of a result is needed.
type SearchOptions struct {
	// Min and Max: only the lowest, only the highest matching message or
	// only both are needed, so that the search may stop when they are known.
	// The result then holds no others. With neither, it holds all.
	Min, Max bool
}
