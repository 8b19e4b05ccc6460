package wire

import (
	"bytes"
	"io"
	"math"
)

// maxLiteral stands for all sizes beyond 63 bits.
const maxLiteral = math.MaxInt64

// Literal is a literal as announced (RFC 9051 §4.3, RFC 7888 §3, RFC 3516 §4.4).
type Literal struct {
	Size    int64
	NonSync bool // {n+}: its octets come whether they are wanted or not
	Binary  bool // ~{n}: may hold NUL
}

// literalState is where a command stands with its last literal.
type literalState struct {
	announced bool // the line ended with it, and its octets have not been taken
	accepted  bool // its octets are on their way
	lit       Literal
	left      int64 // octets not yet read of an accepted literal
}

// parseAnnouncement reads {n}, {n+}, ~{n} or ~{n+} that is the whole of b. A size
// beyond 63 bits is given as the largest.
func parseAnnouncement(b []byte) (l Literal, ok bool) {
	if len(b) > 0 && b[0] == '~' {
		l.Binary = true
		b = b[1:]
	}
	if len(b) < 3 || b[0] != '{' || b[len(b)-1] != '}' {
		return l, false
	}
	b = b[1 : len(b)-1]
	if b[len(b)-1] == '+' {
		l.NonSync = true
		b = b[:len(b)-1]
	}
	if len(b) == 0 {
		return l, false
	}
	for _, c := range b {
		if c-'0' > 9 {
			return l, false
		}
		if l.Size > (maxLiteral-9)/10 {
			l.Size = maxLiteral
			continue
		}
		if l.Size != maxLiteral {
			l.Size = l.Size*10 + int64(c-'0')
		}
	}
	return l, true
}

// announcedAtEnd finds a literal's announcement at the end of a line, wherever
// in the grammar the line broke off.
func announcedAtEnd(line []byte) (Literal, bool) {
	i := bytes.LastIndexByte(line, '{')
	if i < 0 {
		return Literal{}, false
	}
	return parseAnnouncement(line[i:])
}

// atLiteral reports whether a literal's announcement begins here.
func (d *Decoder) atLiteral() bool {
	if d.pos >= d.eol {
		return false
	}
	c := d.buf[d.pos]
	return c == '{' || c == '~' && d.pos+1 < d.eol && d.buf[d.pos+1] == '{'
}

// IsLiteral reports whether a literal, of either kind, begins here.
func (d *Decoder) IsLiteral() bool { return d.err == nil && d.atLiteral() }

// announcement reads the announcement of a literal, which ends its line.
func (d *Decoder) announcement() bool {
	l, ok := parseAnnouncement(d.buf[d.pos:d.eol])
	if !ok {
		return d.Expected("a literal at the end of the line")
	}
	d.pos = d.eol
	d.lit = literalState{announced: true, lit: l}
	if l.Size == maxLiteral {
		d.Fail(TooBig, "literal is too large")
		return false
	}
	return true
}

// ExpectMessageLiteral reads the announcement of a literal that is to be
// streamed. Nothing has been asked of the client yet: [Decoder.AcceptLiteral]
// does that, and a command that fails before needs nothing but
// [Decoder.Finish].
func (d *Decoder) ExpectMessageLiteral() (Literal, bool) {
	if d.err != nil {
		return Literal{}, false
	}
	if !d.atLiteral() {
		return Literal{}, d.Expected("a literal")
	}
	if !d.announcement() {
		return Literal{}, false
	}
	return d.lit.lit, true
}

// AcceptLiteral asks the client for the literal just announced, where it waits
// to be asked, and gives its octets as a reader of exactly that many: it ends
// early only with an error. The reader is valid until [Decoder.EndLiteral] or
// [Decoder.Finish], which read what was left.
func (d *Decoder) AcceptLiteral() (io.Reader, error) {
	if d.err != nil {
		return nil, d.err
	}
	if !d.lit.announced || d.lit.accepted {
		return nil, d.Fail(Syntax, "no literal was announced")
	}
	if err := d.askFor(d.lit.lit); err != nil {
		return nil, err
	}
	d.lit.announced, d.lit.accepted, d.lit.left = false, true, d.lit.lit.Size
	return &d.reader, nil
}

// askFor sends the continuation request of a synchronizing literal.
func (d *Decoder) askFor(l Literal) error {
	if l.NonSync {
		return nil
	}
	if d.cont == nil {
		return d.Fail(Unsupported, "synchronizing literals cannot be taken here")
	}
	if err := d.cont(); err != nil {
		d.ioErr = err
		d.failIO(err)
		return err
	}
	return nil
}

// literalReader gives the octets of the accepted literal.
type literalReader struct{ d *Decoder }

// Read reads from what is buffered first and then, past the buffer, from the
// connection.
func (r *literalReader) Read(p []byte) (int, error) {
	d := r.d
	if d.lit.left == 0 {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	p = p[:min(int64(len(p)), d.lit.left)]
	if d.next < len(d.buf) {
		n := copy(p, d.buf[d.next:])
		d.next += n
		d.lit.left -= int64(n)
		return n, nil
	}
	if d.ioErr != nil {
		return 0, d.ioErr
	}
	n, err := d.read(p)
	d.lit.left -= int64(n)
	if err != nil {
		d.failIO(err)
		err = d.err
	}
	return n, err
}

// EndLiteral skips what was not read of the accepted literal and reads the line
// that follows it.
func (d *Decoder) EndLiteral() bool {
	if d.err != nil {
		return false
	}
	if err := d.discardLiteral(d.lit.left); err != nil {
		return d.failIO(err)
	}
	d.mark = d.next
	return d.lineAfterLiteral()
}

// lineAfterLiteral reads the line behind a literal, which ends at next.
func (d *Decoder) lineAfterLiteral() bool {
	d.lit = literalState{}
	if err := d.readLine(); err != nil && d.err == nil {
		return d.failIO(err)
	}
	return d.err == nil
}

// discardLiteral reads n octets from next on and drops them.
func (d *Decoder) discardLiteral(n int64) error {
	for n > 0 {
		if d.next == len(d.buf) {
			d.buf = d.buf[:0]
			d.mark, d.line, d.pos, d.eol, d.next = 0, 0, 0, 0, 0
			if err := d.fill(); err != nil {
				return err
			}
		}
		k := min(n, int64(len(d.buf)-d.next))
		d.next += int(k)
		n -= k
	}
	d.mark, d.line, d.pos, d.eol = d.next, d.next, d.next, d.next
	return nil
}

// stringLiteral reads a literal that is an argument. It is held in the buffer
// together with the line that follows.
func (d *Decoder) stringLiteral(binary bool) ([]byte, bool) {
	if !d.announcement() {
		return nil, false
	}
	l := d.lit.lit
	switch {
	case l.Binary && !binary:
		return nil, d.Expected("a literal without ~")
	case l.Size > int64(d.limits.String):
		d.Fail(TooBig, "literal is too large")
		return nil, false
	case d.used+int(l.Size) > d.limits.Command:
		d.Fail(OverLimit, "command is too long")
		return nil, false
	}
	n := int(l.Size)
	d.mark = d.next
	if !d.makeRoom(max(0, n-(len(d.buf)-d.next))) {
		d.failBudget()
		return nil, false
	}
	if d.askFor(l) != nil {
		return nil, false
	}
	d.used += n
	d.lit.announced, d.lit.accepted, d.lit.left = false, true, l.Size
	for len(d.buf)-d.mark < n {
		if err := d.fill(); err != nil {
			return nil, d.failIO(err)
		}
	}
	d.next = d.mark + n
	if !d.lineAfterLiteral() {
		return nil, false
	}
	b := d.buf[d.mark : d.mark+n]
	if !l.Binary && bytes.IndexByte(b, 0) >= 0 {
		d.Fail(Syntax, "NUL in a literal")
		return nil, false
	}
	return b, true
}
