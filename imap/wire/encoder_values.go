package wire

import (
	"strconv"
	"strings"
	"time"

	"github.com/restante/restante/imap"
)

// Number writes an unsigned number.
func (e *Encoder) Number(n uint32) *Encoder { return e.Number64(uint64(n)) }

// Number64 writes an unsigned number.
func (e *Encoder) Number64(n uint64) *Encoder {
	e.room(20)
	e.buf = strconv.AppendUint(e.buf, n, 10)
	return e
}

// Atom writes s as an atom; where it is none, as a string, which stands for the
// same wherever an astring may.
func (e *Encoder) Atom(s string) *Encoder {
	if imap.IsAtom(s) {
		return e.Raw(s)
	}
	return e.String(s)
}

// AString writes s as an atom where it can be and is not NIL, else as a string.
func (e *Encoder) AString(s string) *Encoder {
	if imap.IsAString(s) && !isNil(s) {
		return e.Raw(s)
	}
	return e.String(s)
}

// Nil writes NIL.
func (e *Encoder) Nil() *Encoder { return e.Raw("NIL") }

// String writes s quoted where it can be, else as a literal.
func (e *Encoder) String(s string) *Encoder {
	e.room(len(s) + 32)
	e.adopt(AppendString(e.buf, s, e.utf8))
	return e
}

// NString writes s, or NIL where it is not present.
func (e *Encoder) NString(s string, present bool) *Encoder {
	if !present {
		return e.Nil()
	}
	return e.String(s)
}

// LiteralBytes writes b as a literal in any case, as BODY[…] gives its contents.
func (e *Encoder) LiteralBytes(b []byte) *Encoder {
	e.literalHead(int64(len(b)), false)
	return e.RawBytes(b)
}

// Literal8Bytes writes b as ~{size}, which may hold NUL (RFC 3516 §4.3).
func (e *Encoder) Literal8Bytes(b []byte) *Encoder {
	e.literalHead(int64(len(b)), true)
	return e.RawBytes(b)
}

func (e *Encoder) literalHead(size int64, binary bool) {
	e.room(32)
	e.buf = appendLiteralHead(e.buf, size, binary)
}

// Mailbox writes a mailbox name, given in UTF-8: as it is for a client that
// takes UTF-8, else in modified UTF-7 (RFC 3501 §5.1.3).
func (e *Encoder) Mailbox(name string) *Encoder {
	if isPlainName(name) {
		return e.String(name)
	}
	if e.utf8 {
		return e.String(name)
	}
	return e.String(string(imap.AppendUTF7(nil, name)))
}

// Flags writes a parenthesised list of flags, leaving out what is none.
func (e *Encoder) Flags(flags []string) *Encoder {
	e.Open()
	first := true
	for _, f := range flags {
		if !imap.IsKeyword(f) && f != imap.FlagWildcard && (len(f) < 2 || f[0] != '\\' || !imap.IsAtom(f[1:])) {
			continue
		}
		if !first {
			e.SP()
		}
		first = false
		e.Raw(f)
	}
	return e.Close()
}

// NumSet writes a set of numbers. A set that is empty has no form in the
// grammar: the caller leaves the whole item out.
func (e *Encoder) NumSet(set imap.NumSet) *Encoder {
	e.room(24 * (len(set.Ranges()) + 1))
	e.adopt(set.Append(e.buf))
	return e
}

// DateTime writes t in its zone as date-time, in quotes.
func (e *Encoder) DateTime(t time.Time) *Encoder {
	e.room(32)
	e.buf = imap.AppendDateTime(e.buf, t)
	return e
}

// Untagged writes "* ".
func (e *Encoder) Untagged() *Encoder { return e.Raw("* ") }

// Status writes a whole status response: tag is "*" for an untagged one. There
// is always a text, for popular clients fail on a line that ends with its code.
func (e *Encoder) Status(tag string, r imap.StatusResponse) *Encoder {
	e.Raw(tag).SP().Raw(string(r.Type)).SP()
	if r.Code != "" {
		e.Byte('[').line(string(r.Code), true).Raw("] ")
	}
	if r.Text == "" {
		r.Text = "-"
	}
	return e.text(r.Text).CRLF()
}

// Continue writes a continuation request with a text (RFC 9051 §7.6), which may
// be empty for a SASL exchange.
func (e *Encoder) Continue(text string) *Encoder {
	return e.Raw("+ ").text(text).CRLF()
}

// text writes a text in the language that was chosen.
func (e *Encoder) text(s string) *Encoder {
	if e.texts != nil {
		s = strings.ToValidUTF8(e.texts(s), "?")
	}
	return e.line(s, false)
}

// Text gives an English text in the language that was chosen, for texts that stand
// in strings.
func (e *Encoder) Text(s string) string {
	if e.texts == nil {
		return s
	}
	return e.texts(s)
}

// line writes text that has to stay on its line: control characters become
// spaces, and what is not ASCII becomes "?" for a client that has not said that
// it takes UTF-8. Within a code "]" ends it and is replaced too.
func (e *Encoder) line(s string, code bool) *Encoder {
	e.room(len(s))
	start := len(e.buf)
	b := append(e.buf, s...)
	for i := start; i < len(b); i++ {
		switch c := b[i]; {
		case c < 0x20 || c == 0x7f:
			b[i] = ' '
		case c >= 0x80 && !e.utf8 && (code || e.texts == nil), code && c == ']':
			b[i] = '?'
		}
	}
	e.adopt(b)
	return e
}
