package mailstore

import (
	"slices"
	"sort"
	"strings"
	"sync/atomic"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// inbox is the one name that is the same in any case (RFC 9051 §5.1).
const inbox = "INBOX"

// Mailbox is what an account's state says of a mailbox. It is immutable, and
// its counts are exact.
type Mailbox struct {
	ID            restante.MailboxID
	Name          string // UTF-8 in NFC, levels separated by '/'
	UIDValidity   uint32
	UIDNext       restante.UID
	HighestModSeq restante.ModSeq // the last commit that touched the mailbox
	Messages      uint32
	Unseen        uint32 // without \Seen
	Deleted       uint32 // with \Deleted
	Size          uint64 // octets of all messages
	DeletedSize   uint64 // octets of those with \Deleted
	SpecialUse    []string
	NoSelect      bool // a level of the hierarchy, no mailbox
	Created       time.Time

	// MetadataModSeq is the last commit that changed the mailbox's metadata, 0 if
	// it never had any.
	MetadataModSeq restante.ModSeq
	appendLimit    int64 // octets of a message, and 1; 0: as the server's
	// AnnotationModSeq is the last commit that changed an annotation of one of the
	// messages, 0 if none ever had any.
	AnnotationModSeq restante.ModSeq
	annotationRows   uint64 // how many rows of them there are
	annotationGuests int64  // octets of those that are private to other accounts than the owner's
	// FromInbox says that the mailbox was made by renaming INBOX. It is not
	// stored: it is for those who are told of it when it happens.
	FromInbox bool
}

// box is a mailbox with what this node has of its contents. Immutable, but
// for a new tail page's columns (see columnsOf).
type box struct {
	mailbox *Mailbox
	row     []byte          // the mailbox row
	floor   restante.ModSeq // expunges up to here are forgotten
	history uint32          // ranges in the history of expunges

	// tail is the last page, nil for an empty mailbox; hasTail says whether
	// that is known. snapshot has all pages, nil if they are not loaded.
	tail     *Page
	hasTail  bool
	snapshot *Snapshot
}

// State is an account at one moment, as this node knows it. It is immutable.
type State struct {
	version       kv.Version
	account       accountRow
	mailboxes     []*box                     // INBOX, then in byte order of names
	index         map[restante.MailboxID]int // places in mailboxes; shared by states with the same names
	subscriptions []string                   // in byte order
	flags         *FlagTable
	urlResets     map[URLKeyPlace]restante.ModSeq        // when access keys were replaced, as far as this node saw; not changed
	metadata      restante.ModSeq                        // of the last change of metadata
	acls          map[restante.MailboxID]ACL             // of the mailboxes that have one; not changed
	outline       *atomic.Pointer[Outline]               // holds nil until asked for
	seen          map[restante.MailboxID]restante.ModSeq // last changes of others' \Seen; not changed
}

// ModSeq is the modseq of the account's last change: its version, and what was
// skipped.
func (s *State) ModSeq() restante.ModSeq { return s.account.epoch.modSeq(s.version) }

// MetadataModSeq is the modseq of the last change of any metadata of the account
// or of one of its mailboxes, as far as there was one since it was read.
func (s *State) MetadataModSeq() restante.ModSeq { return s.metadata }

// ServerMetadataModSeq is the same for the account's view of the server.
func (s *State) ServerMetadataModSeq() restante.ModSeq { return s.account.metadata }

// Mailboxes are all mailboxes: INBOX, then the others in byte order of names.
func (s *State) Mailboxes() []*Mailbox {
	list := make([]*Mailbox, len(s.mailboxes))
	for i, b := range s.mailboxes {
		list[i] = b.mailbox
	}
	return list
}

// MailboxByName answers the mailbox of a name, nil if there is none or the
// name cannot be one. INBOX may be in any case, and the name need not be in
// normal form.
func (s *State) MailboxByName(name string) *Mailbox {
	name, err := normalizeName(name)
	if err != nil {
		return nil
	}
	if b := s.named(name); b != nil {
		return b.mailbox
	}
	return nil
}

// named finds a mailbox by its normal name.
func (s *State) named(name string) *box {
	if i, ok := s.place(name); ok {
		return s.mailboxes[i]
	}
	return nil
}

// place answers where a normal name stands or would stand.
func (s *State) place(name string) (int, bool) {
	if len(s.mailboxes) == 0 || name == inbox {
		return 0, len(s.mailboxes) > 0
	}
	rest := s.mailboxes[1:]
	i := sort.Search(len(rest), func(i int) bool { return rest[i].mailbox.Name >= name })
	return i + 1, i < len(rest) && rest[i].mailbox.Name == name
}

// Mailbox answers the mailbox of an ID, nil if there is none.
func (s *State) Mailbox(id restante.MailboxID) *Mailbox {
	if b := s.box(id); b != nil {
		return b.mailbox
	}
	return nil
}

func (s *State) box(id restante.MailboxID) *box {
	if i, ok := s.index[id]; ok {
		return s.mailboxes[i]
	}
	return nil
}

// Children are the mailboxes below a name, at any depth. The name is taken as
// it is; it need not be a mailbox.
func (s *State) Children(name string) []*Mailbox {
	var list []*Mailbox
	for _, b := range s.below(name) {
		list = append(list, b.mailbox)
	}
	return list
}

// HasChildren reports whether there are mailboxes below a name.
func (s *State) HasChildren(name string) bool { return len(s.below(name)) > 0 }

func (s *State) below(name string) []*box {
	prefix := name + separator
	from, _ := s.place(prefix)
	to := from
	for to < len(s.mailboxes) && strings.HasPrefix(s.mailboxes[to].mailbox.Name, prefix) {
		to++
	}
	return s.mailboxes[from:to]
}

// Subscriptions are the subscribed names in byte order; not to be changed.
// They need not be mailboxes.
func (s *State) Subscriptions() []string { return s.subscriptions }

// Subscribed reports whether a name is subscribed.
func (s *State) Subscribed(name string) bool {
	name, err := normalizeName(name)
	if err != nil {
		return false
	}
	_, ok := slices.BinarySearch(s.subscriptions, name)
	return ok
}

// Flags are the account's flag sets.
func (s *State) Flags() *FlagTable { return s.flags }

// Usage is what the account holds.
func (s *State) Usage() Usage {
	u := s.account.usage
	u.Mailboxes = len(s.mailboxes)
	return u
}

// Quota is the bound on Usage; a zero field is no bound.
func (s *State) Quota() Quota { return s.account.quota }

// Name is what the account was called when it was made.
func (s *State) Name() string { return s.account.name }

// Created is when the account was made.
func (s *State) Created() time.Time { return time.Unix(s.account.created, 0) }
