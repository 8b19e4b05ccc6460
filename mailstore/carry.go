package mailstore

import "github.com/restante/restante"

// flagCarrier decides which flags copies have: those that the rights on the
// destination allow to be set (RFC 4314 §4, COPY), with the \Seen of whoever copies.
// Its methods carry everything for nil.
type flagCarrier struct {
	tx       *txn
	rights   Rights
	from, to *seenDraft // nil: \Seen is the owner's
	memo     map[carried]FlagSetID
}

// carried is what the flags of a copy depend on.
type carried struct {
	set  FlagSetID
	seen bool
}

// carrier answers the carrier of a copy, nil where all flags stay as they are.
func (tx *txn) carrier(from, to *draft, viewer restante.AccountID, rights Rights) (*flagCarrier, error) {
	if viewer == 0 && rights.Has(FlagRights) {
		return nil, nil
	}
	c := &flagCarrier{tx: tx, rights: rights, memo: make(map[carried]FlagSetID)}
	var err error
	if c.from, err = tx.viewersDraft(from.mailbox.ID, viewer); err == nil {
		c.to, err = tx.viewersDraft(to.mailbox.ID, viewer)
	}
	return c, err
}

// carry gives a message the flag set of its copy and answers the copy's system flags.
func (c *flagCarrier) carry(m *Message) (SystemFlags, error) {
	if c == nil {
		return 0, nil
	}
	set := c.tx.flags.Set(m.FlagSet)
	if set == nil {
		return 0, notFound("flag set", uint64(m.FlagSet))
	}
	system := c.from.flagsOf(m.UID, set.System) & c.rights.systemFlags()
	key := carried{m.FlagSet, system&Seen != 0}
	id, known := c.memo[key]
	if !known {
		var keywords []string
		if c.rights.Has(RightWrite) {
			keywords = set.Keywords
		}
		var err error
		if id, err = c.tx.intern(set, c.to.ownersFlags(system), keywords); err != nil {
			return 0, err
		}
		c.memo[key] = id
	}
	m.FlagSet = id
	return system, nil
}

// arrived takes note of a copy.
func (c *flagCarrier) arrived(uid restante.UID, system SystemFlags) {
	if c != nil {
		c.to.add(uid, system, c.tx.modSeq)
	}
}
