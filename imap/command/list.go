package command

import (
	"log/slog"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/wire"
)

// List is the LIST command, extended or not (RFC 9051 §6.3.9, RFC 5258, RFC
// 5819, RFC 6154):
//
//	list         = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat
//	               [SP list-return-opts]
//	mbox-or-pat  = list-mailbox / patterns
//	patterns     = "(" list-mailbox *(SP list-mailbox) ")"
type List struct {
	Reference string
	Patterns  []string // at least one
	Options   imap.ListOptions
}

// Name is LIST.
func (List) Name() string { return "LIST" }

// LogValue gives the reference and the patterns.
func (c List) LogValue() slog.Value {
	return slog.GroupValue(slog.String("reference", c.Reference), slog.Any("patterns", c.Patterns))
}

// LSub is the LSUB command (RFC 3501 §6.3.9), or RLIST or RLSUB (RFC 2193 §6):
//
//	lsub  = "LSUB" SP mailbox SP list-mailbox
//	rlist = "RLIST" SP mailbox SP list-mailbox
//	rlsub = "RLSUB" SP mailbox SP list-mailbox
type LSub struct {
	Command   string // LSUB, RLIST or RLSUB
	Reference string
	Pattern   string
}

// Name is the command's name.
func (c LSub) Name() string { return c.Command }

// LogValue gives the reference and the pattern.
func (c LSub) LogValue() slog.Value {
	return slog.GroupValue(slog.String("reference", c.Reference), slog.String("pattern", c.Pattern))
}

// ParseList reads the arguments of LIST.
func ParseList(d *wire.Decoder, o Options) (List, error) {
	var c List
	if !d.ExpectSP() {
		return c, d.Err()
	}
	if d.Peek() == '(' {
		c.Options.Extended = true
		if !listSelect(d, &c.Options) || !d.ExpectSP() {
			return c, d.Err()
		}
	}
	b, ok := d.AString()
	if !ok {
		return c, d.Err()
	}
	if c.Reference, ok = pattern(d, b, &o); !ok || !d.ExpectSP() {
		return c, d.Err()
	}
	if !listPatterns(d, &c, &o) {
		return c, d.Err()
	}
	d.SkipSpaces()
	if !d.AtEnd() {
		c.Options.Extended = true
		if b, ok = d.Keyword(); ok && string(b) != "RETURN" {
			d.Expected("RETURN")
		}
		if d.ExpectSP() {
			listReturn(d, &c.Options, &o)
		}
	}
	return c, end(d)
}

// listPatterns reads mbox-or-pat.
func listPatterns(d *wire.Decoder, c *List, o *Options) bool {
	item := func() bool {
		b, ok := d.ListMailbox()
		if !ok {
			return false
		}
		if len(c.Patterns) == or(o.Limits.ListPatterns, 100) {
			d.Fail(wire.OverLimit, "too many mailbox patterns")
			return false
		}
		p, ok := pattern(d, b, o)
		c.Patterns = append(c.Patterns, p)
		return ok
	}
	if d.Peek() != '(' {
		return item()
	}
	c.Options.Extended = true
	return d.List(item) && (len(c.Patterns) > 0 || d.Expected("a mailbox pattern"))
}

// listSelect reads list-select-opts.
func listSelect(d *wire.Decoder, l *imap.ListOptions) bool {
	ok := d.List(func() bool {
		b, _ := d.Keyword()
		switch string(b) {
		case "SUBSCRIBED":
			l.Select |= imap.ListSelectSubscribed
		case "REMOTE":
			l.Select |= imap.ListSelectRemote
		case "RECURSIVEMATCH":
			l.Select |= imap.ListSelectRecursiveMatch
		case "SPECIAL-USE":
			l.Select |= imap.ListSelectSpecialUse
		default:
			return d.Expected("a LIST selection option")
		}
		return true
	})
	const base = imap.ListSelectSubscribed | imap.ListSelectSpecialUse
	if ok && l.Select.Has(imap.ListSelectRecursiveMatch) && l.Select&base == 0 {
		return d.Expected("SUBSCRIBED beside RECURSIVEMATCH") // RFC 5258 §3.1
	}
	return ok
}

// listReturn reads the options of RETURN.
func listReturn(d *wire.Decoder, l *imap.ListOptions, o *Options) bool {
	return d.List(func() bool {
		b, _ := d.Keyword()
		switch string(b) {
		case "SUBSCRIBED":
			l.Return |= imap.ListReturnSubscribed
		case "CHILDREN":
			l.Return |= imap.ListReturnChildren
		case "SPECIAL-USE":
			l.Return |= imap.ListReturnSpecialUse
		case "MYRIGHTS":
			l.Return |= imap.ListReturnMyRights // RFC 8440 §3
		case "STATUS":
			var ok bool
			l.Status, ok = statusItems(d)
			return ok
		case "METADATA":
			return listMetadata(d, l, o)
		default:
			return d.Expected("a LIST return option")
		}
		return true
	})
}

// listMetadata reads SP "(" entry *(SP entry) ")" (RFC 9590 §5).
func listMetadata(d *wire.Decoder, l *imap.ListOptions, o *Options) bool {
	if !d.ExpectSP() {
		return false
	}
	ok := d.List(func() bool {
		name, ok := entryName(d, o, len(l.Metadata), false)
		l.Metadata = append(l.Metadata, name)
		return ok
	})
	return ok && (len(l.Metadata) > 0 || d.Expected("an entry name"))
}

// ParseLSub reads the arguments of LSUB, RLIST or RLSUB.
func ParseLSub(d *wire.Decoder, name string, o Options) (LSub, error) {
	c := LSub{Command: name}
	if !d.ExpectSP() {
		return c, d.Err()
	}
	b, ok := d.AString()
	if !ok {
		return c, d.Err()
	}
	if c.Reference, ok = pattern(d, b, &o); !ok || !d.ExpectSP() {
		return c, d.Err()
	}
	if b, ok = d.ListMailbox(); ok {
		c.Pattern, _ = pattern(d, b, &o)
	}
	return c, end(d)
}
