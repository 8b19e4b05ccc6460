package imap

// SourceKind says which mailboxes a source option of ESEARCH stands for (RFC 7377
// §2.2, RFC 5465 §6).
type SourceKind uint8

// The source options.
const (
	SourceSelected   SourceKind = iota // the selected mailbox
	SourceInboxes                      // where deliveries may go: as SourcePersonal
	SourcePersonal                     // all of the user's own
	SourceSubscribed                   // all that are subscribed to
	SourceSubtree                      // Mailboxes and all below them
	SourceSubtreeOne                   // Mailboxes and those one level below them
	SourceMailboxes                    // Mailboxes
)

// Named reports whether mailbox names follow.
func (k SourceKind) Named() bool { return k >= SourceSubtree }

// SearchSource is one source option.
type SearchSource struct {
	Kind      SourceKind
	Mailboxes []string // where the kind is Named
}
