package mailstore

import (
	"context"
	"errors"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// Entries that have their values elsewhere.
const (
	// EntrySpecialUse is the owner's name for a mailbox's special uses (RFC 6154 §4).
	EntrySpecialUse = "/private/specialuse"
	// EntryAppendLimit tells the mailbox's own bound on a message's octets, where
	// it has one. It cannot be set as metadata.
	EntryAppendLimit = "/shared/vendor/restante/appendlimit"
)

// MetadataPlace is where metadata is: on a mailbox, or on the server as a whole,
// as one account sees it (RFC 5464 §3).
type MetadataPlace struct {
	Mailbox restante.MailboxID // 0: the server
	// User is whose private entries are meant where that is not the account that
	// the mailbox is in; else 0.
	User restante.AccountID
}

// of is under which account's number an entry is kept.
func (p MetadataPlace) of(entry string) restante.AccountID {
	if strings.HasPrefix(entry, privateScope+"/") {
		return p.User
	}
	return 0
}

// MetadataEntry is one entry with its value.
type MetadataEntry struct {
	Name  string // as it was written when it was set
	Value []byte
}

// MetadataDepth says how far below an entry others are asked for (RFC 5464 §4.2.2).
type MetadataDepth uint8

// The depths.
const (
	DepthNone MetadataDepth = iota
	DepthOne
	DepthInfinity
)

// MetadataQuery asks for entries of one place.
type MetadataQuery struct {
	Place   MetadataPlace
	Entries []string // names; with a depth also "/private" and "/shared" alone
	Depth   MetadataDepth
	MaxSize int // values of more octets are left out (RFC 5464 §4.2.1); negative: none is
}

// MetadataResult is what a query finds.
type MetadataResult struct {
	Entries []MetadataEntry
	Longest int // octets of the longest value that was left out; 0: none was
}

// Metadata gives the entries of a place that have values: for each name of the
// query, in order, it and what is below it, in the order of names, each once. A
// name that cannot be one is restante.ErrInvalid or ErrLimit, a mailbox that is
// not there ErrNotFound.
func (a *Account) Metadata(ctx context.Context, q MetadataQuery) (MetadataResult, error) {
	var mb *Mailbox
	if q.Place.Mailbox != 0 {
		if mb = a.State().Mailbox(q.Place.Mailbox); mb == nil {
			return MetadataResult{}, notFound("mailbox", uint64(q.Place.Mailbox))
		}
	}
	r := metadataReader{account: a, ctx: ctx, query: &q, computed: a.store.computedMetadata(q.Place, mb), seen: make(map[string]bool)}
	defer r.close()
	// Most mailboxes never had any, which the state knows.
	r.stored = mb != nil && mb.MetadataModSeq != 0 || mb == nil && a.State().account.metadata != 0
	for _, name := range q.Entries {
		if err := r.read(name); err != nil {
			return MetadataResult{}, unavailable("read metadata", err)
		}
	}
	return r.result, nil
}

// MetadataValue gives the value of one entry; ok is false where it has none.
func (a *Account) MetadataValue(ctx context.Context, p MetadataPlace, entry string) (value []byte, ok bool, err error) {
	r, err := a.Metadata(ctx, MetadataQuery{Place: p, Entries: []string{entry}, MaxSize: -1})
	if err != nil || len(r.Entries) == 0 {
		return nil, false, err
	}
	return r.Entries[0].Value, true, nil
}

// MetadataSince gives the names of a place's entries, as they were written, that
// were set or removed by commits after since.
func (a *Account) MetadataSince(ctx context.Context, p MetadataPlace, since restante.ModSeq, f func(name string, at restante.ModSeq)) error {
	snap, err := a.store.kv.Snapshot(ctx, a.partition())
	if err != nil {
		return unavailable("read metadata", err)
	}
	defer snap.Close()
	ranges := [][2][]byte{}
	start, end := metadataRangeOf(p.Mailbox, 0)
	if p.User != 0 {
		// Of the account's own rows only the shared ones are the user's to see.
		start, end = metadataKey(p.Mailbox, 0, sharedScope+"/"), metadataKey(p.Mailbox, 0, sharedScope+"0")
		own, ownEnd := metadataRangeOf(p.Mailbox, p.User)
		ranges = append(ranges, [2][]byte{own, ownEnd})
	}
	for _, b := range append(ranges, [2][]byte{start, end}) {
		err := scanMetadata(snap, b[0], b[1], func(_ string, row metadataRow) {
			if row.modSeq > since {
				f(row.name, row.modSeq)
			}
		})
		if err != nil {
			return unavailable("read metadata", err)
		}
	}
	return nil
}

// scanMetadata calls f with each row in [start, end). The row's value is not
// kept.
func scanMetadata(view kv.Snapshot, start, end []byte, f func(entry string, row metadataRow)) error {
	it := view.Scan(start, end)
	for it.Next() {
		_, _, entry, ok := splitMetadataKey(it.Key())
		if !ok {
			return errors.Join(restante.ErrCorrupt, it.Close())
		}
		row, err := parseMetadataRow(entry, it.Value())
		if err != nil {
			return errors.Join(err, it.Close())
		}
		f(entry, row)
	}
	return it.Close()
}

// computedMetadata are the entries of a place whose values are kept elsewhere,
// in the order of their names.
func (s *Store) computedMetadata(p MetadataPlace, mb *Mailbox) []MetadataEntry {
	if mb == nil {
		return s.options.ServerMetadata
	}
	var list []MetadataEntry
	if p.User == 0 && len(mb.SpecialUse) > 0 {
		list = append(list, MetadataEntry{EntrySpecialUse, []byte(strings.Join(mb.SpecialUse, " "))})
	}
	if limit, ok := mb.AppendLimit(); ok {
		list = append(list, MetadataEntry{EntryAppendLimit, appendNumber(nil, limit)})
	}
	return list
}
