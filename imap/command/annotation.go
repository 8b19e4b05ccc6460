package command

import (
	"bytes"
	"slices"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/wire"
)

// fetchAnnotation reads what follows ANNOTATION in FETCH (RFC 5257 §5):
//
//	fetch-att   =/ "ANNOTATION" SP "(" entries SP attribs ")"
//	entries     =  entry-match / "(" entry-match *(SP entry-match) ")"
//	attribs     =  attrib / "(" attrib *(SP attrib) ")"
func fetchAnnotation(d *wire.Decoder, f *imap.FetchItems, o *Options) bool {
	var a imap.FetchAnnotation
	for i := range f.Annotations {
		a.Entries = append(a.Entries, f.Annotations[i].Entries...)
	}
	before := len(a.Entries)
	entry := func() bool {
		if len(a.Entries) >= or(o.Limits.FetchAnnotations, 100) {
			d.Fail(wire.OverLimit, "too many entries of annotations")
			return false
		}
		name, ok := entryMatch(d, o)
		a.Entries = append(a.Entries, name)
		return ok
	}
	attribute := func() bool {
		b, ok := d.AString()
		if !ok {
			return false
		}
		list := imap.AnnotationAttributes(string(b))
		for _, one := range list {
			if !slices.Contains(a.Attributes, one) {
				a.Attributes = append(a.Attributes, one)
			}
		}
		return list != nil || d.Expected("value or size, with .priv or .shared or without")
	}
	if !d.ExpectSP() || !d.ExpectSpecial('(') || !d.Enter() || !oneOrList(d, entry) || !d.ExpectSP() || !oneOrList(d, attribute) {
		return false
	}
	d.Leave()
	if a.Entries = slices.Clip(a.Entries[before:]); len(a.Entries) == 0 || len(a.Attributes) == 0 {
		return d.Expected("an entry and an attribute")
	}
	f.Annotations = append(f.Annotations, a)
	return d.ExpectSpecial(')')
}

// oneOrList reads one item, or a list of them in parentheses.
func oneOrList(d *wire.Decoder, item func() bool) bool {
	if d.Peek() == '(' {
		return d.List(item)
	}
	return item()
}

// entryMatch reads the name of an annotation, which may have wildcards:
//
//	entry-match = list-mailbox
func entryMatch(d *wire.Decoder, o *Options) (string, bool) {
	b, ok := d.ListMailbox()
	if !ok {
		return "", false
	}
	return entryOf(d, b, true, o)
}

// entryOf takes the name of an annotation, with wildcards if that is allowed.
func entryOf(d *wire.Decoder, b []byte, pattern bool, o *Options) (string, bool) {
	name := string(b)
	if len(name) > or(o.Limits.AnnotationEntry, 255) {
		d.Fail(wire.OverLimit, "entry name is too long")
		return "", false
	}
	if fault := imap.AnnotationFault(name, pattern); fault != "" {
		d.Fail(wire.Syntax, fault)
		return "", false
	}
	return name, true
}

// annotationEntry reads the name of one annotation:
//
//	entry = astring
func annotationEntry(d *wire.Decoder, o *Options) (string, bool) {
	b, ok := d.AString()
	if !ok {
		return "", false
	}
	return entryOf(d, b, false, o)
}

// annotationValues reads what follows ANNOTATION in STORE and APPEND (RFC 5257 §5):
//
//	att-annotate = "ANNOTATION" SP "(" entry-att *(SP entry-att) ")"
//	entry-att    = entry SP "(" att-value *(SP att-value) ")"
func annotationValues(d *wire.Decoder, o *Options) (list []imap.AnnotationValue, ok bool) {
	if !d.ExpectSP() {
		return nil, false
	}
	ok = d.List(func() bool {
		entry, ok := annotationEntry(d, o)
		if !ok || !d.ExpectSP() {
			return false
		}
		before := len(list)
		ok = d.List(func() bool {
			if len(list) >= or(o.Limits.Annotations, 1000) {
				d.Fail(wire.OverLimit, "too many annotations")
				return false
			}
			v, ok := annotationValue(d, entry, o)
			list = append(list, v)
			return ok
		})
		return ok && (len(list) > before || d.Expected("an attribute"))
	})
	return list, ok && (len(list) > 0 || d.Expected("an entry"))
}

// annotationValue reads an attribute and its value:
//
//	att-value = attrib SP value
//	value     = nstring / literal8
//
// The size of a value cannot be set (RFC 5257 §3.2.2), and one suffix has to be
// chosen (RFC 5257 §3.3).
func annotationValue(d *wire.Decoder, entry string, o *Options) (v imap.AnnotationValue, ok bool) {
	b, ok := d.AString()
	if !ok {
		return v, false
	}
	a := imap.AnnotationAttributes(string(b))
	if len(a) != 1 || a[0].Size {
		return v, d.Expected("value.priv or value.shared")
	}
	v.Entry, v.Private = entry, a[0].Private
	if !d.ExpectSP() {
		return v, false
	}
	most := or(o.Limits.AnnotationValue, 64<<10)
	b, isNil, ok := d.Value(most, imap.CodeAnnotateTooBig)
	switch {
	case !ok:
		return v, false
	case len(b) > most:
		d.FailCode(wire.TooBig, imap.CodeAnnotateTooBig, "value is too large")
		return v, false
	case !isNil:
		v.Value = append([]byte{}, b...)
	}
	if v.Value != nil && imap.IsPartFlag(entry) && !bytes.Equal(v.Value, []byte("0")) && !bytes.Equal(v.Value, []byte("1")) {
		return v, d.Expected(`"1", "0" or NIL as the value of a flag`)
	}
	return v, true
}

// annotation reads what follows ANNOTATION in a search (RFC 5257 §5):
//
//	search-key =/ "ANNOTATION" SP entry-match SP att-search SP value
//	att-search =  "value" / "value.priv" / "value.shared"
func (p *searchParser) annotation(k *imap.SearchKey) (ok bool) {
	k.Op = imap.SearchAnnotation
	if !p.d.ExpectSP() {
		return false
	}
	if k.Field, ok = entryMatch(p.d, p.o); !ok || !p.d.ExpectSP() {
		return false
	}
	b, ok := p.d.AString()
	if !ok {
		return false
	}
	a := imap.AnnotationAttributes(string(b))
	if len(a) == 0 || a[0].Size {
		return p.d.Expected("value, value.priv or value.shared")
	}
	for _, one := range a {
		if one.Private {
			k.Num |= imap.AnnotationPrivate
		} else {
			k.Num |= imap.AnnotationShared
		}
	}
	if !p.d.ExpectSP() {
		return false
	}
	most := or(p.o.Limits.AnnotationValue, 64<<10)
	b, isNil, ok := p.d.Value(most, imap.CodeAnnotateTooBig)
	switch {
	case !ok:
		return false
	case isNil:
		k.Num |= imap.AnnotationNil
		return true
	}
	return p.decoded(b, k)
}

// sortAnnotation reads what follows ANNOTATION in a sort (RFC 5257 §5):
//
//	sort-key =/ "ANNOTATION" SP entry SP att-sort
//	att-sort =  "value.priv" / "value.shared"
func (p *searchParser) sortAnnotation(k *imap.SortKey) (ok bool) {
	k.Field = imap.SortAnnotation
	if !p.d.ExpectSP() {
		return false
	}
	if k.Entry, ok = annotationEntry(p.d, p.o); !ok || !p.d.ExpectSP() {
		return false
	}
	b, ok := p.d.AString()
	if !ok {
		return false
	}
	a := imap.AnnotationAttributes(string(b))
	if len(a) != 1 || a[0].Size {
		return p.d.Expected("value.priv or value.shared")
	}
	k.Shared = !a[0].Private
	return true
}
