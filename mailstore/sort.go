package mailstore

import (
	"context"
	"fmt"
	"iter"

	"github.com/restante/restante"
	"github.com/restante/restante/search"
)

// SortField is what messages can be sorted by.
type SortField uint8

// The fields of RFC 5256 §3, RFC 5957 §4, and those that Cyrus has besides.
// Texts are compared by the comparator of the key; a message without the field has
// an empty text, and texts that cannot be decoded come last, by their octets (RFC
// 5255 §4.6).
const (
	// SortArrival is the internal date and time.
	SortArrival SortField = iota
	// SortDate is the sent date and time in UTC; a message without a valid Date
	// field is taken by its internal date (RFC 5256 §2.2).
	SortDate
	// SortSize is the size in octets.
	SortSize
	// SortModSeq is the modification sequence, SortUID the unique identifier
	// (SORT=MODSEQ and SORT=UID of Cyrus).
	SortModSeq
	SortUID
	// SortSubject is the base subject (RFC 5256 §2.1).
	SortSubject
	// SortFrom, SortTo and SortCc are the addr-mailbox of the field's first
	// address: of alice@example.org, alice.
	SortFrom
	SortTo
	SortCc
	// SortDisplayFrom and SortDisplayTo are how the first address is shown: its
	// display name, else the address (RFC 5957 §3).
	SortDisplayFrom
	SortDisplayTo
	// SortAnnotation is the value of the annotation SortKey.Entry (RFC 5257 §4.9).
	SortAnnotation
	// SortScore is what SortKey.Score gives.
	SortScore

	sortFields // how many there are
)

// SortKey is one criterion of an order.
type SortKey struct {
	Field   SortField
	Reverse bool
	// By compares texts. Inverted turns its order round, but leaves texts that
	// cannot be decoded behind all others.
	By       search.Comparator
	Inverted bool
	// Entry is the name of the annotation of SortAnnotation, the shared one or the
	// user's private one.
	Entry  string
	Shared bool
	// Score gives a message's value for SortScore, by its sequence number.
	Score func(seq int) int64
}

// Order is messages of a snapshot in an order of their own. It is never changed.
type Order struct {
	snap *Snapshot
	seqs []uint32
}

// Snapshot is what was sorted and what the sequence numbers refer to.
func (o Order) Snapshot() *Snapshot { return o.snap }

// Len is the number of messages.
func (o Order) Len() int { return len(o.seqs) }

// Seq is the sequence number of the message at place i, counted from 0.
func (o Order) Seq(i int) int { return int(o.seqs[i]) }

// UID is the unique identifier of the message at place i, counted from 0.
func (o Order) UID(i int) restante.UID { return o.snap.UIDAt(int(o.seqs[i])) }

// All gives the sequence numbers in order.
func (o Order) All() iter.Seq[int] {
	return func(yield func(int) bool) {
		for _, seq := range o.seqs {
			if !yield(int(seq)) {
				return
			}
		}
	}
}

// UIDs gives the unique identifiers in order.
func (o Order) UIDs() iter.Seq[restante.UID] {
	return func(yield func(restante.UID) bool) {
		for _, seq := range o.seqs {
			if !yield(o.snap.UIDAt(int(seq))) {
				return
			}
		}
	}
}

// Sort puts what a search found in the order of the keys, the first of them
// first; messages that are equal by all of them stand in the order of their
// sequence numbers, whatever is reversed (RFC 5256 §3). Summaries are read and
// no message is opened; a message whose content was expunged meanwhile has
// empty texts. It stops with the context's error when ctx ends.
func (a *Account) Sort(ctx context.Context, found Result, keys []SortKey) (Order, error) {
	o := Order{snap: found.snap}
	if found.snap == nil {
		return o, nil
	}
	keys, err := distinctKeys(keys)
	if err != nil {
		return o, err
	}
	s := &searcher{ctx: ctx, account: a, snap: found.snap}
	defer s.close()
	list := listOf(found)
	m := &messageSorter{ctx: ctx, keys: keys}
	if m.values, err = s.sortValues(list, keys); err != nil {
		return o, err
	}
	places, err := m.run(len(list.seqs))
	if err != nil {
		return o, err
	}
	for i, place := range places {
		places[i] = list.seqs[place]
	}
	o.seqs = places
	return o, nil
}

// distinctKeys drops keys whose field was named before, which decide nothing, but
// for those of annotations.
func distinctKeys(keys []SortKey) ([]SortKey, error) {
	var seen [sortFields]bool
	distinct := make([]SortKey, 0, min(len(keys), int(sortFields)))
	for _, k := range keys {
		if k.Field >= sortFields || k.Field == SortScore && k.Score == nil {
			return nil, fmt.Errorf("mailstore: unknown sort field %d: %w", k.Field, restante.ErrInvalid)
		}
		if !seen[k.Field] || k.Field == SortAnnotation {
			seen[k.Field] = true
			distinct = append(distinct, k)
		}
	}
	return distinct, nil
}

// messageList is messages of a snapshot with rising sequence numbers. A
// message's place is its index there.
type messageList struct {
	snap   *Snapshot
	seqs   []uint32
	emails []restante.EmailID
}

// listOf lists what was found.
func listOf(found Result) messageList {
	n := found.Count()
	l := messageList{snap: found.snap, seqs: make([]uint32, 0, n), emails: make([]restante.EmailID, 0, n)}
	var mask pageMask
	for i, page := range found.snap.Pages() {
		first := found.snap.FirstSeq(i)
		if !found.set.page(&mask, first-1, page.Len()) {
			continue
		}
		ids := page.EmailIDs()
		for k := range mask.each() {
			l.seqs = append(l.seqs, uint32(first+k))
			l.emails = append(l.emails, ids[k])
		}
	}
	return l
}

// numbers gives a number of each message from its page, as the bits of a word
// that compare as the numbers do.
func (l *messageList) numbers(of func(p *Page, dst []uint64)) []uint64 {
	out := make([]uint64, len(l.seqs))
	var page [PageSize]uint64
	at, end := -1, 0 // the page that page holds, and its last sequence number
	for i, seq := range l.seqs {
		for int(seq) > end {
			at++
			end = l.snap.FirstSeq(at) + l.snap.pages[at].n - 1
			if int(seq) <= end {
				of(l.snap.pages[at], page[:])
			}
		}
		out[i] = page[int(seq)-l.snap.FirstSeq(at)]
	}
	return out
}

// column64 fills dst with a column of integers, in an order-preserving form.
func column64[T integer](values []T, dst []uint64) {
	for i, v := range values {
		dst[i] = orderedBits(int64(v))
	}
}

// orderedBits turns a signed number into a word that compares as it does.
func orderedBits(v int64) uint64 { return uint64(v) ^ 1<<63 }
