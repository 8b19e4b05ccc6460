package imap

// StatusItems is a set of STATUS items (RFC 9051 §6.3.11).
type StatusItems uint16

// The items of RFC 9051 §6.3.11, RFC 3501 §6.3.10, RFC 7162 §3.1.7, RFC 8474
// §4.3 and RFC 7889 §3.
const (
	StatusMessages StatusItems = 1 << iota
	StatusRecent               // RFC 3501 only
	StatusUIDNext
	StatusUIDValidity
	StatusUnseen
	StatusDeleted
	StatusSize
	StatusHighestModSeq
	StatusMailboxID
	StatusAppendLimit
	StatusDeletedStorage // RFC 9208 §4.1.4
	StatusObjectID       // draft-ietf-mailmaint-imap-objectid-bis
	statusEnd
)

// Has reports whether all of i are in the set.
func (s StatusItems) Has(i StatusItems) bool { return s&i == i }

// Name gives the item's name as in RFC 9051; empty unless s is one item.
func (s StatusItems) Name() string {
	switch s {
	case StatusMessages:
		return "MESSAGES"
	case StatusRecent:
		return "RECENT"
	case StatusUIDNext:
		return "UIDNEXT"
	case StatusUIDValidity:
		return "UIDVALIDITY"
	case StatusUnseen:
		return "UNSEEN"
	case StatusDeleted:
		return "DELETED"
	case StatusSize:
		return "SIZE"
	case StatusHighestModSeq:
		return "HIGHESTMODSEQ"
	case StatusMailboxID:
		return "MAILBOXID"
	case StatusDeletedStorage:
		return "DELETED-STORAGE"
	case StatusObjectID:
		return "OBJECTID"
	case StatusAppendLimit:
		return "APPENDLIMIT"
	}
	return ""
}

// StatusItemNamed gives the item of an upper-case name, 0 for an unknown one.
func StatusItemNamed(name []byte) StatusItems {
	for i := StatusItems(1); i < statusEnd; i <<= 1 {
		if i.Name() == string(name) {
			return i
		}
	}
	return 0
}

// Append writes the items in parentheses, as a client asks for them.
func (s StatusItems) Append(dst []byte) []byte {
	dst = append(dst, '(')
	first := true
	for i := StatusItems(1); i < statusEnd; i <<= 1 {
		if !s.Has(i) {
			continue
		}
		if !first {
			dst = append(dst, ' ')
		}
		first = false
		dst = append(dst, i.Name()...)
	}
	return append(dst, ')')
}
