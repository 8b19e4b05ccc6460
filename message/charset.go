package message

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode/utf32"

	"github.com/restante/restante"
)

// CharsetDecoder gives a decoder to UTF-8 for the charset of that name, in any
// case; the error wraps [restante.ErrUnknownCharset]. Octets that are wrong in
// the charset come out as U+FFFD.
func CharsetDecoder(name string) (*encoding.Decoder, error) {
	e := findCharset(name)
	if e == nil {
		return nil, fmt.Errorf("charset %q: %w", name, restante.ErrUnknownCharset)
	}
	return e.NewDecoder(), nil
}

// charset is what text can be decoded from.
type charset interface{ NewDecoder() *encoding.Decoder }

// findCharset looks a charset up as browsers name it, then as IANA does. The
// browsers' way comes first, because mail that says iso-8859-1 or gb2312 is in
// truth windows-1252 or GBK.
func findCharset(name string) charset {
	name = strings.Trim(name, " \t\"'")
	if len(name) > 64 {
		return nil
	}
	if e, err := htmlindex.Get(name); err == nil && e != encoding.Replacement {
		return e
	}
	if e, err := ianaindex.MIME.Encoding(name); err == nil && e != nil {
		return e
	}
	low := strings.ToLower(name)
	switch low { // that neither has
	case "utf-7", "unicode-1-1-utf-7":
		return utf7{}
	case "utf-32":
		return utf32.UTF32(utf32.BigEndian, utf32.UseBOM)
	case "utf-32be":
		return utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)
	case "utf-32le":
		return utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)
	}
	// cp1252, cp-850, ms936 and the like.
	for _, prefix := range [...]string{"cp-", "cp", "ms", "windows-", "windows", "ibm-", "ibm"} {
		number, ok := strings.CutPrefix(low, prefix)
		if !ok {
			continue
		}
		switch number {
		case "932":
			number = "shift_jis"
		case "936":
			number = "gbk"
		case "949":
			number = "euc-kr"
		case "950":
			number = "big5"
		case "65001":
			number = "utf-8"
		}
		for _, try := range [...]string{number, "windows-" + number, "ibm" + number} {
			if e, err := ianaindex.MIME.Encoding(try); err == nil && e != nil {
				return e
			}
		}
	}
	return nil
}

// isUTF8Name says whether the charset is UTF-8 or its subset, or is so often
// UTF-8 in truth that the octets must say.
func isUTF8Name(name string) bool {
	switch len(name) {
	case 0:
		return true
	case 4:
		return equalFold("utf8", name)
	case 5:
		return equalFold("utf-8", name) || equalFold("ascii", name)
	case 8:
		return equalFold("us-ascii", name)
	}
	return false
}

// appendCharset appends b decoded from the charset; an unknown one is guessed.
func appendCharset(dst []byte, charset string, b []byte) []byte {
	dst, _ = appendDecoded(dst, charset, b)
	return dst
}

// appendDecoded is appendCharset, and says whether b is text of the charset. What is
// said to be ASCII and is UTF-8 is.
func appendDecoded(dst []byte, charset string, b []byte) (out []byte, ok bool) {
	if isUTF8Name(charset) {
		return appendGuessed(dst, oneLine(b)), utf8.Valid(b)
	}
	e := findCharset(charset)
	if e == nil {
		return appendGuessed(dst, oneLine(b)), false
	}
	text, err := e.NewDecoder().Bytes(b)
	if err != nil {
		return appendGuessed(dst, oneLine(b)), false
	}
	return append(dst, oneLine(text)...), !bytes.Contains(text, replacement)
}

// replacement is what decoders put in place of what is wrong in a charset.
var replacement = []byte("\uFFFD")

// oneLine takes line ends and NULs out of decoded text, in place.
func oneLine(b []byte) []byte {
	if !bytes.ContainsAny(b, "\r\n\x00") {
		return b
	}
	for i, c := range b {
		if c == '\r' || c == '\n' || c == 0 {
			b[i] = ' '
		}
	}
	return b
}

func windows1252(c byte) rune { return charmap.Windows1252.DecodeByte(c) }
