package message

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// Charset is one that header texts are encoded in.
type Charset struct {
	Name string // as MIME names it
	// Encode gives UTF-8 text in the charset; ok is false where it cannot be.
	Encode func(text []byte) (encoded []byte, ok bool)
}

// RecodeHeader appends a header, with its empty line if it has one, whose encoded
// words (RFC 2047) and extended parameters (RFC 2231) are in another charset (RFC
// 5259 §6). What cannot be decoded stays as it is. ok is false where a text cannot
// be encoded.
func RecodeHeader(dst, header []byte, to Charset) (out []byte, ok bool) {
	r := recoder{dst: dst, to: to, ok: true}
	for len(header) > 0 && r.ok {
		n := fieldLength(header)
		r.field(header[:n])
		header = header[n:]
	}
	return r.dst, r.ok
}

// fieldLength is the length of the first field with the lines that continue it.
func fieldLength(header []byte) int {
	for at := 0; ; {
		i := bytes.IndexByte(header[at:], '\n')
		if i < 0 {
			return len(header)
		}
		at += i + 1
		if at == len(header) || !isWSP(header[at]) {
			return at
		}
	}
}

type recoder struct {
	dst []byte
	to  Charset
	ok  bool
}

// field writes one field.
func (r *recoder) field(field []byte) {
	name, value, found := bytes.Cut(field, []byte{':'})
	if found && bytes.IndexByte(value, '*') >= 0 {
		name := trimSpace(name)
		if (equalFold("content-type", name) || equalFold("content-disposition", name)) && r.params(name, value) {
			return
		}
	}
	r.words(field)
}

// words writes text in which encoded words are put into the new charset. Those
// that follow one another are one text, which a character may be split in.
func (r *recoder) words(s []byte) {
	for {
		at := bytes.Index(s, []byte("=?"))
		if at < 0 {
			r.dst = append(r.dst, s...)
			return
		}
		r.dst = append(r.dst, s[:at]...)
		s = s[at:]
		text, n := decodeRun(s)
		if n == 0 {
			r.dst = append(r.dst, s[:2]...)
			s = s[2:]
			continue
		}
		r.encode(text)
		s = s[n:]
	}
}

// decodeRun decodes the encoded words that s begins with; n is how long they are
// with the white space between them, 0 where there is none that can be decoded.
func decodeRun(s []byte) (text []byte, n int) {
	var charset string
	var pending []byte
	for rest := s; len(rest) > 2 && bytes.HasPrefix(rest, []byte("=?")); {
		w, length := parseEncodedWord(rest)
		name := string(w.charset)
		if length == 0 || !isUTF8Name(name) && findCharset(name) == nil {
			break
		}
		if n > 0 && !strings.EqualFold(charset, name) {
			text = append(text, DecodeCharset(charset, pending)...)
			pending = pending[:0]
		}
		charset, pending = name, w.appendDecoded(pending)
		rest = rest[length:]
		n = len(s) - len(rest)
		rest = bytes.TrimLeft(rest, " \t\r\n")
	}
	return append(text, DecodeCharset(charset, pending)...), n
}

// longestWord is how long an encoded word may be (RFC 2047 §2), longestLine a line
// with one.
const (
	longestWord = 75
	longestLine = 76
)

// encode writes text as encoded words, each of whole characters.
func (r *recoder) encode(text []byte) {
	runes := []rune(string(text))
	for first := true; len(runes) > 0; first = false {
		n := min(len(runes), longestWord)
		var word []byte
		for {
			encoded, ok := r.to.Encode([]byte(string(runes[:n])))
			if !ok {
				r.ok = false
				return
			}
			if word = encodedWordOf(r.to.Name, encoded); len(word) <= longestWord || n == 1 {
				break
			}
			n = max(1, min(n-1, n*longestWord/len(word)))
		}
		runes = runes[n:]
		switch {
		case !first:
			r.dst = append(r.dst, "\r\n "...)
		case r.column()+len(word) > longestLine && bytes.HasSuffix(r.dst, []byte{' '}):
			r.dst = append(r.dst[:len(r.dst)-1], "\r\n "...)
		}
		r.dst = append(r.dst, word...)
	}
}

// column is how long the current line is, as far as it is no longer than it may be.
func (r *recoder) column() int {
	near := r.dst[max(0, len(r.dst)-longestLine):]
	return len(near) - 1 - bytes.LastIndexByte(near, '\n')
}

// encodedWordOf writes octets as one encoded word, in the shorter encoding.
func encodedWordOf(charset string, b []byte) []byte {
	q := 0
	for _, c := range b {
		if q++; !isQChar(c) && c != ' ' {
			q += 2
		}
	}
	word := append([]byte("=?"), charset...)
	if q > (len(b)+2)/3*4 {
		word = append(word, "?B?"...)
		word = base64.StdEncoding.AppendEncode(word, b)
		return append(word, "?="...)
	}
	word = append(word, "?Q?"...)
	for _, c := range b {
		switch {
		case c == ' ':
			word = append(word, '_')
		case isQChar(c):
			word = append(word, c)
		default:
			word = append(word, '=', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(word, "?="...)
}

// isQChar is for what stands for itself in every place (RFC 2047 §5, 3).
func isQChar(c byte) bool {
	return isAlnum(c) || c == '!' || c == '*' || c == '+' || c == '-' || c == '/'
}

const hexDigits = "0123456789ABCDEF"
