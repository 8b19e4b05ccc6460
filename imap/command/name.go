package command

import (
	"slices"
	"unicode/utf8"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/wire"
)

// mailbox reads SP mailbox and gives the name in UTF-8 with INBOX in upper case
// (RFC 9051 §5.1, RFC 3501 §5.1.3). It need not be in normal form C: the store
// sees to that, and the client is told where it makes a difference (RFC 9051
// §6.3.9.7).
func mailbox(d *wire.Decoder, o *Options) (string, bool) {
	if !d.ExpectSP() {
		return "", false
	}
	return mailboxName(d, o)
}

// mailboxName is mailbox without the space.
func mailboxName(d *wire.Decoder, o *Options) (string, bool) {
	b, ok := d.AString()
	if !ok {
		return "", false
	}
	if len(b) > or(o.Limits.MailboxName, 3000) {
		d.Fail(wire.OverLimit, "mailbox name is too long")
		return "", false
	}
	if o.UTF8 && !utf8.Valid(b) {
		return "", d.Expected("a mailbox name in UTF-8") // RFC 9755 §3
	}
	name, fault := decodeName(b, o.UTF8)
	if fault != "" {
		d.Fail(wire.BadName, fault)
		return "", false
	}
	return name, true
}

// MailboxName gives the name of a mailbox that a client sent as b, as the other
// parsers do, or says what is wrong with it.
func (o *Options) MailboxName(b []byte) (name, fault string) {
	if len(b) > or(o.Limits.MailboxName, 3000) {
		return "", "mailbox name is too long"
	}
	return decodeName(b, o.UTF8)
}

// decodeName gives a mailbox name in UTF-8, or says what is wrong with it.
func decodeName(b []byte, isUTF8 bool) (name, fault string) {
	plain, ascii := true, true
	for _, c := range b {
		if c >= 0x80 {
			plain, ascii = false, false
			break
		}
		if c == '&' || c < 0x20 || c == 0x7f {
			plain = false
		}
	}
	switch {
	case plain, isUTF8 && ascii:
		name = string(b)
	case isUTF8 && !utf8.Valid(b):
		return "", "mailbox name is not UTF-8"
	case isUTF8:
		name = string(b)
	case !ascii:
		// RFC 9051 §5.1: 8-bit names are for clients that enabled them.
		return "", "mailbox name is not in modified UTF-7; for UTF-8, send ENABLE first"
	default:
		decoded, ok := imap.DecodeUTF7(b)
		if !ok {
			return "", "mailbox name is not in modified UTF-7"
		}
		name = decoded
	}
	return imap.CanonMailbox(name, imap.Delimiter), ""
}

// pattern decodes a LIST reference or pattern, in normal form C as the names that
// it is held against. One that cannot be decoded is
// taken as it is and matches nothing: Outlook deletes what it has cached when a
// LSUB is answered with NO.
func pattern(d *wire.Decoder, b []byte, o *Options) (string, bool) {
	if len(b) > or(o.Limits.MailboxName, 3000) {
		d.Fail(wire.OverLimit, "mailbox pattern is too long")
		return "", false
	}
	if name, fault := decodeName(b, o.UTF8); fault == "" {
		return imap.NormalMailboxName(name), true
	}
	return string(b), true
}

// storedFlags reads flags that are to be stored. What is no flag of RFC 9051 §2.3.2 is
// ignored, as a flag that is not in PERMANENTFLAGS has to be (RFC 9051 §7.1): \Recent, which
// clients that copy the flags they were shown send, and what other servers have.
func storedFlags(d *wire.Decoder, bare bool, o *Options) ([]string, bool) {
	flags, ok := flagList(d, bare, o)
	return slices.DeleteFunc(flags, func(f string) bool { return f[0] == '\\' && !imap.IsSystemFlag(f) }), ok
}

// flagList reads flag-list, or, without parentheses, flag *(SP flag) if bare is
// allowed.
func flagList(d *wire.Decoder, bare bool, o *Options) ([]string, bool) {
	var flags []string
	item := func() bool {
		f, ok := d.Flag()
		if !ok {
			return false
		}
		if len(flags) == or(o.Limits.Flags, 1000) {
			d.Fail(wire.OverLimit, "too many flags")
			return false
		}
		flags = append(flags, f)
		return true
	}
	if !bare || d.Peek() == '(' {
		ok := d.List(item)
		return flags, ok
	}
	for item() {
		d.SkipSpaces()
		if d.AtEnd() {
			return flags, true
		}
	}
	return nil, false
}
