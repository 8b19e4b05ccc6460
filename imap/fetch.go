package imap

import (
	"slices"
	"strconv"
	"strings"
)

// FetchAtts is a set of the message attributes that carry no argument. Their
// order in a response is free (RFC 9051 §7.5.2), so a set is enough.
type FetchAtts uint32

// The attributes of RFC 9051 §6.4.5, RFC 7162 §3.1.4, RFC 8474 §5, RFC 8514 §4.2 and RFC 8970 §6.
const (
	FetchUID FetchAtts = 1 << iota
	FetchFlags
	FetchInternalDate
	FetchSize // RFC822.SIZE
	FetchEnvelope
	FetchBody // BODY: the structure without extension data
	FetchBodyStructure
	FetchModSeq
	FetchEmailID
	FetchThreadID
	FetchSaveDate
	FetchPreview     // PREVIEW
	FetchPreviewLazy // PREVIEW (LAZY)
	FetchObjectID    // draft-ietf-mailmaint-imap-objectid-bis
	FetchGmailMsgID  // X-GM-MSGID
	FetchGmailThrID  // X-GM-THRID
	FetchGmailLabels // X-GM-LABELS
	fetchEnd
)

// The macros of RFC 9051 §6.4.5.
const (
	FetchMacroFast = FetchFlags | FetchInternalDate | FetchSize
	FetchMacroAll  = FetchMacroFast | FetchEnvelope
	FetchMacroFull = FetchMacroAll | FetchBody
)

// Has reports whether all of a are in the set.
func (f FetchAtts) Has(a FetchAtts) bool { return f&a == a }

// FetchItems is what a FETCH asks for.
type FetchItems struct {
	Atts     FetchAtts
	Sections []FetchSection // in the client's order
	// Annotations are its ANNOTATION items (RFC 5257 §4.3).
	Annotations []FetchAnnotation
}

// IsZero reports whether nothing is asked for.
func (f *FetchItems) IsZero() bool {
	return f.Atts == 0 && len(f.Sections) == 0 && len(f.Annotations) == 0
}

// Merge adds what other items ask for, each once. They are not changed.
func (f *FetchItems) Merge(o *FetchItems) {
	f.Atts |= o.Atts
	for i := range o.Sections {
		s := &o.Sections[i]
		key := string(s.key(nil))
		if at := slices.IndexFunc(f.Sections, func(t FetchSection) bool { return string(t.key(nil)) == key }); at >= 0 {
			f.Sections[at].Peek = f.Sections[at].Peek && s.Peek
			continue
		}
		f.Sections = append(f.Sections, *s)
	}
	for i := range o.Annotations {
		a := &o.Annotations[i]
		key := string(a.appendRequest(nil))
		if !slices.ContainsFunc(f.Annotations, func(b FetchAnnotation) bool { return string(b.appendRequest(nil)) == key }) {
			f.Annotations = append(f.Annotations, *a)
		}
	}
}

// key is what tells an item from others: how a client would ask for it, but for
// .PEEK.
func (f *FetchSection) key(dst []byte) []byte {
	loud := *f
	loud.Peek = false
	return loud.appendRequest(dst)
}

// SetsSeen reports whether fetching the items sets \Seen.
func (f *FetchItems) SetsSeen() bool {
	for i := range f.Sections {
		if !f.Sections[i].Peek {
			return true
		}
	}
	return false
}

// SectionKind says by which item a section was asked for, and so how it is
// named in the response and whether its transfer encoding is removed.
type SectionKind uint8

// The kinds of items that give message content.
const (
	KindBody         SectionKind = iota // BODY[…]
	KindBinary                          // BINARY[…]: decoded (RFC 3516 §4.2)
	KindBinarySize                      // BINARY.SIZE[…]: size of the decoded part
	KindRFC822                          // RFC822: as BODY[] (RFC 3501 §6.4.5)
	KindRFC822Header                    // RFC822.HEADER: as BODY.PEEK[HEADER]
	KindRFC822Text                      // RFC822.TEXT: as BODY[TEXT]
)

// FetchSection is one item of message content.
type FetchSection struct {
	Kind    SectionKind
	Peek    bool // does not set \Seen
	Section Section
	Partial *Partial // nil for the whole
	// Label names the item in the response where that is not as its kind has it,
	// as with items of older protocols. Empty: as its kind has it.
	Label string
}

// Partial is <offset.count>, in octets (RFC 9051 §6.4.5).
type Partial struct {
	Offset uint64
	Count  uint64 // positive
}

// Specifier is what of a part is meant.
type Specifier uint8

// The specifiers of section-text (RFC 9051 §9).
const (
	SpecAll             Specifier = iota // the whole message, or the part's body
	SpecHeader                           // HEADER
	SpecHeaderFields                     // HEADER.FIELDS
	SpecHeaderFieldsNot                  // HEADER.FIELDS.NOT
	SpecText                             // TEXT
	SpecMIME                             // MIME
)

// Section is what stands between the brackets of BODY[…] (RFC 9051 §6.4.5).
type Section struct {
	Part      []uint32 // part numbers, each positive; empty for the message itself
	Specifier Specifier
	Fields    []string // for HEADER.FIELDS and HEADER.FIELDS.NOT, as the client wrote them
}

// AppendLabel writes the item's name as it stands in the response: without
// .PEEK, and of a partial only the origin (RFC 9051 §7.5.2). Header field names
// must be legal atoms or quotable strings, which a parsed item's are.
func (f *FetchSection) AppendLabel(dst []byte) []byte {
	if f.Label != "" {
		return append(dst, f.Label...)
	}
	switch f.Kind {
	case KindRFC822:
		return append(dst, "RFC822"...)
	case KindRFC822Header:
		return append(dst, "RFC822.HEADER"...)
	case KindRFC822Text:
		return append(dst, "RFC822.TEXT"...)
	case KindBinary:
		dst = append(dst, "BINARY["...)
	case KindBinarySize:
		dst = append(dst, "BINARY.SIZE["...)
	default:
		dst = append(dst, "BODY["...)
	}
	dst = append(f.Section.Append(dst), ']')
	if f.Partial != nil {
		dst = append(dst, '<')
		dst = strconv.AppendUint(dst, f.Partial.Offset, 10)
		dst = append(dst, '>')
	}
	return dst
}

// Append writes the section without its brackets.
func (s *Section) Append(dst []byte) []byte {
	for i, n := range s.Part {
		if i > 0 {
			dst = append(dst, '.')
		}
		dst = strconv.AppendUint(dst, uint64(n), 10)
	}
	if len(s.Part) > 0 && s.Specifier != SpecAll {
		dst = append(dst, '.')
	}
	switch s.Specifier {
	case SpecHeader:
		return append(dst, "HEADER"...)
	case SpecText:
		return append(dst, "TEXT"...)
	case SpecMIME:
		return append(dst, "MIME"...)
	case SpecHeaderFields:
		dst = append(dst, "HEADER.FIELDS ("...)
	case SpecHeaderFieldsNot:
		dst = append(dst, "HEADER.FIELDS.NOT ("...)
	default:
		return dst
	}
	for i, f := range s.Fields {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = appendFieldName(dst, f)
	}
	return append(dst, ')')
}

// appendFieldName writes a header field name as an atom where it is one, and
// quoted otherwise.
func appendFieldName(dst []byte, name string) []byte {
	if IsAString(name) {
		return append(dst, name...)
	}
	dst = append(dst, '"')
	for i := range len(name) {
		if name[i] == '"' || name[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, name[i])
	}
	return append(dst, '"')
}

// String gives the section as in BODY[…], without its brackets.
func (s *Section) String() string { return string(s.Append(nil)) }

// attName gives the name of one attribute.
func attName(a FetchAtts) string {
	switch a {
	case FetchUID:
		return "UID"
	case FetchFlags:
		return "FLAGS"
	case FetchInternalDate:
		return "INTERNALDATE"
	case FetchSize:
		return "RFC822.SIZE"
	case FetchEnvelope:
		return "ENVELOPE"
	case FetchBody:
		return "BODY"
	case FetchBodyStructure:
		return "BODYSTRUCTURE"
	case FetchModSeq:
		return "MODSEQ"
	case FetchEmailID:
		return "EMAILID"
	case FetchThreadID:
		return "THREADID"
	case FetchSaveDate:
		return "SAVEDATE"
	case FetchObjectID:
		return "OBJECTID"
	case FetchGmailMsgID:
		return "X-GM-MSGID"
	case FetchGmailThrID:
		return "X-GM-THRID"
	case FetchGmailLabels:
		return "X-GM-LABELS"
	case FetchPreview:
		return "PREVIEW"
	case FetchPreviewLazy:
		return "PREVIEW (LAZY)"
	}
	return ""
}

// Append writes the items as a client would ask for them, in parentheses.
func (f *FetchItems) Append(dst []byte) []byte {
	dst = append(dst, '(')
	start := len(dst)
	for a := FetchUID; a < fetchEnd; a <<= 1 {
		if f.Atts.Has(a) {
			dst = append(append(dst, attName(a)...), ' ')
		}
	}
	for i := range f.Sections {
		dst = append(f.Sections[i].appendRequest(dst), ' ')
	}
	for i := range f.Annotations {
		dst = append(f.Annotations[i].appendRequest(dst), ' ')
	}
	if len(dst) > start {
		dst = dst[:len(dst)-1]
	}
	return append(dst, ')')
}

// appendRequest writes the item as a client asks for it.
func (f *FetchSection) appendRequest(dst []byte) []byte {
	start := len(dst)
	whole := *f
	whole.Partial = nil
	dst = whole.AppendLabel(dst)
	if f.Peek && (f.Kind == KindBody || f.Kind == KindBinary) {
		label := string(dst[start:])
		name, rest, _ := strings.Cut(label, "[")
		dst = append(dst[:start], name...)
		dst = append(dst, ".PEEK["...)
		dst = append(dst, rest...)
	}
	if f.Partial != nil {
		dst = append(dst, '<')
		dst = strconv.AppendUint(dst, f.Partial.Offset, 10)
		dst = append(dst, '.')
		dst = strconv.AppendUint(dst, f.Partial.Count, 10)
		dst = append(dst, '>')
	}
	return dst
}
