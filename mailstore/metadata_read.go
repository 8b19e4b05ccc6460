package mailstore

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/restante/restante/kv"
)

// metadataReader answers one query.
type metadataReader struct {
	account  *Account
	ctx      context.Context
	query    *MetadataQuery
	computed []MetadataEntry
	stored   bool // there may be rows
	view     kv.Snapshot
	seen     map[string]bool // what was found, by key
	result   MetadataResult
}

func (r *metadataReader) close() {
	if r.view != nil {
		_ = r.view.Close()
	}
}

// read adds what one name of the query finds.
func (r *metadataReader) read(name string) error {
	entry := strings.ToLower(name)
	if r.query.Depth == DepthNone || entry != privateScope && entry != sharedScope {
		var err error
		if entry, err = entryKey(name, r.account.store.options.Limits.EntryBytes); err != nil {
			return err
		}
	}
	var found []MetadataEntry
	for _, e := range r.computed {
		if key := strings.ToLower(e.Name); key == entry || r.query.Depth.reaches(entry, key) {
			found = append(found, e)
		}
	}
	if r.stored {
		stored, err := r.rows(entry)
		if err != nil {
			return err
		}
		found = append(found, stored...)
	}
	slices.SortFunc(found, func(a, b MetadataEntry) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	for _, e := range found {
		r.add(e)
	}
	return nil
}

// rows gives the stored entries that a key finds.
func (r *metadataReader) rows(entry string) ([]MetadataEntry, error) {
	if r.view == nil {
		view, err := r.account.store.kv.Snapshot(r.ctx, r.account.partition())
		if err != nil {
			return nil, err
		}
		r.view = view
	}
	p := r.query.Place
	of := p.of(entry + "/")
	var found []MetadataEntry
	add := func(row metadataRow) {
		if !row.gone {
			found = append(found, MetadataEntry{row.name, append([]byte{}, row.value...)})
		}
	}
	value, err := r.view.Get(metadataKey(p.Mailbox, of, entry), nil)
	if err == nil {
		row, err := parseMetadataRow(entry, value)
		if err != nil {
			return nil, err
		}
		add(row)
	} else if !errors.Is(err, kv.ErrNotFound) {
		return nil, err
	}
	if r.query.Depth == DepthNone {
		return found, nil
	}
	// "0" follows "/".
	start, end := metadataKey(p.Mailbox, of, entry+"/"), metadataKey(p.Mailbox, of, entry+"0")
	err = scanMetadata(r.view, start, end, func(key string, row metadataRow) {
		if r.query.Depth.reaches(entry, key) {
			add(row)
		}
	})
	return found, err
}

// add takes an entry, unless it was found before or is too long.
func (r *metadataReader) add(e MetadataEntry) {
	key := strings.ToLower(e.Name)
	if r.seen[key] {
		return
	}
	r.seen[key] = true
	if n := len(e.Value); r.query.MaxSize >= 0 && n > r.query.MaxSize {
		r.result.Longest = max(r.result.Longest, n)
		return
	}
	r.result.Entries = append(r.result.Entries, e)
}

// reaches reports whether key is below entry and not too far (RFC 5464 §4.2.2).
func (d MetadataDepth) reaches(entry, key string) bool {
	rest, below := strings.CutPrefix(key, entry+"/")
	switch {
	case !below || d == DepthNone:
		return false
	case d == DepthOne:
		return !strings.Contains(rest, "/")
	}
	return true
}
