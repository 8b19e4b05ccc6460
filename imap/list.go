package imap

// ListSelect is a set of LIST selection options (RFC 9051 §6.3.9.1, RFC 6154 §2).
type ListSelect uint8

// The selection options.
const (
	ListSelectSubscribed ListSelect = 1 << iota
	ListSelectRemote
	ListSelectRecursiveMatch
	ListSelectSpecialUse
)

// Has reports whether all of o are in the set.
func (s ListSelect) Has(o ListSelect) bool { return s&o == o }

// ListReturn is a set of LIST return options (RFC 9051 §6.3.9.2, RFC 6154 §2).
type ListReturn uint8

// The return options. STATUS is in [ListOptions.Status].
const (
	ListReturnSubscribed ListReturn = 1 << iota
	ListReturnChildren
	ListReturnSpecialUse
	ListReturnMyRights // RFC 8440 §3
)

// Has reports whether all of o are in the set.
func (r ListReturn) Has(o ListReturn) bool { return r&o == o }

// ListOptions is what an extended LIST asks for beyond names.
type ListOptions struct {
	// Extended says that the command had selection options, return options or
	// a list of patterns, so that the empty pattern is not special (RFC 5258 §3).
	Extended bool
	Select   ListSelect
	Return   ListReturn
	Status   StatusItems // RETURN (STATUS (…)); 0 for none
	Metadata []string    // RETURN (METADATA (…)), entry names (RFC 9590); nil for none
}

// Mailbox attributes (RFC 9051 §7.3.1, RFC 6154 §2).
const (
	AttrNoInferiors   = `\Noinferiors`
	AttrNoSelect      = `\Noselect`
	AttrNonExistent   = `\NonExistent`
	AttrHasChildren   = `\HasChildren`
	AttrHasNoChildren = `\HasNoChildren`
	AttrMarked        = `\Marked`
	AttrUnmarked      = `\Unmarked`
	AttrSubscribed    = `\Subscribed`
	AttrRemote        = `\Remote`
	AttrAll           = `\All`
	AttrArchive       = `\Archive`
	AttrDrafts        = `\Drafts`
	AttrFlagged       = `\Flagged`
	AttrImportant     = `\Important` // RFC 8457
	AttrJunk          = `\Junk`
	AttrSent          = `\Sent`
	AttrTrash         = `\Trash`
)
