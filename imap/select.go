package imap

// QResync is the parameter of SELECT and EXAMINE by which a client tells what
// it has cached (RFC 7162 §3.2.5).
type QResync struct {
	UIDValidity uint32
	ModSeq      uint64
	KnownUIDs   UIDSet // empty where not given; without "*"
	// MatchSeqs and MatchUIDs are the message sequence match data (RFC 7162
	// §3.2.5.2): the nth number of one belongs to the nth of the other. They
	// are empty where not given, and have equal counts.
	MatchSeqs SeqSet
	MatchUIDs UIDSet
}
