package imap

import "strconv"

// ConvertKind is what a CONVERT asks for of a part (RFC 5259 §10, convert-att).
type ConvertKind uint8

// The kinds.
const (
	ConvertBinary     ConvertKind = iota // BINARY[…]
	ConvertBinarySize                    // BINARY.SIZE[…]
	ConvertStructure                     // BODYPARTSTRUCTURE[…]
	ConvertAvailable                     // AVAILABLECONVERSIONS[…]
	ConvertHeader                        // BODY[…HEADER] and BODY[….MIME]
)

// ConvertItem is one item of a CONVERT.
type ConvertItem struct {
	Kind    ConvertKind
	Section Section
	Partial *Partial // of ConvertBinary; nil for the whole
}

// AppendLabel writes the item's name as it stands in the response, of a partial
// only the origin.
func (c *ConvertItem) AppendLabel(dst []byte) []byte {
	switch c.Kind {
	case ConvertBinary:
		dst = append(dst, "BINARY["...)
	case ConvertBinarySize:
		dst = append(dst, "BINARY.SIZE["...)
	case ConvertStructure:
		dst = append(dst, "BODYPARTSTRUCTURE["...)
	case ConvertAvailable:
		dst = append(dst, "AVAILABLECONVERSIONS["...)
	default:
		dst = append(dst, "BODY["...)
	}
	dst = append(c.Section.Append(dst), ']')
	if c.Partial != nil {
		dst = append(strconv.AppendUint(append(dst, '<'), c.Partial.Offset, 10), '>')
	}
	return dst
}

// ConvertParam is a conversion parameter; its name is in lower case.
type ConvertParam struct{ Name, Value string }
