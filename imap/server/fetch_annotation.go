package server

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/wire"
	"github.com/restante/restante/mailstore"
)

// heldAnnotations is how many octets of a message's annotations are held while they
// are put in order. What is more is read again when it is sent, so that what a FETCH
// holds does not grow with the limits, nor with how often a client asks for the same.
const heldAnnotations = spillSize

// fetchedAnnotation is what there is under one name of a message.
type fetchedAnnotation struct {
	entry           string
	private, shared fetchedValue
}

// fetchedValue is a value of an annotation.
type fetchedValue struct {
	there bool
	size  int
	held  []byte // nil: it has to be read again
}

// annotations writes the ANNOTATION items of a message (RFC 5257 §4.3). An entry that
// was asked for by its name stands there also where it has no value (RFC 5257
// §3.2.2), others only with one. One about a part that the message does not have is
// left out, and the tagged answer says so.
func (f *fetcher) annotations(uid restante.UID, id restante.EmailID) error {
	have, err := f.annotated(uid)
	if err != nil {
		return err
	}
	for i := range f.items.Annotations {
		item := &f.items.Annotations[i]
		start := len(f.buf)
		f.buf = append(f.buf, "ANNOTATION ("...)
		written := make(map[string]bool)
		for _, name := range item.Entries {
			there, err := f.hasPart(name, id)
			if err != nil {
				return err
			}
			if !there {
				f.partless = true
				continue
			}
			if err := f.entries(uid, mailstore.EntryPattern(name), have, item, written); err != nil {
				return err
			}
		}
		if len(written) == 0 {
			f.buf = f.buf[:start] // an empty list could not be written
			continue
		}
		f.buf[len(f.buf)-1] = ')'
		f.buf = append(f.buf, ' ')
	}
	return nil
}

// annotated reads a message's annotations, in order of their names, the values as far as
// they may be held.
func (f *fetcher) annotated(uid restante.UID) (have []fetchedAnnotation, err error) {
	if !f.annotates {
		return nil, nil
	}
	held := 0
	err = f.reader.Annotations(f.s.selected.id, uid, func(n mailstore.Annotation) error {
		at, there := slices.BinarySearchFunc(have, n.Entry, func(h fetchedAnnotation, entry string) int {
			return bytes.Compare([]byte(h.entry), []byte(entry))
		})
		if !there {
			have = slices.Insert(have, at, fetchedAnnotation{entry: n.Entry})
		}
		value := fetchedValue{there: true, size: len(n.Value)}
		if held+len(n.Value) <= heldAnnotations {
			value.held = append([]byte{}, n.Value...)
			held += len(n.Value)
		}
		if n.Private {
			have[at].private = value
		} else {
			have[at].shared = value
		}
		return nil
	})
	return have, err
}

// hasPart reports whether a message has the part that an entry is about, which may be
// all of it.
func (f *fetcher) hasPart(entry string, id restante.EmailID) (bool, error) {
	path, ok := mailstore.AnnotatedPart(entry)
	if !ok || len(path) == 0 {
		return true, nil // a wildcard stands for the parts that there are
	}
	sum, err := f.reader.Summary(id)
	if err != nil {
		return false, err
	}
	_, ok = sum.Part(path)
	return ok, nil
}

// entries writes what a name, perhaps with wildcards, finds and is not written yet.
func (f *fetcher) entries(uid restante.UID, pattern mailstore.EntryPattern, have []fetchedAnnotation, item *imap.FetchAnnotation, written map[string]bool) error {
	if pattern.IsLiteral() {
		n := fetchedAnnotation{entry: string(pattern)}
		if at := slices.IndexFunc(have, func(h fetchedAnnotation) bool { return h.entry == n.entry }); at >= 0 {
			n = have[at]
		}
		return f.entry(uid, &n, item, written)
	}
	for i := range have {
		n := &have[i]
		valued := slices.ContainsFunc(item.Attributes, func(a imap.AnnotationAttribute) bool { return n.value(a).there })
		if valued && pattern.Match(n.entry) {
			if err := f.entry(uid, n, item, written); err != nil {
				return err
			}
		}
	}
	return nil
}

// value gives the value that an attribute is about.
func (n *fetchedAnnotation) value(a imap.AnnotationAttribute) *fetchedValue {
	if a.Private {
		return &n.private
	}
	return &n.shared
}

// entry writes an entry with its attributes, each with a space behind it.
func (f *fetcher) entry(uid restante.UID, n *fetchedAnnotation, item *imap.FetchAnnotation, written map[string]bool) error {
	if written[n.entry] {
		return nil
	}
	written[n.entry] = true
	if err := f.room(); err != nil {
		return err
	}
	f.buf = append(appendEntry(f.buf, n.entry, f.s.enc.UTF8()), " ("...)
	for _, a := range item.Attributes {
		value := n.value(a)
		f.buf = append(append(f.buf, a.String()...), ' ')
		var err error
		switch {
		case a.Size:
			f.buf = append(f.buf, '"')
			f.buf = append(strconv.AppendInt(f.buf, int64(value.size), 10), "\" "...)
		case !value.there:
			f.buf = append(f.buf, "NIL "...)
		case value.held != nil:
			err = f.annotationValue(value.held)
		default:
			err = f.annotationAgain(uid, n.entry, a.Private)
		}
		if err != nil {
			return err
		}
	}
	f.buf[len(f.buf)-1] = ')'
	f.buf = append(f.buf, ' ')
	return nil
}

// annotationValue writes a value with a space behind it.
func (f *fetcher) annotationValue(value []byte) error {
	f.scratch = wire.AppendValue(f.scratch[:0], value, f.s.enc.UTF8())
	return f.pass(f.scratch)
}

// annotationAgain reads a value and writes it; NIL where it was removed meanwhile.
func (f *fetcher) annotationAgain(uid restante.UID, entry string, private bool) error {
	found := false
	err := f.reader.Annotation(f.s.selected.id, uid, entry, private, func(value []byte) error {
		found = true
		return f.annotationValue(value)
	})
	if err == nil && !found {
		f.buf = append(f.buf, "NIL "...)
	}
	return err
}

// room hands on what has gathered of many small things, before the buffer grows.
func (f *fetcher) room() error {
	if len(f.buf) < spillSize-4096 {
		return nil
	}
	if f.spillEarlier(); f.lost == nil && len(f.buf) >= spillSize-4096 {
		f.spill()
	}
	return f.lost
}

// appendEntry writes the name of an entry.
func appendEntry(dst []byte, name string, utf8 bool) []byte {
	if imap.IsAString(name) {
		return append(dst, name...)
	}
	return wire.AppendString(dst, name, utf8)
}
