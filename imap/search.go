package imap

// SearchOp is the kind of a [SearchKey].
type SearchOp uint8

// The search keys of RFC 9051 §6.4.4, RFC 3501 §6.4.4, RFC 5032, RFC 7162
// §3.1.5, RFC 8474 §6 and RFC 8514 §4.3, with the fields that they use.
const (
	SearchAll SearchOp = iota

	SearchAnd // Keys: all of them
	SearchOr  // Keys: any of the two
	SearchNot // Keys: the one

	SearchSeq // Set: sequence numbers, or "$"
	SearchUID // Set: unique identifiers, or "$"

	SearchFlag    // Text: the flag is set. ANSWERED, SEEN, …, and KEYWORD
	SearchNotFlag // Text: the flag is not set. UNANSWERED, UNSEEN, …, and UNKEYWORD
	SearchRecent  // RFC 3501
	SearchNew     // RFC 3501: RECENT and UNSEEN
	SearchOld     // RFC 3501: not RECENT

	SearchBefore // Date, of the internal date
	SearchOn
	SearchSince
	SearchSentBefore // Date, of the Date: header field
	SearchSentOn
	SearchSentSince
	SearchSavedBefore // Date, of the save date
	SearchSavedOn
	SearchSavedSince
	SearchSaveDateSupported

	SearchOlder   // Num: seconds
	SearchYounger // Num: seconds

	SearchLarger  // Num: octets
	SearchSmaller // Num: octets
	SearchModSeq  // Num: this or higher; Field and Text: entry name and type, or empty

	SearchHeader // Field: name; Text: the text, empty for any value
	SearchFrom   // Text
	SearchTo
	SearchCc
	SearchBcc
	SearchSubject
	SearchBody
	SearchText

	SearchEmailID  // Text
	SearchThreadID // Text

	// draft-ietf-morg-inthread-01, by the algorithm Thread.
	SearchInThread   // Keys: the one that a message of the thread matches
	SearchThreadRoot // without a parent
	SearchThreadLeaf // without children
	SearchMessageID  // Text, with its angle brackets
	SearchFuzzy      // Keys: the one (RFC 6203 §3)
	SearchFilter     // Text: the name of a stored search (RFC 5466 §3.1)
	SearchAnnotation // Field: the entry, with wildcards; Text; Num: see [AnnotationPrivate] (RFC 5257 §4.8)

	// X-GM-EXT-1.
	SearchGmailMsgID // Num
	SearchGmailThrID // Num
	SearchLabel      // Text: a label; Field: LooseLabel, or empty
	SearchGmailRaw   // Text: the query; Keys: the one that says the same
	// Only in the key of a query.
	SearchUserLabels    // any label that is not Gmail's own
	SearchAttachment    // a part that is an attachment
	SearchFilename      // Text: in the name of an attachment
	SearchArrivedSince  // Num: of the internal date, seconds since 1970
	SearchArrivedBefore // Num
)

// SearchKey is one key of a search program, as a tagged value: Op says which
// of the fields mean something.
type SearchKey struct {
	Op    SearchOp
	Keys  []SearchKey
	Set   NumSet
	Text  string // UTF-8
	Field string
	Date  Date
	Num   uint64

	Thread ThreadAlgorithm // of the keys that speak of threads
}

// SearchReturn is a set of result options (RFC 9051 §6.4.4, RFC 4731, RFC 5182,
// RFC 5267, RFC 6203, RFC 9394).
type SearchReturn uint16

// The result options.
const (
	ReturnMin SearchReturn = 1 << iota
	ReturnMax
	ReturnAll
	ReturnCount
	ReturnSave
	ReturnPartial // with SearchProgram.Partial
	ReturnUpdate  // RFC 5267 §4.3
	ReturnContext // RFC 5267 §4.2
	ReturnRelevancy
)

// returnData are the options that ask for data of their own. UPDATE and CONTEXT
// do not, so that beside them alone ALL is answered as for "RETURN ()".
const returnData = ReturnMin | ReturnMax | ReturnAll | ReturnCount | ReturnSave | ReturnPartial | ReturnRelevancy

// Has reports whether all of o are in the set.
func (r SearchReturn) Has(o SearchReturn) bool { return r&o == o }

// WithDefault adds ALL where no data is asked for (RFC 9051 §6.4.4: RETURN ()).
func (r SearchReturn) WithDefault() SearchReturn {
	if r&returnData == 0 {
		r |= ReturnAll
	}
	return r
}

// SearchProgram is what a SEARCH asks for.
type SearchProgram struct {
	// Extended says that RETURN was given, so that the answer is ESEARCH also
	// for a client of RFC 3501. "RETURN ()" gives ReturnAll.
	Extended bool
	Return   SearchReturn
	Partial  PartialRange // where ReturnPartial
	// Updates are what of a new message is fetched that joins the result, where
	// ReturnUpdate (RFC 5465 §7).
	Updates FetchItems
	Charset string // as the client wrote it; empty where it gave none
	Key     SearchKey
	// Threads is how threads are made for the keys that speak of them: what the
	// result option THREAD= says, or REFS.
	Threads ThreadAlgorithm
}

// Walk calls f with the key and all keys below it, until f says false; it
// reports whether it came to the end.
func (k *SearchKey) Walk(f func(*SearchKey) bool) bool {
	if !f(k) {
		return false
	}
	for i := range k.Keys {
		if !k.Keys[i].Walk(f) {
			return false
		}
	}
	return true
}

// Count gives how many keys there are, the key itself among them.
func (k *SearchKey) Count() int {
	n := 0
	k.Walk(func(*SearchKey) bool { n++; return true })
	return n
}

// Uses reports whether the key or one below it is of the kind op.
func (k *SearchKey) Uses(op SearchOp) bool {
	return !k.Walk(func(k *SearchKey) bool { return k.Op != op })
}
