package command

import (
	"log/slog"
	"time"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/wire"
)

// Append is the beginning of an APPEND command (RFC 9051 §6.3.12, RFC 3502, RFC
// 3516 §4.4, RFC 6855 §4):
//
//	append         = "APPEND" SP mailbox 1*append-message
//	append-message = [SP flag-list] [SP date-time] *(SP att-annotate) SP append-data
//	append-data    = literal / literal8 / "UTF8" SP "(" literal8 ")" /
//	                 "CATENATE" SP "(" cat-part *(SP cat-part) ")"
//
// Messages are read one after another by [Append.Next].
type Append struct {
	Mailbox string
	opts    Options
	utf8    bool // inside UTF8 (…)
	parts   catenation
	count   int
	single  bool // a REPLACE, which has one message
}

// AppendMessage is one message of an APPEND as announced. Its octets come from
// the decoder, by [wire.Decoder.AcceptLiteral].
type AppendMessage struct {
	Flags   []string
	Date    time.Time // zero where not given
	Literal wire.Literal
	UTF8    bool // given as UTF8 (…): the header may have 8-bit characters
	// Catenate says that the message is to be put together of parts, and that there
	// is no Literal: [Append.NextPart] (RFC 4469 §3).
	Catenate bool
	// Annotations are what the message comes with (RFC 5257 §4.7).
	Annotations []imap.AnnotationValue
}

// Name is APPEND.
func (*Append) Name() string { return "APPEND" }

// LogValue gives the mailbox.
func (c *Append) LogValue() slog.Value { return slog.GroupValue(slog.String("mailbox", c.Mailbox)) }

// ParseAppendStart reads the mailbox of an APPEND. The messages follow:
// [Append.Next].
func ParseAppendStart(d *wire.Decoder, o Options) (*Append, error) {
	c := &Append{opts: o}
	c.Mailbox, _ = mailbox(d, &o)
	return c, d.Err()
}

// NewAppend gives an APPEND to a mailbox, whose messages follow.
func NewAppend(mailbox string, o Options) *Append { return &Append{Mailbox: mailbox, opts: o} }

// Next reads up to the next message's octets, and says no, without an error, at
// the command's end. Between two calls the message's literal has to be taken
// from the decoder with [wire.Decoder.AcceptLiteral]; what was not read of it is
// skipped. With an error the command is to be answered, and nothing of it done
// (RFC 3502 §6.3.11); a client that waits to be asked for the literal then does
// not send it.
func (c *Append) Next(d *wire.Decoder) (m AppendMessage, ok bool, err error) {
	if c.count > 0 {
		if !c.parts.ended && !c.endLiteral(d) {
			return m, false, d.Err()
		}
		at := d.AtEnd()
		if !at && d.ExpectSP() {
			at = d.AtEnd() // a space at the end
		}
		if at || d.Err() != nil {
			return m, false, d.Err()
		}
		if c.single {
			d.Expected("one message only") // RFC 8508 §5
			return m, false, d.Err()
		}
	} else if !d.ExpectSP() {
		return m, false, d.Err()
	}
	if c.count++; c.count > or(c.opts.Limits.AppendMessages, 1000) {
		return m, false, d.Fail(wire.OverLimit, "too many messages in one APPEND")
	}
	c.utf8, c.parts = false, catenation{}
	if d.Peek() == '(' {
		if m.Flags, ok = storedFlags(d, false, &c.opts); !ok || !d.ExpectSP() {
			return m, false, d.Err()
		}
	}
	if d.Peek() == '"' {
		if m.Date, ok = d.DateTimeBy(c.opts.dateTime); !ok || !d.ExpectSP() {
			return m, false, d.Err()
		}
	}
	for d.Ahead("ANNOTATION ") {
		_, _ = d.Keyword()
		list, ok := annotationValues(d, &c.opts)
		if m.Annotations = append(m.Annotations, list...); !ok || !d.ExpectSP() {
			return m, false, d.Err()
		}
	}
	if !d.IsLiteral() && !c.dataExtension(d) {
		return m, false, d.Err()
	}
	m.UTF8 = c.utf8
	if m.Catenate = c.parts.begun; m.Catenate {
		return m, d.Err() == nil, d.Err()
	}
	if m.Literal, ok = d.ExpectMessageLiteral(); ok && c.utf8 && !m.Literal.Binary {
		d.Expected("a literal with ~ in UTF8 (…)") // RFC 6855 §4
	}
	return m, d.Err() == nil, d.Err()
}

// endLiteral reads up to what follows the literal of a message or part.
func (c *Append) endLiteral(d *wire.Decoder) bool {
	return d.EndLiteral() && (!c.utf8 || d.ExpectSpecial(')'))
}

// dataExtension reads what stands before the literal in UTF8 (~{n}…) (RFC 6855
// §4), the form in which Thunderbird sends once it enabled UTF8=ACCEPT, or before
// the parts of CATENATE (RFC 4469 §5).
func (c *Append) dataExtension(d *wire.Decoder) bool {
	b, ok := d.Keyword()
	if !ok {
		return false
	}
	switch string(b) {
	case "UTF8":
		c.utf8 = true
		return d.ExpectSP() && d.ExpectSpecial('(')
	case "CATENATE":
		c.parts.begun = true
		return d.ExpectSP() && d.ExpectSpecial('(')
	}
	return d.Expected("a literal")
}
