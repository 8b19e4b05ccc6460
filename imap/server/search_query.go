package server

import (
	"strconv"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/search"
)

// query turns a search key into what the mailstore evaluates. Sequence numbers,
// "*", "$" and \Recent mean something to this session alone and are resolved
// here.
func (sel *selected) query(k *imap.SearchKey) (mailstore.Query, error) {
	switch k.Op {
	case imap.SearchAnd, imap.SearchOr:
		return sel.queries(k)
	case imap.SearchFuzzy:
		if len(k.Keys) != 1 {
			return nil, imap.Bad("FUZZY takes one search key")
		}
		q, err := sel.queryBy(&k.Keys[0], collation{}) // goes by words (RFC 6203 §3)
		return mailstore.Fuzzy{Query: q}, err
	case imap.SearchNot:
		if len(k.Keys) != 1 {
			return nil, imap.Bad("NOT takes one search key")
		}
		q, err := sel.query(&k.Keys[0])
		return mailstore.Not{Query: q}, err
	case imap.SearchSeq:
		return sel.seqQuery(k.Set), nil
	case imap.SearchUID:
		return sel.uidQuery(k.Set), nil
	case imap.SearchRecent, imap.SearchNew, imap.SearchOld:
		return sel.recentQuery(k.Op), nil
	}
	if q, err := sel.threadQuery(k); q != nil || err != nil {
		return q, err
	}
	if q, err := sel.gmailQuery(k); q != nil || err != nil {
		return q, err
	}
	if q := headerQuery(k, sel.collation.by); q != nil {
		return q, sel.collation.maySearch(k)
	}
	if q := dateQuery(k); q != nil {
		return q, nil
	}
	return sel.attributeQuery(k)
}

// queryBy is query with another collation than the active one.
func (sel *selected) queryBy(k *imap.SearchKey, c collation) (mailstore.Query, error) {
	active := sel.collation
	sel.collation = c
	defer func() { sel.collation = active }()
	return sel.query(k)
}

// queries turns the keys of AND and OR.
func (sel *selected) queries(k *imap.SearchKey) (mailstore.Query, error) {
	all := make([]mailstore.Query, len(k.Keys))
	for i := range k.Keys {
		q, err := sel.query(&k.Keys[i])
		if err != nil {
			return nil, err
		}
		all[i] = q
	}
	if k.Op == imap.SearchOr {
		return mailstore.Or(all), nil
	}
	return mailstore.And(all), nil
}

// seqQuery matches sequence numbers. Numbers above the last message match
// nothing: Dovecot and others take them so, and clients search 1:n with an n of
// their own.
func (sel *selected) seqQuery(set imap.NumSet) mailstore.Query {
	if set.IsSaved() {
		return mailstore.UIDs{Set: sel.saved}
	}
	n := uint32(sel.view.Shown().Len())
	ranges := mailstore.Seqs{}
	for _, r := range set.Resolve(n).Clip(1, n).Ranges() {
		ranges = append(ranges, mailstore.SeqRange{First: int(r.Start), Last: int(r.Stop)})
	}
	return ranges
}

// uidQuery matches UIDs.
func (sel *selected) uidQuery(set imap.NumSet) mailstore.Query {
	if set.IsSaved() {
		return mailstore.UIDs{Set: sel.saved}
	}
	uids := mailstore.UIDSet{}
	for _, r := range set.Resolve(uint32(sel.view.Shown().Last())).Ranges() {
		uids = append(uids, mailstore.UIDRange{First: restante.UID(r.Start), Last: restante.UID(r.Stop)})
	}
	return mailstore.UIDs{Set: uids}
}

// recentQuery matches by \Recent (RFC 3501 §6.4.4).
func (sel *selected) recentQuery(op imap.SearchOp) mailstore.Query {
	recent := mailstore.UIDs{Set: sel.view.RecentSet()}
	switch op {
	case imap.SearchNew:
		return mailstore.And{recent, mailstore.Not{Query: mailstore.HasFlag{Flag: imap.FlagSeen}}}
	case imap.SearchOld:
		return mailstore.Not{Query: recent}
	}
	return recent
}

// headerQuery matches texts by a comparator; nil for another key.
func headerQuery(k *imap.SearchKey, by search.Comparator) mailstore.Query {
	switch k.Op {
	case imap.SearchHeader:
		return mailstore.Header{Field: k.Field, Text: k.Text, By: by}
	case imap.SearchFrom:
		return mailstore.From{Text: k.Text, By: by}
	case imap.SearchTo:
		return mailstore.To{Text: k.Text, By: by}
	case imap.SearchCc:
		return mailstore.Cc{Text: k.Text, By: by}
	case imap.SearchBcc:
		return mailstore.Bcc{Text: k.Text, By: by}
	case imap.SearchSubject:
		return mailstore.Subject{Text: k.Text, By: by}
	case imap.SearchBody:
		return mailstore.Body{Text: k.Text, By: by}
	case imap.SearchText:
		return mailstore.Text{Text: k.Text, By: by}
	}
	return nil
}

// dateQuery matches calendar days (RFC 9051 §6.4.4, RFC 8514 §4.3); nil for
// another key.
func dateQuery(k *imap.SearchKey) mailstore.Query {
	day := mailstore.NewDay(k.Date.Year, k.Date.Month, k.Date.Day)
	switch k.Op {
	case imap.SearchBefore:
		return mailstore.InternalDate{Before: day}
	case imap.SearchOn:
		return mailstore.InternalDate{Since: day, Before: day + 1}
	case imap.SearchSince:
		return mailstore.InternalDate{Since: day}
	case imap.SearchSentBefore:
		return mailstore.SentDate{Before: day}
	case imap.SearchSentOn:
		return mailstore.SentDate{Since: day, Before: day + 1}
	case imap.SearchSentSince:
		return mailstore.SentDate{Since: day}
	case imap.SearchSavedBefore:
		return mailstore.SaveDate{Before: day}
	case imap.SearchSavedOn:
		return mailstore.SaveDate{Since: day, Before: day + 1}
	case imap.SearchSavedSince:
		return mailstore.SaveDate{Since: day}
	}
	return nil
}

// attributeQuery matches what else is known of a message without its text.
func (sel *selected) attributeQuery(k *imap.SearchKey) (mailstore.Query, error) {
	switch k.Op {
	case imap.SearchAll, imap.SearchSaveDateSupported:
		return mailstore.All{}, nil
	case imap.SearchFlag:
		return mailstore.HasFlag{Flag: k.Text}, nil
	case imap.SearchNotFlag:
		return mailstore.Not{Query: mailstore.HasFlag{Flag: k.Text}}, nil
	case imap.SearchLarger:
		return mailstore.Larger{Size: int64(k.Num)}, nil
	case imap.SearchSmaller:
		return mailstore.Smaller{Size: int64(k.Num)}, nil
	case imap.SearchOlder:
		return mailstore.Within{Older: uint32(min(k.Num, 1<<32-1))}, nil
	case imap.SearchYounger:
		return mailstore.Within{Younger: uint32(min(k.Num, 1<<32-1))}, nil
	case imap.SearchModSeq:
		return mailstore.ModSeq{Since: restante.ModSeq(k.Num)}, nil
	case imap.SearchAnnotation:
		return annotationQuery(k, sel.collation.by), sel.collation.maySearch(k)
	case imap.SearchEmailID:
		if n, ok := sel.objectNumber('M', k.Text); ok {
			return mailstore.Emails{restante.EmailID(n)}, nil
		}
		return mailstore.Or{}, nil
	case imap.SearchThreadID:
		if n, ok := sel.objectNumber('T', k.Text); ok {
			return mailstore.Thread{restante.ThreadID(n)}, nil
		}
		return mailstore.Or{}, nil
	}
	return nil, imap.Bad("Unknown search key")
}

// annotationQuery matches by annotations (RFC 5257 §4.8). NIL finds the messages that
// have no such value.
func annotationQuery(k *imap.SearchKey, by search.Comparator) mailstore.Query {
	q := mailstore.Annotated{
		Entry: mailstore.EntryPattern(k.Field), Text: k.Text, By: by,
		Private: k.Num&imap.AnnotationPrivate != 0, Shared: k.Num&imap.AnnotationShared != 0,
	}
	if k.Num&imap.AnnotationNil != 0 {
		return mailstore.Not{Query: q}
	}
	return q
}

// objectNumber gives the number in one of the object identifiers of the selected
// mailbox's account (RFC 8474 §6). One of another account, or of another server, names nothing
// here.
func (sel *selected) objectNumber(kind byte, id string) (uint64, bool) {
	_, last, _ := strings.Cut(id, "-")
	n, err := strconv.ParseUint(last, 36, 64)
	return n, err == nil && restante.ObjectID(kind, sel.account.ID(), n) == id
}
