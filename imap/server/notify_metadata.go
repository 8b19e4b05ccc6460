package server

import "github.com/restante/restante/imap"

// metadataEvents are the changes of metadata (RFC 5465 §5.6, §5.7). Who asks for
// them need not have enabled METADATA; who has enabled it is told of all.
const metadataEvents = imap.NotifyMailboxMetadataChange | imap.NotifyServerMetadataChange

// inMetadata reports whether changes of metadata were asked for.
func (n *interest) inMetadata() bool { return n != nil && n.filter.any(metadataEvents) }

// beginMetadata makes changes of metadata from now on be told, if they are asked
// for and were not before.
func (s *session) beginMetadata(previous *interest) {
	if !s.interest.inMetadata() {
		return
	}
	if !previous.inMetadata() && !s.enabled.has(featureMetadata) {
		s.metadata = nil
	}
	s.followMetadata()
}

// metadataWatched gives the accounts of others of whose metadata changes may be told.
func (s *session) metadataWatched() []*watched {
	if !s.interest.inMetadata() || len(s.interest.accounts) == 0 {
		return nil
	}
	return s.interest.accounts[1:]
}

// hearsMetadata reports whether changes of a mailbox's metadata are told.
func (s *session) hearsMetadata(at *place) bool {
	if s.enabled.has(featureMetadata) && (at.account.ID() == s.account.ID() || s.selected.is(at)) {
		return true
	}
	a := s.interest.account(at.account.ID())
	return a != nil && a.events(at.mailbox.Name, nil).Has(imap.NotifyMailboxMetadataChange)
}

// hearsServerMetadata is hearsMetadata for the server's metadata.
func (s *session) hearsServerMetadata() bool {
	return s.enabled.has(featureMetadata) || s.interest != nil && s.interest.filter.any(imap.NotifyServerMetadataChange)
}
