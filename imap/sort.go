package imap

// SortField is a sort-key of SORT.
type SortField uint8

// The sort keys of RFC 5256 §3 and RFC 5957 §4, and Cyrus's MODSEQ and UID.
const (
	SortArrival SortField = iota
	SortCc
	SortDate
	SortFrom
	SortSize
	SortSubject
	SortTo
	SortDisplayFrom
	SortDisplayTo
	SortModSeq
	SortUID
	SortAnnotation // the value of SortKey.Entry (RFC 5257 §4.9)
	SortRelevancy  // of a fuzzy search, the highest first (RFC 6203 §6)
)

// SortKey is one sort-criterion (RFC 5256 §5).
type SortKey struct {
	Field   SortField
	Reverse bool
	Entry   string // of SortAnnotation
	Shared  bool   // of SortAnnotation: the shared value, else the private one
}
