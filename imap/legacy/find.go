package legacy

import (
	"log/slog"
	"strings"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/imap/wire"
)

// Find is the FIND command (RFC 2062, RFC 1176, RFC 1203):
//
//	find        ::= "FIND" SPACE find_option SPACE pattern
//	find_option ::= ["ALL."] ("MAILBOXES" / "BBOARDS")
type Find struct {
	All     bool // all names, not the subscribed ones alone
	BBoards bool
	Pattern Pattern
}

// Name is FIND.
func (Find) Name() string { return "FIND" }

// Form is the command with its option, as an answer names it.
func (c Find) Form() string {
	form := "FIND "
	if c.All {
		form += "ALL."
	}
	if c.BBoards {
		return form + "BBOARDS"
	}
	return form + "MAILBOXES"
}

// LogValue gives the form and the pattern.
func (c Find) LogValue() slog.Value {
	return slog.GroupValue(slog.String("form", c.Form()), slog.String("pattern", string(c.Pattern.text)))
}

// ParseFind reads the arguments of FIND. In IMAP4 a name without quotes may have no
// more octets than those of RFC 1730 §9; before, it reaches to the next space.
func ParseFind(d *wire.Decoder, dialect Dialect, o command.Options) (Find, error) {
	var c Find
	if !d.ExpectSP() {
		return c, d.Err()
	}
	b, _ := d.Keyword()
	option, all := strings.CutPrefix(string(b), "ALL.")
	c.All = all
	switch option {
	case "MAILBOXES":
	case "BBOARDS":
		c.BBoards = true
	default:
		d.Expected("MAILBOXES or BBOARDS")
	}
	if !d.ExpectSP() {
		return c, d.Err()
	}
	if dialect == IMAP4 {
		b, _ = d.ListMailbox()
	} else {
		b, _ = word(d)
	}
	name, fault := o.MailboxName(b)
	if fault != "" {
		name = string(b) // it matches nothing, as a LIST of it does
		if len(name) > longestPattern {
			d.Fail(wire.OverLimit, fault)
		}
	}
	c.Pattern = newPattern(name, dialect)
	d.ExpectEndLoosely()
	return c, d.Err()
}

// longestPattern bounds a pattern, which costs its length times that of each name.
const longestPattern = 3000

// Pattern is a pattern of FIND: "*" stands for any text, and "%" and, in IMAP4, "?"
// for one character (RFC 1176, RFC 2062). In IMAP3 a backslash takes the meaning
// from what follows it (RFC 1203).
type Pattern struct {
	text []rune // any and one stand for the wildcards
}

const (
	anyText = -1
	oneRune = -2
)

func newPattern(s string, dialect Dialect) Pattern {
	var p Pattern
	quoted := false
	for _, r := range imap.NormalMailboxName(s) {
		switch {
		case quoted:
			quoted = false
		case r == '\\' && dialect == IMAP3:
			quoted = true
			continue
		case r == '*':
			r = anyText
		case r == '%', r == '?' && (dialect == IMAP4 || dialect == IMAP2bis):
			r = oneRune
		}
		p.text = append(p.text, r)
	}
	return p
}

// Match reports whether a mailbox name matches.
func (p Pattern) Match(name string) bool {
	text := []rune(name)
	at, star, from := 0, -1, 0
	for i := 0; i < len(text); {
		switch {
		case at < len(p.text) && p.text[at] == anyText:
			star, from = at, i
			at++
		case at < len(p.text) && (p.text[at] == oneRune || p.text[at] == text[i]):
			at++
			i++
		case star >= 0:
			from++
			at, i = star+1, from
		default:
			return false
		}
	}
	for at < len(p.text) && p.text[at] == anyText {
		at++
	}
	return at == len(p.text)
}
