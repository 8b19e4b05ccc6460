package imap

// ThreadAlgorithm is a thread-alg of THREAD, of the search keys that speak of
// threads, and of their result option.
type ThreadAlgorithm uint8

// The algorithms of RFC 5256 §3 and draft-ietf-morg-inthread-01.
const (
	ThreadRefs ThreadAlgorithm = iota
	ThreadReferences
	ThreadOrderedSubject
)

// ParseThreadAlgorithm gives the algorithm of a name in upper case.
func ParseThreadAlgorithm(name []byte) (a ThreadAlgorithm, ok bool) {
	switch string(name) {
	case "REFS":
		return ThreadRefs, true
	case "REFERENCES":
		return ThreadReferences, true
	case "ORDEREDSUBJECT":
		return ThreadOrderedSubject, true
	}
	return 0, false
}

// String is the algorithm's name.
func (a ThreadAlgorithm) String() string {
	switch a {
	case ThreadReferences:
		return "REFERENCES"
	case ThreadOrderedSubject:
		return "ORDEREDSUBJECT"
	}
	return "REFS"
}
