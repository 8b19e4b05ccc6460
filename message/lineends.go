package message

import (
	"bytes"
	"io"
)

// CRLF gives the text of r with every line ended by CRLF, as IMAP wants of text
// whose transfer encoding was removed (RFC 3516 §6). A CR alone stays. octets is
// about how many there are.
func CRLF(r io.Reader, octets int64) io.Reader {
	return newDecodingReader(r, &lineEndDecoder{}, bufferFor(octets))
}

// lineEndDecoder puts a CR before each LF that has none.
type lineEndDecoder struct{ cr bool } // the piece before ended in CR

func (d *lineEndDecoder) append(dst, src []byte) []byte {
	for len(src) > 0 {
		i := bytes.IndexByte(src, '\n')
		if i < 0 {
			d.cr = src[len(src)-1] == '\r'
			return append(dst, src...)
		}
		if i > 0 && src[i-1] != '\r' || i == 0 && !d.cr {
			dst = append(append(dst, src[:i]...), '\r', '\n')
		} else {
			dst = append(dst, src[:i+1]...)
		}
		d.cr = false
		src = src[i+1:]
	}
	return dst
}

func (*lineEndDecoder) finish(dst []byte) []byte { return dst }
