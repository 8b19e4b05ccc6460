package message

import "iter"

// What stands for a part of an address that the header leaves out, so that the
// address is not taken for a group marker. Dovecot's words: clients know them.
const (
	missingMailbox = "MISSING_MAILBOX"
	missingHost    = "MISSING_DOMAIN"
)

// Address is one address as the envelope tells it (RFC 9051 §7.5.2): encoded
// words are kept, quoting is removed, nil is NIL. A nil Host marks a group:
// its start, with the group's name as Mailbox, or with a nil Mailbox its end.
type Address struct {
	Name, Route, Mailbox, Host []byte
}

// Complete reports whether the address has a mailbox and a host of its own, not one
// of the words that stand for what is left out.
func (a *Address) Complete() bool {
	return len(a.Mailbox) > 0 && len(a.Host) > 0 && string(a.Mailbox) != missingMailbox && string(a.Host) != missingHost
}

// Addresses parses an address field's value (RFC 5322 §3.4, §4.4), folded or
// not. It never fails: what is not an address comes out as a name or a mailbox
// with a marked host. The slices are valid until the next address.
func Addresses(value []byte) iter.Seq[Address] {
	return func(yield func(Address) bool) {
		var p addressParser
		p.run(value, func(a *Address) bool { return yield(*a) })
	}
}

// addressParser reads one element of the list after another: its tokens up to
// a comma, semicolon or group's colon, then what they mean together.
type addressParser struct {
	lex     addressLexer
	tokens  []addressToken
	angle   int // index of '<' in tokens, -1 without
	close   int // index of the first token after '>', -1 without
	out     []byte
	address Address
}

// run calls emit for each address until it says false.
func (p *addressParser) run(value []byte, emit func(*Address) bool) {
	if p.tokens == nil { // sizes that ordinary addresses stay within
		p.tokens = make([]addressToken, 0, 16)
		p.out = make([]byte, 0, 128)
		p.lex.buf = make([]byte, 0, 128)
	}
	p.lex.reset(value)
	inGroup := false
	for {
		end := p.collect(inGroup)
		p.out = p.out[:0]
		if end == ':' {
			p.address = Address{Mailbox: p.join(p.tokens, true)}
			if p.address.Mailbox == nil {
				p.address.Mailbox = []byte{}
			}
			inGroup = true
			if !emit(&p.address) {
				return
			}
			continue
		}
		if p.interpret() && !emit(&p.address) {
			return
		}
		if inGroup && end != ',' {
			inGroup = false
			p.address = Address{}
			if !emit(&p.address) {
				return
			}
		}
		if end == 0 {
			return
		}
	}
}

// collect fills tokens with one element and returns what ended it: ',', ';',
// ':' for the name of a group, or 0 at the end.
func (p *addressParser) collect(inGroup bool) byte {
	p.tokens, p.angle, p.close = p.tokens[:0], -1, -1
	p.lex.comment = p.lex.comment[:0]
	at, route := false, false
	for {
		t, ok := p.lex.next()
		if !ok {
			return 0
		}
		inAngle := p.angle >= 0 && p.close < 0
		switch t.special {
		case '<':
			if p.angle < 0 {
				p.angle = len(p.tokens)
				p.tokens = append(p.tokens, t)
			}
			continue
		case '>':
			if inAngle {
				p.close = len(p.tokens)
			}
			continue
		case '@':
			at = true
			route = route || inAngle && len(p.tokens) == p.angle+1
		case ',':
			if !inAngle || !route {
				return ','
			}
		case ';':
			return ';'
		case ':':
			if p.angle < 0 && !at && !inGroup {
				return ':'
			}
			if inAngle {
				route = false
			}
		}
		p.tokens = append(p.tokens, t)
	}
}

// interpret makes an address of the element's tokens; false where it is empty.
func (p *addressParser) interpret() bool {
	p.address = Address{}
	if len(p.tokens) == 0 {
		return false
	}
	if p.angle >= 0 {
		end := p.close
		if end < 0 {
			end = len(p.tokens)
		}
		if p.address.Name = p.name(p.tokens[:p.angle]); p.address.Name == nil {
			p.address.Name = p.name(p.tokens[end:])
		}
		p.spec(p.route(p.tokens[p.angle+1 : end]))
	} else {
		p.bare()
	}
	if p.address.Name == nil && len(p.lex.comment) > 0 {
		p.address.Name = p.sanitized(p.lex.comment)
	}
	return true
}

// route takes a source route off the front (RFC 5322 §4.4, obs-route).
func (p *addressParser) route(tokens []addressToken) []addressToken {
	if len(tokens) == 0 || tokens[0].special != '@' {
		return tokens
	}
	for i := range tokens {
		if tokens[i].special == ':' {
			p.address.Route = p.join(tokens[:i], false)
			return tokens[i+1:]
		}
	}
	return tokens
}

// spec splits local part and domain at the last '@'.
func (p *addressParser) spec(tokens []addressToken) {
	at := lastAt(tokens)
	local, domain := tokens, tokens[len(tokens):]
	if at >= 0 {
		local, domain = tokens[:at], tokens[at+1:]
	}
	if p.address.Mailbox = p.join(local, false); p.address.Mailbox == nil {
		p.address.Mailbox = []byte(missingMailbox)
	}
	if p.address.Host = p.join(domain, false); p.address.Host == nil {
		p.address.Host = []byte(missingHost)
	}
}

// bare reads an element without angle brackets: an address, perhaps with words
// before or after it, or only words.
func (p *addressParser) bare() {
	at := lastAt(p.tokens)
	if at < 0 {
		if len(p.tokens) == 1 || !p.spaced(p.tokens) {
			p.spec(p.tokens)
			return
		}
		p.address = Address{
			Name: p.name(p.tokens), Mailbox: []byte(missingMailbox), Host: []byte(missingHost),
		}
		return
	}
	// The local part reaches back over words with no space between them, or
	// with a dot (obs-local-part); likewise the domain.
	start, end := at, at+1
	for start > 0 && (start == at || !p.tokens[start].space || dotted(p.tokens[start-1], p.tokens[start])) {
		start--
	}
	for end < len(p.tokens) && (end == at+1 || !p.tokens[end].space || dotted(p.tokens[end-1], p.tokens[end])) {
		end++
	}
	p.spec(p.tokens[start:end])
	if p.address.Name = p.name(p.tokens[:start]); p.address.Name == nil {
		p.address.Name = p.name(p.tokens[end:])
	}
}

func lastAt(tokens []addressToken) int {
	for i := len(tokens) - 1; i >= 0; i-- {
		if tokens[i].special == '@' {
			return i
		}
	}
	return -1
}

func dotted(a, b addressToken) bool {
	return len(a.text) > 0 && a.text[len(a.text)-1] == '.' || len(b.text) > 0 && b.text[0] == '.'
}

func (p *addressParser) spaced(tokens []addressToken) bool {
	for i := 1; i < len(tokens); i++ {
		if tokens[i].space {
			return true
		}
	}
	return false
}

// name is the display name that the tokens give; nil where they give none, like the
// two quotes that some mailers write: clients show the address then.
func (p *addressParser) name(tokens []addressToken) []byte {
	name := p.join(tokens, true)
	if len(trimSpace(name)) == 0 {
		return nil
	}
	return name
}

// join writes the tokens one after another, with a space where the field has
// white space if spaces is set; nil where there is nothing.
func (p *addressParser) join(tokens []addressToken, spaces bool) []byte {
	if len(tokens) == 0 {
		return nil
	}
	if len(tokens) == 1 && !tokens[0].quoted {
		return p.sanitized(tokens[0].text)
	}
	start := len(p.out)
	for i := range tokens {
		if spaces && i > 0 && tokens[i].space {
			p.out = append(p.out, ' ')
		}
		p.out = appendSanitized(p.out, tokens[i].text)
	}
	return p.out[start:len(p.out):len(p.out)]
}

func (p *addressParser) sanitized(b []byte) []byte {
	start := len(p.out)
	p.out = appendSanitized(p.out, b)
	return p.out[start:len(p.out):len(p.out)]
}

// appendSanitized leaves out line ends and replaces NULs: IMAP strings of the
// envelope hold neither.
func appendSanitized(dst, b []byte) []byte {
	for _, c := range b {
		switch c {
		case '\r', '\n':
			continue
		case 0:
			c = '?'
		}
		dst = append(dst, c)
	}
	return dst
}
