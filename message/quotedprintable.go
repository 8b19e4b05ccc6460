package message

import "bytes"

// quotedPrintableDecoder decodes quoted-printable (RFC 2045 §6.7). White space
// at the end of a line goes; an equals sign before anything but two hex digits
// or a line end is kept.
type quotedPrintableDecoder struct {
	held []byte // an escape or white space that is not decided yet
}

// maxHeld bounds white space that may turn out to end a line; beyond it the
// white space is text. The standard allows lines of 76 characters.
const maxHeld = 1024

func (d *quotedPrintableDecoder) append(dst, src []byte) []byte {
	for len(src) > 0 {
		if len(d.held) == 0 {
			n := plainRun(src)
			dst = append(dst, src[:n]...)
			if src = src[n:]; len(src) == 0 {
				break
			}
			// Mostly the escape is all here.
			if src[0] == '=' && len(src) >= 3 {
				if c, ok := unhex(src[1], src[2]); ok {
					dst = append(dst, c)
					src = src[3:]
					continue
				}
			}
		}
		var taken bool
		if dst, taken = d.step(dst, src[0]); taken {
			src = src[1:]
		}
	}
	return dst
}

// plainRun counts the octets before the next '=', space or tab that matters:
// white space counts only where the line may end after it.
func plainRun(src []byte) int {
	for i := 0; i < len(src); i++ {
		switch src[i] {
		case '=':
			return i
		case ' ', '\t':
			if i+1 >= len(src) {
				return i
			}
			switch src[i+1] {
			case ' ', '\t', '\r', '\n':
				return i
			}
		}
	}
	return len(src)
}

// step takes one octet while something is held, or begins to hold. When it
// says not taken, what was held is decided and the octet must come again.
func (d *quotedPrintableDecoder) step(dst []byte, c byte) ([]byte, bool) {
	if len(d.held) == 0 {
		d.held = append(d.held, c)
		return dst, true
	}
	if d.held[0] == '=' {
		return d.stepEscape(dst, c)
	}
	switch {
	case isWSP(c) && len(d.held) < maxHeld:
		d.held = append(d.held, c)
		return dst, true
	case c == '\r' && d.held[len(d.held)-1] != '\r':
		d.held = append(d.held, c)
		return dst, true
	case c == '\n':
		if bytes.HasSuffix(d.held, []byte{'\r'}) {
			dst = append(dst, '\r')
		}
		d.held = d.held[:0]
		return append(dst, c), true
	}
	dst = append(dst, d.held...)
	d.held = d.held[:0]
	return dst, false
}

// stepEscape continues an '=', which a soft line break or two digits may
// follow; white space before the line end is allowed for.
func (d *quotedPrintableDecoder) stepEscape(dst []byte, c byte) ([]byte, bool) {
	last := d.held[len(d.held)-1]
	switch {
	case c == '\n' && (len(d.held) == 1 || isSpace(last)):
		d.held = d.held[:0]
		return dst, true
	case len(d.held) < maxHeld && isSpace(c) && (len(d.held) == 1 || isSpace(last)):
		d.held = append(d.held, c)
		return dst, true
	case len(d.held) == 1 && hexDigit(c) < 16:
		d.held = append(d.held, c)
		return dst, true
	case len(d.held) == 2 && hexDigit(last) < 16:
		if h, ok := unhex(last, c); ok {
			d.held = d.held[:0]
			return append(dst, h), true
		}
	}
	dst = append(dst, d.held...)
	d.held = d.held[:0]
	return dst, false
}

// finish decides what is held at the end: an escape is cut off, white space
// ends the last line.
func (d *quotedPrintableDecoder) finish(dst []byte) []byte {
	if len(d.held) > 1 && d.held[0] == '=' && !isSpace(d.held[1]) {
		dst = append(dst, d.held...)
	}
	d.held = d.held[:0]
	return dst
}
