package server

import (
	"context"
	"errors"
	"slices"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/namespace"
	"github.com/restante/restante/notify"
)

// metadataSeen is how far a client that enabled METADATA was told of an account's
// changes of metadata.
type metadataSeen struct {
	upTo restante.ModSeq
	own  []restante.ModSeq // later changes that the session itself made
}

// followMetadata begins to tell the client of changes of metadata (RFC 5464
// §4.1): from now on.
func (s *session) followMetadata() {
	if s.metadata == nil {
		s.metadata = make(map[restante.AccountID]*metadataSeen)
	}
	s.seenMetadata(s.account)
	for _, a := range s.metadataWatched() {
		s.seenMetadata(a.account)
	}
}

// followInIdle makes IDLE wake for changes of metadata, if the client asked for
// them.
func (s *session) followInIdle() {
	if !s.enabled.has(featureMetadata) {
		return
	}
	wake := func(e notify.Event) {
		if e.Metadata {
			s.wake.wake()
		}
	}
	stop := []func(){s.account.Subscribe(wake)}
	if s.selected != nil && s.selected.account.ID() != s.account.ID() {
		stop = append(stop, s.selected.account.Subscribe(wake))
	}
	if s.idle.cancel != nil {
		stop = append(stop, s.idle.cancel)
	}
	s.idle.cancel = func() {
		for _, cancel := range stop {
			cancel()
		}
	}
}

// seenMetadata gives what the client was told of an account, which is nothing
// that was before it is first asked for.
func (s *session) seenMetadata(account *mailstore.Account) *metadataSeen {
	seen := s.metadata[account.ID()]
	if seen == nil {
		seen = &metadataSeen{upTo: account.State().MetadataModSeq()}
		s.metadata[account.ID()] = seen
	}
	return seen
}

// ownMetadata notes a change that the session made, of which it is not told.
func (s *session) ownMetadata(account restante.AccountID, at restante.ModSeq) {
	if seen := s.metadata[account]; seen != nil && at != 0 {
		seen.own = append(seen.own, at)
	}
}

// tellMetadata tells a client that asked for it which entries others have
// changed, by METADATA responses without values (RFC 5464 §4.4.2): of the server,
// of the user's mailboxes, and of those of others that are watched or selected.
func (s *session) tellMetadata(ctx context.Context) {
	if !s.enabled.has(featureMetadata) && !s.interest.inMetadata() || s.account == nil || s.state == stateLogout {
		return
	}
	err := s.guard(ctx, "telling changes of metadata", func() error {
		err := s.tellMetadataOf(ctx, s.account, s.names.Self())
		for _, a := range s.metadataWatched() {
			err = errors.Join(err, s.tellMetadataOf(ctx, a.account, a.owner))
		}
		if sel := s.selected; sel != nil && sel.account.ID() != s.account.ID() {
			err = errors.Join(err, s.tellMetadataOf(ctx, sel.account, sel.owner))
		}
		return err
	})
	switch {
	case errors.Is(err, errPanicked):
		s.endWith(imap.CodeServerBug, panicked)
	case err != nil:
		s.log.WarnContext(ctx, "changes of metadata could not be told", "error", err)
	}
}

// tellMetadataOf is tellMetadata for the account of one owner.
func (s *session) tellMetadataOf(ctx context.Context, account *mailstore.Account, owner namespace.Owner) error {
	own := account.ID() == s.account.ID()
	if err := account.RefreshSince(ctx, s.moment); err != nil {
		if !own && errors.Is(err, restante.ErrNotFound) {
			return nil // its owner is gone
		}
		return err
	}
	state := account.State()
	seen := s.seenMetadata(account)
	now := state.MetadataModSeq()
	if now <= seen.upTo {
		return nil
	}
	changed := func(mb restante.MailboxID, name string) error {
		p := mailstore.MetadataPlace{Mailbox: mb}
		if !own {
			p.User = s.account.ID()
		}
		names, err := s.changedEntries(ctx, account, p, seen)
		if err == nil && len(names) > 0 {
			s.writeChangedEntries(name, names)
		}
		return err
	}
	if own && state.ServerMetadataModSeq() > seen.upTo && s.hearsServerMetadata() {
		if err := changed(0, ""); err != nil {
			return err
		}
	}
	for _, mb := range state.Mailboxes() {
		if mb.MetadataModSeq <= seen.upTo {
			continue
		}
		at := place{account: account, mailbox: mb, name: owner.Prefix + mb.Name, owner: owner}
		if !s.hearsMetadata(&at) || !s.mayWatch(ctx, &at, 0) {
			continue
		}
		if err := changed(mb.ID, at.name); err != nil {
			return err
		}
	}
	seen.upTo = now
	seen.own = slices.DeleteFunc(seen.own, func(at restante.ModSeq) bool { return at <= now })
	return nil
}

// changedEntries gives the names of the entries that others have changed.
func (s *session) changedEntries(ctx context.Context, account *mailstore.Account, p mailstore.MetadataPlace, seen *metadataSeen) (names []string, err error) {
	err = account.MetadataSince(ctx, p, seen.upTo, func(name string, at restante.ModSeq) {
		if !slices.Contains(seen.own, at) {
			names = append(names, name)
		}
	})
	return names, err
}

// writeChangedEntries writes a METADATA response without values (RFC 5464
// §4.4.2).
func (s *session) writeChangedEntries(mailbox string, names []string) {
	s.enc.Untagged().Raw("METADATA ").Mailbox(mailbox)
	for _, name := range names {
		s.enc.SP().AString(name)
	}
	s.enc.CRLF()
}
