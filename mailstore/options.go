package mailstore

import (
	"log/slog"
	"time"

	"github.com/restante/restante/blob"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/notify"
)

// Options configure a Store.
type Options struct {
	KV     kv.Store         // required; the caller closes it, after the Store
	Notify *notify.Hub      // nil: a new one
	Logger *slog.Logger     // nil: discards
	Now    func() time.Time // nil: time.Now
	Limits Limits
	// Alone reports whether no other node uses the engine now, as far as is known: else an
	// account that this node changes without a break is left to others now and then.
	// Nil: never known.
	Alone func() bool

	// SharedSeen makes \Seen, in mailboxes that are shared, a flag like all others and
	// not each user's own (RFC 4314 §4 leaves either open).
	SharedSeen bool
	// Durable makes commits of flags alone as durable as all others.
	Durable bool
	// Mailboxes are what a new account starts with besides INBOX.
	Mailboxes []NewMailbox
	// Subscribe makes a new account subscribed to INBOX and to them, for clients that
	// show only what is subscribed.
	Subscribe bool
	// ServerMetadata are entries of the server as a whole, such as /shared/comment
	// and /shared/admin, which all users see and none can change (RFC 5464 §6.2).
	ServerMetadata []MetadataEntry
	// Blobs, if not nil, holds the messages above BlobsAbove octets, 0: 128 KiB, never
	// above 1 MiB. The caller closes it, after the Store.
	Blobs      blob.Store
	BlobsAbove int64
	// Spool is the directory of messages above 1 MiB on their way to Blobs; empty: that
	// of the system for temporary files. They are files without a name.
	Spool string
	// DeleteAfter is how long an object is kept after the last message that needed it
	// is gone, 0: 1 hour, never below 5 minutes, so that who still reads it can. With
	// more, a copy of the engine that is so old is still whole.
	DeleteAfter time.Duration
	// IdleBytes bounds the memory of accounts that nobody has open, 0: 64 MiB.
	IdleBytes int64
}

// NewMailbox names a mailbox to make, with its special uses (RFC 6154).
type NewMailbox struct {
	Name       string
	SpecialUse []string
}

// Limits bound what an account may hold. A zero field has the value that its
// comment gives.
type Limits struct {
	MessageSize  int64 // octets of one message; 64 MiB; never above 4 GiB - 1
	Mailboxes    int   // in an account; 10,000
	NameBytes    int   // of a mailbox name; 512; never above 1,000
	NameDepth    int   // levels of a mailbox name; 32
	Keywords     int   // distinct ones in an account; 1,000
	KeywordBytes int   // of one keyword; 128
	ACLEntries   int   // identifiers in the access control list of a mailbox; 500
	Quota        Quota // of an account without one of its own

	// Of metadata (RFC 5464 §4.1).
	EntryBytes      int   // of an entry's name; 255
	MetadataValue   int   // octets of one value; 64 KiB; never below 1,024
	URLKeys         int   // mailbox access keys of an account (RFC 4467 §2.2); 10,000
	MetadataEntries int   // of a mailbox, or of the server; 1,000; never below 10
	MetadataBytes   int64 // names and values of an account in all; 16 MiB
	GuestEntries    int   // private ones of another user on one mailbox; 100; never below 10
	GuestBytes      int64 // and their names and values; 256 KiB

	// Of annotations of messages (RFC 5257 §4.1); EntryBytes holds for them too.
	AnnotationValue int   // octets of one value; 64 KiB; never below 1,024
	Annotations     int   // shared ones of a message, or one user's; 100; never below 10
	AnnotationBytes int64 // names and values of an account in all; 64 MiB
	GuestNoteBytes  int64 // of one mailbox, those private to other users; 1 MiB
}

// Quota bounds what all mailboxes of an account hold together; 0 is no bound.
type Quota struct {
	Bytes       int64
	Messages    int64
	Mailboxes   int64
	Annotations int64 // octets of annotations and metadata
}

// Usage is what an account holds: copies count as messages of their own.
type Usage struct {
	Bytes       int64
	Messages    int64
	Mailboxes   int
	Annotations int64 // octets of the annotations of messages (RFC 5257)
	Metadata    int64 // octets of the names and values of metadata (RFC 5464)
}

// withDefaults fills in what is zero.
func (o Options) withDefaults() Options {
	if o.Notify == nil {
		o.Notify = notify.New()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Alone == nil {
		o.Alone = func() bool { return false }
	}
	setDefault(&o.IdleBytes, 64<<20)
	setDefault(&o.BlobsAbove, 128<<10)
	o.BlobsAbove = min(o.BlobsAbove, heldMessage)
	setDefault(&o.DeleteAfter, time.Hour)
	o.DeleteAfter = max(o.DeleteAfter, 5*time.Minute)
	o.Limits = o.Limits.withDefaults()
	return o
}

// setDefault fills in a field that has no value.
func setDefault[T int | int64 | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

func (l Limits) withDefaults() Limits {
	setDefault(&l.MessageSize, 64<<20)
	l.MessageSize = min(l.MessageSize, 1<<32-1)
	setDefault(&l.Mailboxes, 10_000)
	setDefault(&l.NameBytes, 512)
	l.NameBytes = min(l.NameBytes, 1000)
	setDefault(&l.NameDepth, 32)
	setDefault(&l.Keywords, 1000)
	setDefault(&l.KeywordBytes, 128)
	setDefault(&l.EntryBytes, 255)
	setDefault(&l.MetadataValue, 64<<10)
	l.MetadataValue = max(l.MetadataValue, 1024)
	setDefault(&l.MetadataEntries, 1000)
	l.MetadataEntries = max(l.MetadataEntries, 10)
	setDefault(&l.URLKeys, 10000)
	setDefault(&l.GuestEntries, 100)
	l.GuestEntries = max(l.GuestEntries, 10)
	setDefault(&l.MetadataBytes, 16<<20)
	setDefault(&l.GuestBytes, 256<<10)
	setDefault(&l.AnnotationValue, 64<<10)
	l.AnnotationValue = max(l.AnnotationValue, 1024)
	setDefault(&l.Annotations, 100)
	l.Annotations = max(l.Annotations, 10)
	setDefault(&l.AnnotationBytes, 64<<20)
	setDefault(&l.GuestNoteBytes, 1<<20)
	setDefault(&l.ACLEntries, 500)
	return l
}
