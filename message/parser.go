package message

import "bytes"

// maxBoundary is the longest boundary that counts; a line may have 998 octets
// (RFC 5322 §2.1.1).
const maxBoundary = 994

// linePrefix is how much of a line is looked at before it is known what the
// line is: "--", the longest boundary and "--" fit.
const linePrefix = 1000

// Parser reads one message that is written to it in pieces of any size. The
// pieces make no difference to the result. It works line by line: a line in a
// header belongs to a field, a line in a body may be a boundary, and all else
// is passed over at the speed of a search for line ends.
type Parser struct {
	limits Limits
	msg    Message

	pos  int64 // octets of the lines and pieces of lines done with
	lf   int64 // line ends among them
	last [2]byte

	pending []byte // start of a line that is not yet known, at most linePrefix
	line    lineKind
	inLine  bool // the rest of a line of that kind follows

	inHeader bool
	header   headerFields
	open     []*Part    // from the root to the current part
	bounds   []boundary // of the multiparts in open, outermost first
	parts    int
	slab     []Part
	sampler  sampler
}

type lineKind uint8

const (
	lineBody      lineKind = iota
	lineField              // header line that is kept
	lineSkip               // header line that is not
	lineDelimiter          // boundary line after which a part starts
)

// NewParser returns a parser for one message.
func NewParser(limits Limits) *Parser {
	p := &Parser{limits: limits.withDefaults()}
	p.header.limits = p.limits
	p.msg.Root = p.openPart(true, false)
	return p
}

// Write takes the next octets of the message. It takes all and never fails.
func (p *Parser) Write(b []byte) (int, error) {
	n := len(b)
	for len(b) > 0 {
		switch {
		case p.inLine:
			b = p.restOfLine(b)
		case len(p.pending) > 0 || p.inHeader:
			b = p.startOfLine(b)
		case len(p.bounds) == 0 || p.full():
			b = p.plainBody(b)
		default:
			b = p.dividedBody(b)
		}
	}
	return n, nil
}

// full says that no further part may be made: boundaries no longer count.
func (p *Parser) full() bool { return p.parts >= p.limits.Parts }

// consume passes over b, which holds lf line ends.
func (p *Parser) consume(b []byte, lf int) {
	switch len(b) {
	case 0:
		return
	case 1:
		p.last = [2]byte{p.last[1], b[0]}
	default:
		p.last = [2]byte{b[len(b)-2], b[len(b)-1]}
	}
	if p.sampler.part != nil {
		p.sampler.take(b)
	}
	p.pos += int64(len(b))
	p.lf += int64(lf)
}

// plainBody passes over a body in which no boundary can stand.
func (p *Parser) plainBody(b []byte) []byte {
	p.consume(b, bytes.Count(b, []byte{'\n'}))
	return nil
}

// dividedBody passes over lines that are no boundary for certain. It starts at
// the start of a line and stops where a line starts with a hyphen.
func (p *Parser) dividedBody(b []byte) []byte {
	at, lf := 0, 0
	for at < len(b) {
		if b[at] == '-' {
			break
		}
		i := bytes.IndexByte(b[at:], '\n')
		if i < 0 {
			p.inLine, p.line = true, lineBody
			at = len(b)
			break
		}
		at += i + 1
		lf++
	}
	p.consume(b[:at], lf)
	if at == len(b) {
		return nil
	}
	return p.startOfLine(b[at:])
}

// startOfLine gathers a line, or as much of it as tells what it is.
func (p *Parser) startOfLine(b []byte) []byte {
	i := bytes.IndexByte(b, '\n')
	if len(p.pending) == 0 && i >= 0 {
		p.handleLine(b[:i+1], true)
		return b[i+1:]
	}
	n := linePrefix - len(p.pending)
	if i >= 0 && i < n {
		n = i + 1
	}
	if n > len(b) {
		n = len(b)
	}
	p.pending = append(p.pending, b[:n]...)
	whole := i >= 0 && n == i+1
	if whole || len(p.pending) == linePrefix {
		line := p.pending
		p.pending = p.pending[:0]
		p.handleLine(line, whole)
	}
	return b[n:]
}

// restOfLine feeds the rest of a line whose kind is known.
func (p *Parser) restOfLine(b []byte) []byte {
	n := bytes.IndexByte(b, '\n') + 1
	whole := n > 0
	if !whole {
		n = len(b)
	}
	if p.line == lineField {
		p.header.more(b[:n])
	}
	p.endPiece(b[:n], whole)
	return b[n:]
}

// endPiece passes over a piece of a line of the current kind.
func (p *Parser) endPiece(b []byte, whole bool) {
	lf := 0
	if whole {
		lf = 1
	}
	p.consume(b, lf)
	p.inLine = !whole
	if whole && p.line == lineDelimiter {
		p.openPart(false, p.top().digest)
	}
}

// handleLine decides what a line is. line is the whole line with its end, or
// its first linePrefix octets or, at the end of the message, what there is.
func (p *Parser) handleLine(line []byte, whole bool) {
	if i, closing := p.findBoundary(line); i >= 0 {
		p.handleBoundary(i, closing)
	} else if p.inHeader {
		if whole && isEmptyLine(line) {
			p.line = lineSkip
			p.endPiece(line, true)
			p.endHeader()
			return
		}
		p.line = lineSkip
		if p.header.line(line) {
			p.line = lineField
		}
	} else {
		p.line = lineBody
	}
	p.endPiece(line, whole)
}

// handleBoundary ends the parts inside the multipart of bounds[i] at the line
// that starts now.
func (p *Parser) handleBoundary(i int, closing bool) {
	strip := int64(0) // the line end before the boundary belongs to it
	if !p.inHeader && p.last[1] == '\n' {
		strip = 1
		if p.last[0] == '\r' {
			strip = 2
		}
	}
	for p.inHeader {
		p.endHeader()
	}
	depth := p.bounds[i].depth
	p.closeParts(depth+1, p.pos-strip)
	if closing {
		p.bounds = p.bounds[:i]
		p.line = lineBody
		return
	}
	p.bounds = p.bounds[:i+1]
	p.line = lineDelimiter
	if p.full() {
		p.line = lineBody
	}
}

// Finish ends the message and gives the result. The parser is done then.
func (p *Parser) Finish() *Message {
	if len(p.pending) > 0 {
		line := p.pending
		p.pending = nil
		p.handleLine(line, false)
	}
	if p.inLine && p.line == lineDelimiter {
		p.openPart(false, p.top().digest)
	}
	for p.inHeader {
		p.endHeader()
	}
	p.closeParts(0, p.pos)
	p.msg.Size = p.pos
	p.msg.Truncated = p.header.truncated
	p.msg.Root.completeEmpty()
	return &p.msg
}

// Parse reads a whole message that is in memory.
func Parse(b []byte) *Message {
	p := NewParser(Limits{})
	_, _ = p.Write(b) // never fails
	return p.Finish()
}
