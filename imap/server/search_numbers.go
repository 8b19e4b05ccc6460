package server

import "strconv"

// numberList writes rising numbers, each behind a space. Most of a long list differ from
// the one before in their last digit only, which is all that is made anew then.
type numberList struct {
	text [24]byte // a number as it was written, of which the last differs in its last digit
	len  int      // of that; 0: there was none
	last uint64
	unit byte // the last digit
}

// append adds a number, which is not below the last.
func (l *numberList) append(dst []byte, n uint64) []byte {
	if more := n - l.last; l.len > 0 && more <= uint64('9'-l.unit) {
		l.unit += byte(more)
	} else {
		l.len = len(strconv.AppendUint(append(l.text[:0], ' '), n, 10))
		l.unit = l.text[l.len-1]
	}
	l.last = n
	at := len(dst)
	if cap(dst)-at < len(l.text) {
		dst = append(dst, l.text[:l.len]...)
	} else {
		// All of it, since to copy a length that is known is faster.
		*(*[len(l.text)]byte)(dst[at : at+len(l.text)]) = l.text
		dst = dst[:at+l.len]
	}
	dst[len(dst)-1] = l.unit
	return dst
}
