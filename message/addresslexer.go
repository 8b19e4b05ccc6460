package message

import "bytes"

type addressToken struct {
	text    []byte
	special byte // one of < > @ , : ; or 0 for a word
	space   bool // white space or a comment stands before it
	quoted  bool
}

// addressLexer cuts an address field into words and specials. Characters that
// may not stand in an atom but do in real mail are taken as part of the word.
type addressLexer struct {
	in      []byte
	at      int
	buf     []byte // holds the text of quoted strings
	comment []byte // text of the last comment
	afterAt bool
	// A quote or parenthesis that is never closed is an ordinary character;
	// remembering that keeps the time linear.
	noQuote, noComment bool
}

func (l *addressLexer) reset(in []byte) {
	*l = addressLexer{in: in, buf: l.buf[:0], comment: l.comment[:0]}
}

// maxDomainLiteral is the longest domain literal that counts, as long as a domain
// may be (RFC 5321 §4.5.3.1.2), with room for what obsolete syntax has in it.
const maxDomainLiteral = 256

// next gives the next token; false at the end.
func (l *addressLexer) next() (addressToken, bool) {
	space := false
	afterAt := l.afterAt
	l.afterAt = false
	for l.at < len(l.in) {
		c := l.in[l.at]
		switch {
		case isSpace(c):
			space = true
			l.at++
			continue
		case c == '(' && l.skipComment():
			space = true
			continue
		case c == '"' && !l.noQuote:
			if text, ok := l.quoted(); ok {
				return addressToken{text: text, space: space, quoted: true}, true
			}
		case c == '[' && afterAt:
			if i := bytes.IndexByte(l.in[l.at:min(len(l.in), l.at+maxDomainLiteral)], ']'); i > 0 {
				text := l.in[l.at : l.at+i+1]
				l.at += i + 1
				return addressToken{text: text, space: space}, true
			}
		case isAddressSpecial(c):
			l.at++
			l.afterAt = c == '@'
			return addressToken{text: l.in[l.at-1 : l.at], special: c, space: space}, true
		}
		return addressToken{text: l.word(), space: space}, true
	}
	return addressToken{}, false
}

func isAddressSpecial(c byte) bool {
	switch c {
	case '<', '>', '@', ',', ':', ';':
		return true
	}
	return false
}

// word reads at least one character, up to white space or a special. An
// encoded-word is one word whatever it holds: some mailers leave commas in.
func (l *addressLexer) word() []byte {
	start := l.at
	for l.at < len(l.in) {
		c := l.in[l.at]
		if c == '=' && l.at+1 < len(l.in) && l.in[l.at+1] == '?' {
			if _, n := parseEncodedWord(l.in[l.at:]); n > 0 {
				l.at += n
				continue
			}
		}
		if isSpace(c) || isAddressSpecial(c) || c == '"' && !l.noQuote || c == '(' && !l.noComment {
			if l.at > start {
				break
			}
		}
		l.at++
	}
	return l.in[start:l.at]
}

// quoted reads a quoted-string, unquoting it; without a closing quote it reads
// nothing.
func (l *addressLexer) quoted() ([]byte, bool) {
	start := len(l.buf)
	for i := l.at + 1; i < len(l.in); i++ {
		c := l.in[i]
		switch {
		case c == '"':
			l.at = i + 1
			return l.buf[start:len(l.buf):len(l.buf)], true
		case c == '\\' && i+1 < len(l.in):
			i++
			c = l.in[i]
		}
		l.buf = append(l.buf, c)
	}
	l.buf = l.buf[:start]
	l.noQuote = true
	return nil, false
}

// skipComment passes a comment, which may hold others, and keeps its text.
func (l *addressLexer) skipComment() bool {
	if l.noComment {
		return false
	}
	depth := 0
	l.comment = l.comment[:0]
	for i := l.at; i < len(l.in); i++ {
		c := l.in[i]
		switch {
		case c == '(':
			if depth++; depth == 1 {
				continue
			}
		case c == ')':
			if depth--; depth == 0 {
				l.at = i + 1
				l.comment = trimSpace(l.comment)
				return true
			}
		case c == '\\' && i+1 < len(l.in):
			i++
			c = l.in[i]
		}
		l.comment = append(l.comment, c)
	}
	l.comment = l.comment[:0]
	l.noComment = true
	return false
}
