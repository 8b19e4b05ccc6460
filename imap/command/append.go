package command

import (
	"log/slog"
	"time"

	"github.com/restante/restante/imap/wire"
)

// Append is the beginning of an APPEND command (RFC 9051 §6.3.12, RFC 3502, RFC
// 3516 §4.4, RFC 6855 §4):
//
//	append         = "APPEND" SP mailbox 1*append-message
//	append-message = [SP flag-list] [SP date-time] SP append-data
//	append-data    = literal / literal8 / "UTF8" SP "(" literal8 ")"
//
// Messages are read one after another by [Append.Next].
type Append struct {
	Mailbox string
	opts    Options
	utf8    bool // inside UTF8 (…)
	count   int
}

// AppendMessage is one message of an APPEND as announced. Its octets come from
// the decoder, by [wire.Decoder.AcceptLiteral].
type AppendMessage struct {
	Flags   []string
	Date    time.Time // zero where not given
	Literal wire.Literal
	UTF8    bool // given as UTF8 (…): the header may have 8-bit characters
}

// Name is APPEND.
func (*Append) Name() string { return "APPEND" }

// LogValue gives the mailbox.
func (c *Append) LogValue() slog.Value { return slog.GroupValue(slog.String("mailbox", c.Mailbox)) }
