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

// fetchedAnnotation is what there is under one name of a message; nil is no value.
type fetchedAnnotation struct {
	entry           string
	private, shared []byte
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
			f.entries(mailstore.EntryPattern(name), have, item, written)
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

// annotated reads a message's annotations, in order of their names.
func (f *fetcher) annotated(uid restante.UID) (have []fetchedAnnotation, err error) {
	if !f.annotates {
		return nil, nil
	}
	err = f.reader.Annotations(f.s.selected.id, uid, func(n mailstore.Annotation) error {
		at, there := slices.BinarySearchFunc(have, n.Entry, func(h fetchedAnnotation, entry string) int {
			return bytes.Compare([]byte(h.entry), []byte(entry))
		})
		if !there {
			have = slices.Insert(have, at, fetchedAnnotation{entry: n.Entry})
		}
		value := append([]byte{}, n.Value...)
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
func (f *fetcher) entries(pattern mailstore.EntryPattern, have []fetchedAnnotation, item *imap.FetchAnnotation, written map[string]bool) {
	if pattern.IsLiteral() {
		n := fetchedAnnotation{entry: string(pattern)}
		if at := slices.IndexFunc(have, func(h fetchedAnnotation) bool { return h.entry == n.entry }); at >= 0 {
			n = have[at]
		}
		f.entry(&n, item, written)
		return
	}
	for i := range have {
		n := &have[i]
		valued := slices.ContainsFunc(item.Attributes, func(a imap.AnnotationAttribute) bool { return n.value(a) != nil })
		if valued && pattern.Match(n.entry) {
			f.entry(n, item, written)
		}
	}
}

// value gives the value that an attribute is about.
func (n *fetchedAnnotation) value(a imap.AnnotationAttribute) []byte {
	if a.Private {
		return n.private
	}
	return n.shared
}

// entry writes an entry with its attributes, each with a space behind it.
func (f *fetcher) entry(n *fetchedAnnotation, item *imap.FetchAnnotation, written map[string]bool) {
	if written[n.entry] {
		return
	}
	written[n.entry] = true
	utf8 := f.s.enc.UTF8()
	b := append(appendEntry(f.buf, n.entry, utf8), " ("...)
	for _, a := range item.Attributes {
		value := n.value(a)
		b = append(append(b, a.String()...), ' ')
		switch {
		case a.Size:
			b = append(b, '"')
			b = append(strconv.AppendInt(b, int64(len(value)), 10), '"')
		case value == nil:
			b = append(b, "NIL"...)
		default:
			b = wire.AppendValue(b, value, utf8)
		}
		b = append(b, ' ')
	}
	b[len(b)-1] = ')'
	f.buf = append(b, ' ')
}

// appendEntry writes the name of an entry.
func appendEntry(dst []byte, name string, utf8 bool) []byte {
	if imap.IsAString(name) {
		return append(dst, name...)
	}
	return wire.AppendString(dst, name, utf8)
}
