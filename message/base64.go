package message

const (
	base64Pad  = 0x40
	base64Skip = 0x80
)

// base64Values maps an octet to its 6 bits, and others to base64Pad or
// base64Skip. The two octets of the URL alphabet (RFC 4648 §5) count too.
const base64Values = "" +
	"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80" +
	"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80" +
	"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x3e\x80\x3e\x80\x3f" +
	"\x34\x35\x36\x37\x38\x39\x3a\x3b\x3c\x3d\x80\x80\x80\x40\x80\x80" +
	"\x80\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e" +
	"\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x80\x80\x80\x80\x3f" +
	"\x80\x1a\x1b\x1c\x1d\x1e\x1f\x20\x21\x22\x23\x24\x25\x26\x27\x28" +
	"\x29\x2a\x2b\x2c\x2d\x2e\x2f\x30\x31\x32\x33\x80\x80\x80\x80\x80" +
	"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80" +
	"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80" +
	"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80" +
	"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80" +
	"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80" +
	"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80" +
	"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80" +
	"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"

// base64Decoder decodes in pieces. Octets outside the alphabet are passed over
// (RFC 2045 §6.8); after padding it goes on, because several encodings stand
// one after another in real mail; missing padding at the end is allowed.
type base64Decoder struct {
	bits uint32
	n    uint8 // sextets in bits
}

func (d *base64Decoder) append(dst, src []byte) []byte {
	for i := 0; i < len(src); i++ {
		if d.n == 0 && i+4 <= len(src) { // a whole group at once
			a, b := base64Values[src[i]], base64Values[src[i+1]]
			c, e := base64Values[src[i+2]], base64Values[src[i+3]]
			if a|b|c|e < base64Pad {
				dst = append(dst, a<<2|b>>4, b<<4|c>>2, c<<6|e)
				i += 3
				continue
			}
		}
		v := base64Values[src[i]]
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
