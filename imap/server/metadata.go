package server

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/mailstore"
)

// getMetadata handles GETMETADATA (RFC 5464 §4.2).
func (s *session) getMetadata(ctx context.Context, c command.GetMetadata) (imap.StatusResponse, error) {
	q := mailstore.MetadataQuery{Entries: c.Entries, Depth: mailstore.MetadataDepth(c.Depth), MaxSize: int(c.MaxSize)}
	at, err := s.annotated(ctx, c.Mailbox)
	if c.Mailbox == "*" && err != nil {
		return s.getAllMetadata(ctx, q)
	}
	if err != nil {
		return done, err
	}
	longest, err := s.answerMetadata(ctx, &at, q)
	return longEntries(longest), entryError(err)
}

// getAllMetadata answers for each mailbox that has some of the entries, as
// SnappyMail asks for with the name "*".
func (s *session) getAllMetadata(ctx context.Context, q mailstore.MetadataQuery) (imap.StatusResponse, error) {
	longest := 0
	for _, mb := range s.account.State().Mailboxes() {
		at, err := s.listed(ctx, &listEntry{name: mb.Name, mailbox: mb})
		if err != nil || !mayAnnotate(at.rights) {
			continue
		}
		q.Place = s.metadataPlace(&at)
		r, err := s.account.Metadata(ctx, q)
		if errors.Is(err, restante.ErrNotFound) {
			continue // deleted meanwhile
		}
		if err != nil {
			return done, entryError(err)
		}
		if len(r.Entries) > 0 {
			s.writeMetadata(mb.Name, r.Entries)
		}
		longest = max(longest, r.Longest)
	}
	return longEntries(longest), nil
}

// longEntries is the answer to a GETMETADATA that left out values, of which the
// longest has so many octets (RFC 5464 §4.2.1).
func longEntries(longest int) imap.StatusResponse {
	if longest == 0 {
		return done
	}
	return ok(imap.CodeMetadataLongEntries(longest), "GETMETADATA completed")
}

// annotated finds the mailbox whose metadata is meant, or the server as a place
// without a mailbox. On a mailbox the user needs the right to look it up, and one
// to do something with its messages (RFC 5464 §3.3).
func (s *session) annotated(ctx context.Context, name string) (place, error) {
	if name == "" {
		return place{account: s.account, rights: mailstore.AllRights}, s.account.RefreshSince(ctx, s.moment)
	}
	at, err := s.place(ctx, name, mailstore.RightLookup)
	if err == nil && !mayAnnotate(at.rights) {
		err = errNoPermission()
	}
	return at, err
}

// mayAnnotate reports whether metadata can be seen, and private metadata set
// (RFC 5464 §3.3).
func mayAnnotate(r mailstore.Rights) bool {
	const any = mailstore.RightRead | mailstore.RightSeen | mailstore.RightWrite | mailstore.RightInsert | mailstore.RightPost
	return r.Has(mailstore.RightLookup) && r&any != 0
}

// metadataPlace gives where the metadata of a place is kept.
func (s *session) metadataPlace(at *place) mailstore.MetadataPlace {
	var p mailstore.MetadataPlace
	if at.mailbox != nil {
		p.Mailbox = at.mailbox.ID
	}
	if at.account.ID() != s.account.ID() {
		p.User = s.account.ID()
	}
	return p
}

// answerMetadata writes the METADATA response to a query and gives the size of
// the longest value that was left out. Entries that were asked for by name and
// have no value are told as NIL.
func (s *session) answerMetadata(ctx context.Context, at *place, q mailstore.MetadataQuery) (longest int, err error) {
	q.Place = s.metadataPlace(at)
	r, err := at.account.Metadata(ctx, q)
	if err != nil {
		return 0, err
	}
	entries := r.Entries
	if q.Depth == mailstore.DepthNone || len(entries) == 0 && r.Longest == 0 {
		entries, err = s.named(ctx, at, q, r)
	}
	if len(entries) > 0 {
		s.writeMetadata(at.name, entries)
	}
	return r.Longest, err
}

// named gives the entries that a query names in its order and spelling, which the
// client may look for; those that have no value with nil for it.
func (s *session) named(ctx context.Context, at *place, q mailstore.MetadataQuery, r mailstore.MetadataResult) ([]mailstore.MetadataEntry, error) {
	values := make(map[string][]byte, len(r.Entries))
	for _, e := range r.Entries {
		values[strings.ToLower(e.Name)] = e.Value
	}
	told := make(map[string]bool) // or too long
	if r.Longest > 0 {
		q.MaxSize = -1
		all, err := at.account.Metadata(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, e := range all.Entries {
			key := strings.ToLower(e.Name)
			_, short := values[key]
			told[key] = !short
		}
	}
	var entries []mailstore.MetadataEntry
	for _, name := range q.Entries {
		if key := strings.ToLower(name); !told[key] {
			told[key] = true
			entries = append(entries, mailstore.MetadataEntry{Name: name, Value: values[key]})
		}
	}
	return entries, nil
}

// writeMetadata writes a METADATA response with values (RFC 5464 §4.4.1); a nil
// one is that of an entry that has none.
func (s *session) writeMetadata(mailbox string, entries []mailstore.MetadataEntry) {
	s.enc.Untagged().Raw("METADATA ").Mailbox(mailbox)
	sep := " ("
	for _, e := range entries {
		s.enc.Raw(sep).AString(e.Name).SP()
		s.writeValue(e.Value)
		sep = " "
	}
	s.enc.Raw(")").CRLF()
}

// writeValue writes a value, which is binary only where it cannot be a string.
func (s *session) writeValue(value []byte) {
	switch {
	case value == nil:
		s.enc.Nil()
	case bytes.IndexByte(value, 0) >= 0:
		s.enc.Literal8Bytes(value)
	default:
		s.enc.String(string(value))
	}
}

// setMetadata handles SETMETADATA (RFC 5464 §4.3): all entries are set or none.
func (s *session) setMetadata(ctx context.Context, c command.SetMetadata) (imap.StatusResponse, error) {
	at, err := s.annotated(ctx, c.Mailbox)
	if err != nil {
		return done, err
	}
	changes := make([]mailstore.MetadataChange, len(c.Values))
	for i, v := range c.Values {
		// What all users see takes the right to change what they see of messages.
		if strings.HasPrefix(strings.ToLower(v.Entry), "/shared/") && !at.rights.Has(mailstore.RightWrite) {
			return done, imap.No(imap.CodeNoPerm, "Shared metadata can be set with the right w alone")
		}
		if c.Mailbox == "" && !v.Nil {
			if err := s.checkFilter(v.Entry, v.Value); err != nil {
				return done, err
			}
		}
		changes[i] = mailstore.MetadataChange{Name: v.Entry, Value: v.Value, Remove: v.Nil}
	}
	set, err := at.account.SetMetadata(ctx, s.metadataPlace(&at), changes)
	if err != nil {
		return done, s.setMetadataError(err)
	}
	s.ownMetadata(at.account.ID(), set.ModSeq)
	for _, id := range set.Bereft { // RFC 6154 §5.4
		if mb := at.account.State().Mailbox(id); mb != nil {
			s.tellSpecialUse(mb)
		}
	}
	return done, nil
}

// tellSpecialUse tells the client that a mailbox has lost a special use to the
// one that it has given it to, with the value, as RFC 6154 §5.4 shows it.
func (s *session) tellSpecialUse(mb *mailstore.Mailbox) {
	e := mailstore.MetadataEntry{Name: mailstore.EntrySpecialUse}
	if len(mb.SpecialUse) > 0 {
		e.Value = []byte(strings.Join(mb.SpecialUse, " "))
	}
	s.writeMetadata(mb.Name, []mailstore.MetadataEntry{e})
}

// setMetadataError gives the answers that are SETMETADATA's own.
func (s *session) setMetadataError(err error) error {
	switch {
	case errors.Is(err, mailstore.ErrMetadataValue):
		return imap.No(imap.CodeMetadataMaxSize(s.srv.store.Limits().MetadataValue), "Value is too large")
	case errors.Is(err, mailstore.ErrMetadataCount):
		return imap.No(imap.CodeMetadataTooMany, "Too many entries")
	case errors.Is(err, restante.ErrNotPermitted):
		return imap.No(imap.CodeNoPerm, "This entry cannot be set by you")
	}
	return entryError(err)
}

// entryError answers a name that no entry can have with BAD (RFC 5464 §3.2).
func entryError(err error) error {
	switch {
	case err == nil || errors.Is(err, mailstore.ErrSpecialUse):
		return err
	case errors.Is(err, restante.ErrInvalid):
		return imap.Bad("No entry can have this name")
	}
	return err
}

// listMetadata writes the METADATA responses of LIST RETURN (METADATA (…)) for one
// mailbox; where its metadata cannot be looked up there is none (RFC 9590 §3).
func (s *session) listMetadata(ctx context.Context, e *listEntry, entries []string) {
	at, err := s.listed(ctx, e)
	if err == nil && mayAnnotate(at.rights) {
		_, err = s.answerMetadata(ctx, &at, mailstore.MetadataQuery{Entries: entries, MaxSize: -1})
	}
	if err != nil {
		s.log.DebugContext(ctx, "metadata left out of LIST", "mailbox", at.name, "error", err)
	}
}
