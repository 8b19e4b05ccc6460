package message

import "errors"

// ErrUnknownEncoding is wrapped where a part's Content-Transfer-Encoding is
// not known, so that it cannot be decoded (RFC 9051 §6.4.5, UNKNOWN-CTE).
var ErrUnknownEncoding = errors.New("unknown content transfer encoding")

// Encoding is a Content-Transfer-Encoding (RFC 2045 §6).
type Encoding uint8

const (
	Encoding7Bit Encoding = iota
	Encoding8Bit
	EncodingBinary
	EncodingBase64
	EncodingQuotedPrintable
	EncodingUU
	EncodingUnknown

	encodingLast = EncodingUnknown
)

// ParseEncoding gives the encoding of a name, in any case; the empty name is
// 7bit (RFC 2045 §6.1).
func ParseEncoding(name string) Encoding {
	var buf [24]byte
	if len(name) > len(buf) {
		return EncodingUnknown
	}
	switch string(appendLower(buf[:0], name)) {
	case "", "7bit", "7-bit":
		return Encoding7Bit
	case "8bit", "8-bit":
		return Encoding8Bit
	case "binary":
		return EncodingBinary
	case "base64":
		return EncodingBase64
	case "quoted-printable":
		return EncodingQuotedPrintable
	case "x-uuencode", "x-uue", "uuencode":
		return EncodingUU
	}
	return EncodingUnknown
}
