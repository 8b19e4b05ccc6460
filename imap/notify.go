package imap

// NotifyEvents is a set of the events of RFC 5465 §5.
type NotifyEvents uint8

// The events. The first four are message events, the others are not.
const (
	NotifyMessageNew NotifyEvents = 1 << iota
	NotifyMessageExpunge
	NotifyFlagChange
	NotifyAnnotationChange
	NotifyMailboxName
	NotifySubscriptionChange
	NotifyMailboxMetadataChange
	NotifyServerMetadataChange
	notifyEnd = iota
)

// Sets of events. Of the message events, new messages and expunges go together,
// and the others with both (RFC 5465 §5).
const (
	NotifyMessages      = NotifyMessageNew | NotifyMessageExpunge
	NotifyMessageEvents = NotifyMessages | NotifyFlagChange | NotifyAnnotationChange
)

// Has reports whether all of e are in the set.
func (s NotifyEvents) Has(e NotifyEvents) bool { return s&e == e }

// Any reports whether some of e are in the set.
func (s NotifyEvents) Any(e NotifyEvents) bool { return s&e != 0 }

// name gives the name of one event.
func (s NotifyEvents) name() string {
	switch s {
	case NotifyMessageNew:
		return "MessageNew"
	case NotifyMessageExpunge:
		return "MessageExpunge"
	case NotifyFlagChange:
		return "FlagChange"
	case NotifyAnnotationChange:
		return "AnnotationChange"
	case NotifyMailboxName:
		return "MailboxName"
	case NotifySubscriptionChange:
		return "SubscriptionChange"
	case NotifyMailboxMetadataChange:
		return "MailboxMetadataChange"
	case NotifyServerMetadataChange:
		return "ServerMetadataChange"
	}
	return ""
}

// NotifyEventNamed gives the event of an upper-case name, 0 for an unknown one.
func NotifyEventNamed(name []byte) NotifyEvents {
	switch string(name) {
	case "MESSAGENEW":
		return NotifyMessageNew
	case "MESSAGEEXPUNGE":
		return NotifyMessageExpunge
	case "FLAGCHANGE":
		return NotifyFlagChange
	case "ANNOTATIONCHANGE":
		return NotifyAnnotationChange
	case "MAILBOXNAME":
		return NotifyMailboxName
	case "SUBSCRIPTIONCHANGE":
		return NotifySubscriptionChange
	case "MAILBOXMETADATACHANGE":
		return NotifyMailboxMetadataChange
	case "SERVERMETADATACHANGE":
		return NotifyServerMetadataChange
	}
	return 0
}

// Append writes the names of the events, with a space between two.
func (s NotifyEvents) Append(dst []byte) []byte {
	first := true
	for i := range notifyEnd {
		if e := NotifyEvents(1) << i; s.Has(e) {
			if !first {
				dst = append(dst, ' ')
			}
			first = false
			dst = append(dst, e.name()...)
		}
	}
	return dst
}

// NotifyFilter says which mailboxes a group of events is for (RFC 5465 §6).
type NotifyFilter uint8

// The filters.
const (
	NotifySelected        NotifyFilter = iota // the selected mailbox; expunges at once
	NotifySelectedDelayed                     // the selected mailbox; expunges with commands that allow them
	NotifyInboxes                             // the user's mailboxes that mail is delivered to
	NotifyPersonal                            // all mailboxes of the user
	NotifySubscribed                          // the subscribed ones
	NotifySubtree                             // the named ones and all below them
	NotifyMailboxes                           // the named ones
)

// IsSelected reports whether the filter is for the selected mailbox.
func (f NotifyFilter) IsSelected() bool { return f <= NotifySelectedDelayed }

// Named reports whether mailbox names follow the filter.
func (f NotifyFilter) Named() bool { return f >= NotifySubtree }

// String gives the filter as clients write it.
func (f NotifyFilter) String() string {
	switch f {
	case NotifySelected:
		return "selected"
	case NotifySelectedDelayed:
		return "selected-delayed"
	case NotifyInboxes:
		return "inboxes"
	case NotifyPersonal:
		return "personal"
	case NotifySubscribed:
		return "subscribed"
	case NotifySubtree:
		return "subtree"
	case NotifyMailboxes:
		return "mailboxes"
	}
	return ""
}

// NotifyGroup is an event-group of NOTIFY SET (RFC 5465 §8): events for the
// mailboxes of a filter.
type NotifyGroup struct {
	Filter    NotifyFilter
	Mailboxes []string     // where the filter is Named
	Events    NotifyEvents // 0 for NONE
	// Items are what is to be told of a new message in the selected mailbox; the
	// zero value is nothing.
	Items FetchItems
}

// CodeNotificationOverflow says that more was asked for than the server notifies
// of (RFC 5465 §3.1, §5.8).
const CodeNotificationOverflow Code = "NOTIFICATIONOVERFLOW"

// CodeBadEvent is BADEVENT with all events that the server supports (RFC 5465
// §3.1).
func CodeBadEvent(supported NotifyEvents) Code {
	return Code(append(supported.Append([]byte("BADEVENT (")), ')'))
}
