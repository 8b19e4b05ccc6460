package legacy

import (
	"bytes"
	"io"
	"strconv"
	"strings"

	"github.com/restante/restante/imap"
)

// Shaper is a writer that turns the responses of IMAP4rev1 that are written to it
// into those of an older protocol and passes them on. It reads them octet by octet,
// so that it holds no more than a line, a quoted string or the value of a header field.
type Shaper struct {
	w       io.Writer
	dialect Dialect

	// Tag is what responses are tagged with: that of the command that asked for
	// them, or "*" (RFC 1203). Tag, Stored and Fetch are set between commands, with
	// nothing half written.
	Tag string
	// Stored has FETCH told as STORE (RFC 1064, RFC 1203).
	Stored bool
	// Fetch is the command whose keys are being told; nil for none.
	Fetch *Fetch

	out     []byte // what is ready
	in      []byte // what came of a line or token that is not complete
	state   shape
	depth   int    // of parentheses within a FETCH response
	name    string // of its current item
	bracket bool   // within the brackets of a name
	quoted  bool   // within quotes in those brackets
	left    int64  // octets of a literal that are still to come
	gather  bool   // they are gathered
	after   shape  // what follows the literal
}

// shape is where in a response the shaper is.
type shape uint8

const (
	inLine         shape = iota // at its beginning, gathered up to its end or to FETCH
	inRest                      // in the rest of a line that is passed on
	inName                      // in the name of an item of FETCH
	inValue                     // in its value
	inQuoted                    // in a quoted string there
	inAnnouncement              // in {n}CRLF there
	inLiteral                   // in the octets of a literal
)

// NewShaper gives a shaper for a dialect that writes to w.
func NewShaper(w io.Writer, d Dialect) *Shaper {
	return &Shaper{w: w, dialect: d, Tag: "*", Stored: d == IMAP3}
}

// Write takes any piece of the responses. The error is that of the writer below.
func (s *Shaper) Write(p []byte) (int, error) {
	s.out = s.out[:0]
	for i := 0; i < len(p); {
		if s.state == inLiteral {
			n := int(min(s.left, int64(len(p)-i)))
			s.literal(p[i : i+n])
			i += n
			continue
		}
		s.octet(p[i])
		i++
	}
	if len(s.out) == 0 {
		return len(p), nil
	}
	_, err := s.w.Write(s.out)
	if cap(s.out) > 1<<20 {
		s.out = nil
	}
	return len(p), err
}

// octet takes an octet that is not one of a literal.
func (s *Shaper) octet(c byte) {
	switch s.state {
	case inLine:
		s.in = append(s.in, c)
		switch {
		case c == '\n':
			s.line()
		case c == '(' && len(s.in) < 40 && bytes.HasSuffix(s.in, []byte(" FETCH (")) && bytes.HasPrefix(s.in, []byte("* ")):
			s.fetchHead()
		}
	case inRest:
		s.out = append(s.out, c)
		s.in = append(s.in, c)
		if c == '\n' {
			s.endRest()
		} else if len(s.in) > 64 {
			s.in = append(s.in[:0], s.in[len(s.in)-32:]...)
		}
	case inName:
		s.nameOctet(c)
	case inValue:
		s.valueOctet(c)
	case inQuoted:
		s.quotedOctet(c)
	case inAnnouncement:
		s.in = append(s.in, c)
		if c == '\n' {
			s.announced()
		}
	}
}

// endRest ends a line that was passed on, or goes on with the literal at its end.
func (s *Shaper) endRest() {
	n, is := announcement(s.in)
	s.in = s.in[:0]
	s.state = inLine
	if is {
		s.state, s.left, s.after, s.gather = inLiteral, n, inRest, false
		s.literal(nil)
	}
}

// announcement gives the size of the literal that is announced at a line's end.
func announcement(line []byte) (int64, bool) {
	line, is := bytes.CutSuffix(line, []byte("}\r\n"))
	at := bytes.LastIndexByte(line, '{')
	if !is || at < 0 {
		return 0, false
	}
	n, err := strconv.ParseInt(string(line[at+1:]), 10, 64)
	return n, err == nil && n >= 0
}

// line passes on a line that is not of FETCH.
func (s *Shaper) line() {
	line := s.in
	from := len(s.out)
	s.shapeLine(string(line))
	s.in = s.in[:0]
	s.state = inLine
	if n, is := announcement(line); is && len(s.out) > from && !isStatus(line) {
		s.state, s.left, s.after, s.gather = inLiteral, n, inRest, false
		s.literal(nil)
	}
}

// isStatus reports whether a line is a status response, whose text may end as the
// announcement of a literal does.
func isStatus(line []byte) bool {
	_, rest, _ := bytes.Cut(line, []byte(" "))
	kind, _, _ := bytes.Cut(rest, []byte(" "))
	switch string(kind) {
	case "OK", "NO", "BAD", "BYE", "PREAUTH":
		return true
	}
	return len(line) > 0 && line[0] == '+'
}

// shapeLine writes a line. Response codes are none to these clients, but parts of a
// text that is shown to users (RFC 1176): of them stay what SELECT says of the mailbox,
// as is customary there, and in IMAP2bis TRYCREATE, untagged (RFC 2061).
func (s *Shaper) shapeLine(line string) {
	if !isStatus([]byte(line)) || line[0] == '+' {
		if rest, is := strings.CutPrefix(line, "* "); is {
			line = s.Tag + " " + rest
		}
		s.out = append(s.out, line...)
		return
	}
	tag, rest, _ := strings.Cut(line, " ")
	kind, text, _ := strings.Cut(rest, " ")
	if body, is := strings.CutPrefix(text, "["); is {
		code, plain, _ := strings.Cut(body, "] ")
		switch {
		case tag != "*" && (code == string(imap.CodeReadOnly) || code == string(imap.CodeReadWrite)) && kind == "OK",
			tag == "*" && code == string(imap.CodeTryCreate) && s.dialect == IMAP2bis:
		case tag == "*" && kind == "OK" && !strings.HasPrefix(code, "CAPABILITY "):
			return // the greeting stays, without its code
		default:
			text = plain
		}
	}
	if tag == "*" && kind == "BYE" {
		tag = s.Tag
	}
	s.out = append(append(append(append(append(s.out, tag...), ' '), kind...), ' '), text...)
}

// fetchHead passes on "* n FETCH (".
func (s *Shaper) fetchHead() {
	rest := string(s.in[len("* "):])
	if s.Stored {
		rest = strings.Replace(rest, "FETCH", "STORE", 1)
	}
	s.out = append(append(append(s.out, s.Tag...), ' '), rest...)
	s.in = s.in[:0]
	s.state, s.depth = inName, 1
}

// literal takes octets of a literal.
func (s *Shaper) literal(p []byte) {
	s.left -= int64(len(p))
	if s.gather {
		s.in = append(s.in, p...)
	} else {
		s.out = append(s.out, p...)
	}
	if s.left > 0 {
		return
	}
	s.state = s.after
	if s.gather {
		s.out = s.appendField(s.out, s.in)
		s.in, s.gather = s.in[:0], false
	}
}
