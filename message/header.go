package message

import (
	"bytes"
	"iter"
	"strings"
)

// FieldSet is a set of header field names, made once and used on many headers.
// It is not changed by use, so that goroutines may share it.
type FieldSet struct {
	names []string // in lower case
	next  []int32  // the name after this one in its bucket, -1 at the end
	head  [64]int32
}

// NewFieldSet makes a set of the names, which match in any case.
func NewFieldSet[T string | []byte](names []T) *FieldSet {
	s := &FieldSet{names: make([]string, len(names)), next: make([]int32, len(names))}
	for i := range s.head {
		s.head[i] = -1
	}
	for i, n := range names {
		low := appendLower(nil, n)
		s.names[i] = string(low)
		h := fieldHash(low)
		s.next[i] = s.head[h]
		s.head[h] = int32(i)
	}
	return s
}

func fieldHash(name []byte) uint8 {
	if len(name) == 0 {
		return 0
	}
	// Or-ing 0x20 makes letters equal without case.
	return (uint8(len(name))*7 + (name[0]|0x20)*3 + (name[len(name)-1]|0x20)*5) & 63
}

// Has says whether the set holds the name. No set holds the empty name, which
// stands for a line without a colon.
func (s *FieldSet) Has(name []byte) bool {
	if len(name) == 0 {
		return false
	}
	for i := s.head[fieldHash(name)]; i >= 0; i = s.next[i] {
		if equalFold(s.names[i], name) {
			return true
		}
	}
	return false
}

// AppendFields appends the fields of header whose names are in the set (with
// not: the others) as received, folded lines and all, and the empty line where
// the header has one (RFC 9051 §6.4.5.1). header is a whole header block.
func (s *FieldSet) AppendFields(dst, header []byte, not bool) []byte {
	start := 0  // of the run of lines still to be copied
	take := not // what continues no field is none of those named
	for at := 0; at < len(header); {
		end := at + bytes.IndexByte(header[at:], '\n') + 1
		if end == at {
			end = len(header)
		}
		switch c := header[at]; {
		case isEmptyLine(header[at:end]):
			if take {
				return append(dst, header[start:end]...)
			}
			return append(dst, header[at:end]...)
		case isWSP(c): // goes with the field it continues
		default:
			if want := s.Has(fieldName(header[at:end])) != not; want != take {
				if take {
					dst = append(dst, header[start:at]...)
				}
				start, take = at, want
			}
		}
		at = end
	}
	if take {
		dst = append(dst, header[start:]...)
	}
	return dst
}

// HeaderFields is [FieldSet.AppendFields] for names that are used once.
func HeaderFields(dst, header []byte, names [][]byte, not bool) []byte {
	return NewFieldSet(names).AppendFields(dst, header, not)
}

// isEmptyLine says whether the line is the one that ends a header.
func isEmptyLine(line []byte) bool {
	return line[0] == '\n' || line[0] == '\r' && len(line) == 2 && line[1] == '\n'
}

// fieldName is what stands before the colon, without the white space that
// obsolete syntax allows there (RFC 5322 §4.5); empty where there is no colon.
func fieldName(line []byte) []byte {
	i := bytes.IndexByte(line, ':')
	if i < 0 {
		return nil
	}
	for i > 0 && isWSP(line[i-1]) {
		i--
	}
	return line[:i]
}

// HeaderValues gives the values of all fields of that name, unfolded and
// decoded to UTF-8 (RFC 2047), for SEARCH HEADER. name matches in any case.
// The bytes are valid until the next value.
func HeaderValues[T string | []byte](header []byte, name T) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		low := string(appendLower(nil, name))
		var buf []byte
		for field := range rawFields(header) {
			n := fieldName(field)
			if !equalFold(low, n) || n == nil {
				continue
			}
			buf = DecodeHeader(buf[:0], field[bytes.IndexByte(field, ':')+1:])
			if !yield(buf) {
				return
			}
		}
	}
}

// HeaderTexts gives what [HeaderValues] does, or the octets of values that cannot be
// decoded, for which decoded is false: see [HeaderText].
func HeaderTexts[T string | []byte](header []byte, name T) iter.Seq2[[]byte, bool] {
	return func(yield func(text []byte, decoded bool) bool) {
		low := string(appendLower(nil, name))
		var buf []byte
		for field := range rawFields(header) {
			n := fieldName(field)
			if !equalFold(low, n) || n == nil {
				continue
			}
			var decoded bool
			buf, decoded = HeaderText(buf[:0], field[bytes.IndexByte(field, ':')+1:])
			if !yield(buf, decoded) {
				return
			}
		}
	}
}

// Resent gives the fields with which somebody has sent a message on, the last time
// that it was: those whose name begins with "Resent-" that stand together first, each
// once (RFC 5322 §3.6.6). They are part of header; empty for one that was not sent on.
func Resent(header []byte) []byte {
	seen := make(map[string]bool)
	first, end := -1, 0
	at := 0
	for field := range rawFields(header) {
		name := string(appendLower(nil, fieldName(field)))
		switch resent := strings.HasPrefix(name, "resent-"); {
		case resent && first < 0:
			first = at
		case first >= 0 && (!resent || seen[name]):
			return header[first:end]
		}
		at += len(field)
		end, seen[name] = at, true
	}
	if first < 0 {
		return nil
	}
	return header[first:end]
}

// rawFields gives each field with its folded lines, up to the empty line.
func rawFields(header []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		start := 0
		for at := 0; at < len(header); {
			end := at + bytes.IndexByte(header[at:], '\n') + 1
			if end == at {
				end = len(header)
			}
			empty := isEmptyLine(header[at:end])
			if at > start && (empty || !isWSP(header[at])) {
				if !yield(header[start:at]) {
					return
				}
				start = at
			}
			if empty {
				return
			}
			at = end
		}
		if start < len(header) {
			yield(header[start:])
		}
	}
}
