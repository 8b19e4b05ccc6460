package mailstore

import "github.com/restante/restante"

// Message is a mailbox's entry for a message.
type Message struct {
	UID          restante.UID
	FlagSet      FlagSetID
	ModSeq       restante.ModSeq
	EmailID      restante.EmailID
	ThreadID     restante.ThreadID
	InternalDate Time
	// SentDate is what the Date field says, or the internal date where it says
	// nothing (RFC 5256 §2.2).
	SentDate Time
	SaveDate Time
	Size     uint32 // octets, as received
}

// MessageFlags is what changes of a message: its flags, and when it last did.
type MessageFlags struct {
	UID     restante.UID
	FlagSet FlagSetID
	ModSeq  restante.ModSeq
}
