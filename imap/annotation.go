package imap

import "strings"

// FetchAnnotation is one ANNOTATION item of FETCH (RFC 5257 §4.3).
type FetchAnnotation struct {
	Entries    []string // names that may have wildcards
	Attributes []AnnotationAttribute
}

// AnnotationAttribute is an attribute of an annotation with its suffix (RFC 5257
// §3.2.2): its value, or the size of that.
type AnnotationAttribute struct{ Size, Private bool }

// String gives the attribute's name.
func (a AnnotationAttribute) String() string {
	name := "value"
	if a.Size {
		name = "size"
	}
	if a.Private {
		return name + ".priv"
	}
	return name + ".shared"
}

// AnnotationAttributes gives the attributes that a name means: without a suffix both
// the private and the shared one. There is none of another name.
func AnnotationAttributes(name string) []AnnotationAttribute {
	name, suffix, suffixed := strings.Cut(name, ".")
	if name != "value" && name != "size" {
		return nil
	}
	a := AnnotationAttribute{Size: name == "size"}
	private := AnnotationAttribute{Size: a.Size, Private: true}
	switch {
	case !suffixed:
		return []AnnotationAttribute{private, a}
	case suffix == "priv":
		return []AnnotationAttribute{private}
	case suffix == "shared":
		return []AnnotationAttribute{a}
	}
	return nil
}

// AnnotationValue is the value of an annotation as STORE or APPEND sets it (RFC 5257
// §4.5, §4.7); nil is NIL.
type AnnotationValue struct {
	Entry   string
	Private bool
	Value   []byte
}

// What [SearchKey.Num] of SearchAnnotation says: which values are looked into, and
// that NIL is looked for.
const (
	AnnotationPrivate uint64 = 1 << iota
	AnnotationShared
	AnnotationNil
)

// AnnotationFault says what is wrong with the name of an annotation (RFC 5257 §3.2),
// or answers "". pattern says that it may have wildcards.
func AnnotationFault(name string, pattern bool) string {
	wild := false
	for i := range len(name) {
		switch c := name[i]; {
		case c == '*' || c == '%':
			wild = true
		case c < 0x20 || c >= 0x7f:
			return "entry name has a character that is not printable ASCII"
		}
	}
	switch {
	case wild && !pattern:
		return "entry name has a wildcard"
	case name == "" || name[0] != '/' && name[0] != '*' && name[0] != '%':
		return "entry name does not begin with \"/\""
	case strings.Contains(name, "//") || strings.HasSuffix(name, "/"):
		return "entry name has an empty component"
	}
	parts := strings.Split(name, "/")[1:]
	switch {
	case len(parts) == 0 || strings.ContainsAny(parts[0], "*%"):
		return ""
	case parts[0] == "flags":
		return "entry name is reserved" // RFC 5257 §3.5
	case parts[0][0] >= '0' && parts[0][0] <= '9':
		if !isPartNumber(parts[0]) {
			return "entry name has no valid part specifier"
		}
		parts = parts[1:]
	}
	if !wild && (len(parts) == 0 || len(parts) == 1 && (parts[0] == "vendor" || parts[0] == "flags")) {
		return "entry has no attributes of its own"
	}
	return ""
}

// isPartNumber reports whether s is a section-part (RFC 3501 §9): positive numbers
// with dots between them.
func isPartNumber(s string) bool {
	for word := range strings.SplitSeq(s, ".") {
		if word == "" || len(word) > 9 || word[0] == '0' {
			return false
		}
		for i := range len(word) {
			if word[i] < '0' || word[i] > '9' {
				return false
			}
		}
	}
	return true
}

// IsPartFlag reports whether an entry is one of the flags of a body part, whose value
// is "1", "0" or NIL (RFC 5257 §3.2.1).
func IsPartFlag(entry string) bool {
	part, flag, ok := strings.Cut(strings.TrimPrefix(entry, "/"), "/flags/")
	if !ok || !isPartNumber(part) {
		return false
	}
	switch flag {
	case "seen", "answered", "flagged", "forwarded":
		return true
	}
	return false
}

// appendRequest writes the item as a client asks for it.
func (f *FetchAnnotation) appendRequest(dst []byte) []byte {
	dst = append(dst, "ANNOTATION (("...)
	for i, e := range f.Entries {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = appendText(dst, e)
	}
	dst = append(dst, ") ("...)
	for i, a := range f.Attributes {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = append(dst, a.String()...)
	}
	return append(dst, "))"...)
}
