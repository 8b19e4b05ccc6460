package mailstore

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/restante/restante"
)

// Annotation is a text or other octets that somebody has attached to a message
// under a name (RFC 5257 §3). A private one is seen by whoever set it alone.
type Annotation struct {
	Entry   string // case-sensitive (RFC 5257 §3.2)
	Private bool
	Value   []byte // nil: none; to set that is to remove the annotation
}

// Kinds of errors that concern annotations (RFC 5257 §4.5, §3.2.1).
var (
	ErrAnnotationValue = fmt.Errorf("annotation value: %w", restante.ErrTooLarge) // TOOBIG: Limits.AnnotationValue
	ErrAnnotationCount = fmt.Errorf("annotations: %w", restante.ErrLimit)         // TOOMANY: Limits.Annotations
	ErrNoPart          = fmt.Errorf("no such part: %w", restante.ErrInvalid)
)

// AnnotationRights are the rights that it takes to set annotations: to read the
// mailbox for private ones, to annotate for shared ones (RFC 5257 §3.4).
func AnnotationRights(list []Annotation) (need Rights) {
	for _, n := range list {
		if n.Private {
			need |= RightRead
		} else {
			need |= RightAnnotate
		}
	}
	return need
}

// who is whose private annotations the account's user has.
func (a *Account) who() restante.AccountID {
	if a.viewer != 0 {
		return a.viewer
	}
	return a.id
}

// of is whose an annotation is that somebody sets; 0 is everyone.
func (n *Annotation) of(who restante.AccountID) restante.AccountID {
	if n.Private {
		return who
	}
	return 0
}

// checkAnnotations holds annotations that are to be set against what must be so
// whatever message they are for.
func (l *Limits) checkAnnotations(list []Annotation) error {
	for _, n := range list {
		switch {
		case len(n.Entry) > l.EntryBytes:
			return fmt.Errorf("mailstore: entry name of %d octets: %w", len(n.Entry), restante.ErrLimit)
		case len(n.Entry) < 2 || n.Entry[0] != '/' || strings.HasSuffix(n.Entry, "/") || strings.Contains(n.Entry, "//") ||
			strings.ContainsAny(n.Entry, "*%"):
			return fmt.Errorf("mailstore: entry name %q: %w", n.Entry, restante.ErrInvalid)
		case len(n.Value) > l.AnnotationValue:
			return fmt.Errorf("mailstore: %q has %d octets: %w", n.Entry, len(n.Value), ErrAnnotationValue)
		}
	}
	return nil
}

// AnnotatedPart gives the part of a message that an entry is about (RFC 5257
// §3.2.1), nil for the whole of it. ok is false where what begins like a part
// is none.
func AnnotatedPart(entry string) (path []int, ok bool) {
	if len(entry) < 2 || entry[0] != '/' || entry[1] < '0' || entry[1] > '9' {
		return nil, true
	}
	first, _, _ := strings.Cut(entry[1:], "/")
	for word := range strings.SplitSeq(first, ".") {
		n, err := strconv.ParseUint(word, 10, 31)
		if err != nil || n == 0 || word[0] == '0' {
			return nil, false
		}
		path = append(path, int(n))
	}
	return path, true
}
