package mailstore

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// Whoever reads another account's mailbox has a \Seen of his own there (RFC 4314
// §4): what is in the flag sets is the owner's. It is kept in the owner's account,
// by blocks of 256 UIDs, of which those that nothing was done with have no row. A
// message that was never touched is unseen. UIDs are never used again, so that what
// is kept of a message that is gone does no harm; it goes with the last message of its
// block.

// seenBy is what an account has seen of a mailbox of another. It is immutable.
type seenBy struct {
	blocks map[uint32]seenBlock
	modSeq restante.ModSeq // of the last change
	asOf   restante.ModSeq // up to which it is known
}

// of gives what is known of a message.
func (s *seenBy) of(uid restante.UID) (seen bool, modSeq restante.ModSeq) {
	b, there := s.blocks[uint32(uid)/seenBlockSize]
	if !there {
		return false, 0
	}
	return b.at(uint8(uint32(uid) % seenBlockSize))
}

// readSeen reads what an account has seen of a mailbox.
func readSeen(snap kv.Snapshot, id restante.MailboxID, viewer restante.AccountID) (*seenBy, error) {
	s := &seenBy{blocks: make(map[uint32]seenBlock)}
	start, end := seenRange(id, viewer)
	it := snap.Scan(start, end)
	for it.Next() {
		b, ok := parseSeenBlock(it.Value())
		if !ok || len(it.Key()) != 21 {
			return nil, errors.Join(fmt.Errorf("mailstore: row %x: %w", it.Key(), restante.ErrCorrupt), it.Close())
		}
		s.blocks[binary.BigEndian.Uint32(it.Key()[17:])] = b
		for _, r := range b {
			s.modSeq = max(s.modSeq, r.modSeq)
		}
	}
	return s, it.Close()
}

// readSeenChange takes the row of the last change of others' \Seen in a mailbox.
func (s *State) readSeenChange(key, value []byte) bool {
	n, rest, ok := keyNumber(key)
	at, m := binary.Uvarint(value)
	if !ok || len(rest) > 0 || m <= 0 {
		return false
	}
	if s.seen == nil {
		s.seen = make(map[restante.MailboxID]restante.ModSeq)
	}
	s.seen[restante.MailboxID(n)] = restante.ModSeq(at)
	return true
}
