package server

import (
	"context"
	"slices"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/imap/wire"
	"github.com/restante/restante/mailstore"
)

const (
	// batchSize is the smallest batch that may be asked for (RFC 10022 §3.1.3.2).
	batchSize = 500
	// batchSpan is how many messages a range of batches may hold (RFC 10022
	// §3.1.5). All batches are told however many there are: they cost a look at
	// one message for each batch.
	batchSpan = 100_000
	// batchRequests is how many requests of one selection are remembered.
	batchRequests = 1000
)

// batchRequest is a UIDBATCHES that was answered, and the mailbox as it was.
type batchRequest struct {
	command.UIDBatches
	messages int
	last     restante.UID
}

// uidBatches handles UIDBATCHES (RFC 10022 §3.1): the mailbox's messages in
// batches of a size, the newest first, as ranges of UIDs that follow one another
// without a gap, down to 1. Nothing is kept as "$" (RFC 10022 §3.4).
func (s *session) uidBatches(ctx context.Context, c command.UIDBatches) (imap.StatusResponse, error) {
	switch {
	case c.First > c.Last:
		return done, &imap.StatusResponse{Type: imap.StatusBad, Code: imap.CodeClientBug, Text: "Invalid batch range"}
	case c.Size < batchSize:
		return done, imap.No(imap.CodeTooFew, "Minimum batch size is 500")
	case c.First > 0 && uint64(c.Last-c.First+1)*uint64(c.Size) > batchSpan:
		return done, imap.No(imap.CodeTooMany, "Too many messages")
	}
	if err := s.sync(ctx, true, true); err != nil {
		return done, err
	}
	snap := s.selected.view.Shown()
	if !s.selected.noteBatches(snap, c) {
		return done, imap.No(imap.CodeLimit, "These batches were told, and few messages have come or gone since")
	}
	s.enc.Untagged().Raw("UIDBATCHES (TAG ").RawBytes(wire.AppendString(nil, s.tag, false)).Raw(")")
	size, first := int64(c.Size), max(int64(c.First), 1)
	high := int64(snap.Len()) - (first-1)*size
	for n := first; high > 0 && (c.Last == 0 || n <= int64(c.Last)); n++ {
		if n == first {
			s.enc.SP()
		} else {
			s.enc.Raw(",")
		}
		low := uint64(1)
		if high > size {
			low = uint64(snap.UIDAt(int(high-size))) + 1
		}
		s.enc.Number64(uint64(snap.UIDAt(int(high)))).Raw(":").Number64(low)
		high -= size
	}
	s.enc.CRLF()
	return done, nil
}

// noteBatches notes a request and reports whether it may be answered: not one
// that was answered already, unless about half a batch of messages has come or
// gone since (RFC 10022 §3.1.1, §6).
func (sel *selected) noteBatches(snap *mailstore.Snapshot, c command.UIDBatches) bool {
	now := batchRequest{UIDBatches: c, messages: snap.Len(), last: snap.Last()}
	i := slices.IndexFunc(sel.batches, func(b batchRequest) bool { return b.UIDBatches == c })
	if i < 0 {
		if len(sel.batches) == batchRequests {
			return false
		}
		sel.batches = append(sel.batches, now)
		return true
	}
	then := &sel.batches[i]
	left := snap.Below(then.last + 1)
	came, went := snap.Len()-left, then.messages-left
	if 2*max(came, went) < int(min(c.Size, uint32(max(then.messages, 1)))) {
		return false
	}
	*then = now
	return true
}
