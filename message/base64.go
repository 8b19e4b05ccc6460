package message

const (
	base64Pad  = 0x40
	base64Skip = 0x80
)

// base64Value maps an octet to its 6 bits; others to base64Pad or base64Skip.
// It is computed, not a variable, so that nothing of the package can change.
func base64Value(c byte) byte {
	switch {
	case 'A' <= c && c <= 'Z':
		return c - 'A'
	case 'a' <= c && c <= 'z':
		return c - 'a' + 26
	case '0' <= c && c <= '9':
		return c - '0' + 52
	case c == '+', c == '-':
		return 62
	case c == '/', c == '_':
		return 63
	case c == '=':
		return base64Pad
	}
	return base64Skip
}

// base64Decoder decodes in pieces. Octets outside the alphabet are passed over
// (RFC 2045 §6.8); after padding it goes on, because several encodings stand
// one after another in real mail; missing padding at the end is allowed.
type base64Decoder struct {
	bits uint32
	n    uint8 // sextets in bits
}

func (d *base64Decoder) append(dst, src []byte) []byte {
	for i := 0; i < len(src); i++ {
		v := base64Value(src[i])
		switch v {
		case base64Pad:
			dst = d.finish(dst)
			continue
		case base64Skip:
			continue
		}
		d.bits = d.bits<<6 | uint32(v)
		if d.n++; d.n == 4 {
			dst = append(dst, byte(d.bits>>16), byte(d.bits>>8), byte(d.bits))
			d.bits, d.n = 0, 0
		}
	}
	return dst
}

// finish gives out the octets of an incomplete group.
func (d *base64Decoder) finish(dst []byte) []byte {
	switch d.n {
	case 2:
		dst = append(dst, byte(d.bits>>4))
	case 3:
		dst = append(dst, byte(d.bits>>10), byte(d.bits>>2))
	}
	d.bits, d.n = 0, 0
	return dst
}

func appendBase64(dst, src []byte) []byte {
	var d base64Decoder
	return d.finish(d.append(dst, src))
}
