package legacy

import (
	"log/slog"
	"strings"
	"unicode/utf8"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/imap/wire"
)

// Search is the SEARCH command of RFC 1176 and RFC 1203.
type Search struct {
	Program imap.SearchProgram
	// Criteria are the criteria as they are told with the result (RFC 1203).
	Criteria []byte
}

// Name is SEARCH.
func (*Search) Name() string { return "SEARCH" }

// LogValue gives how many keys there are.
func (c *Search) LogValue() slog.Value {
	return slog.GroupValue(slog.Int("keys", c.Program.Key.Count()))
}

// ParseSearch reads the arguments of SEARCH (RFC 1176, RFC 1203):
//
//	search    ::= "SEARCH" SP 1#criterion
//	criterion ::= "ALL" / "ANSWERED" / "BCC" SP string / … / key SP string
//
// In IMAP3 a "~" before a criterion turns it round, and any key may be searched.
func ParseSearch(d *wire.Decoder, dialect Dialect, o command.Options) (*Search, error) {
	c := &Search{}
	c.Program.Key.Op = imap.SearchAnd
	for first := true; first || !d.AtEnd() && d.Err() == nil; first = false {
		if !d.ExpectSP() || !first && d.AtEnd() {
			break
		}
		if len(c.Program.Key.Keys) >= or(o.Limits.SearchKeys, 1000) {
			d.Fail(wire.OverLimit, "too many search keys")
			break
		}
		var k imap.SearchKey
		if !c.criterion(d, &k, dialect) {
			break
		}
		c.Program.Key.Keys = append(c.Program.Key.Keys, k)
	}
	return c, d.Err()
}

// criterion reads one criterion.
func (c *Search) criterion(d *wire.Decoder, k *imap.SearchKey, dialect Dialect) bool {
	b, ok := wordTo(d, " ")
	if !ok {
		return false
	}
	name := strings.ToUpper(string(b))
	if len(c.Criteria) > 0 {
		c.Criteria = append(c.Criteria, ' ')
	}
	c.Criteria = append(c.Criteria, name...)
	bare, not := name, false
	if dialect == IMAP3 {
		bare, not = strings.CutPrefix(name, "~")
	}
	if simple, is := flagCriterion(bare); is {
		*k = simple
	} else if !c.withString(d, bare, k, dialect) {
		return false
	}
	if not {
		*k = imap.SearchKey{Op: imap.SearchNot, Keys: []imap.SearchKey{*k}}
	}
	return true
}

// flagCriterion gives the key of a criterion that is a word alone.
func flagCriterion(name string) (imap.SearchKey, bool) {
	op := imap.SearchFlag
	bare, un := strings.CutPrefix(name, "UN")
	if un {
		op = imap.SearchNotFlag
	}
	switch bare {
	case "ANSWERED", "DELETED", "FLAGGED", "SEEN":
		return imap.SearchKey{Op: op, Text: imap.CanonFlag(`\` + bare)}, true
	}
	switch name {
	case "ALL":
		return imap.SearchKey{Op: imap.SearchAll}, true
	case "NEW":
		return imap.SearchKey{Op: imap.SearchNew}, true
	case "OLD":
		return imap.SearchKey{Op: imap.SearchOld}, true
	case "RECENT":
		return imap.SearchKey{Op: imap.SearchRecent}, true
	}
	return imap.SearchKey{}, false
}

// withString reads the string of a criterion that has one.
func (c *Search) withString(d *wire.Decoder, name string, k *imap.SearchKey, dialect Dialect) bool {
	if !d.ExpectSP() {
		return false
	}
	b, ok := word(d)
	if !ok {
		return false
	}
	text := string(b)
	if !utf8.ValidString(text) {
		return d.Expected("text in US-ASCII or UTF-8")
	}
	if imap.IsAtom(text) {
		c.Criteria = append(append(c.Criteria, ' '), text...)
	} else {
		c.Criteria = appendString(append(c.Criteria, ' '), b, IMAP3)
	}
	k.Text = text
	switch name {
	case "BCC":
		k.Op = imap.SearchBcc
	case "BODY":
		k.Op = imap.SearchBody
	case "CC":
		k.Op = imap.SearchCc
	case "FROM":
		k.Op = imap.SearchFrom
	case "SUBJECT":
		k.Op = imap.SearchSubject
	case "TEXT":
		k.Op = imap.SearchText
	case "TO":
		k.Op = imap.SearchTo
	case "KEYWORD":
		k.Op = imap.SearchFlag
	case "UNKEYWORD":
		k.Op = imap.SearchNotFlag
	case "BEFORE":
		return c.date(d, b, imap.SearchBefore, k)
	case "ON":
		return c.date(d, b, imap.SearchOn, k)
	case "SINCE":
		return c.date(d, b, imap.SearchSince, k)
	default:
		return searchedKey(d, name, text, k, dialect)
	}
	if (k.Op == imap.SearchFlag || k.Op == imap.SearchNotFlag) && !imap.IsKeyword(text) {
		return d.Expected("a flag")
	}
	return true
}

// date makes a key of a date.
func (c *Search) date(d *wire.Decoder, b []byte, op imap.SearchOp, k *imap.SearchKey) (ok bool) {
	k.Op, k.Text = op, ""
	if k.Date, ok = imap.ParseDate(b); !ok {
		k.Date, ok = Items{}.Date(b)
	}
	return ok || d.Expected("a date such as 1-Oct-87")
}

// searchedKey makes a search key of one of RFC 1203's keys.
func searchedKey(d *wire.Decoder, name, text string, k *imap.SearchKey, dialect Dialect) bool {
	if dialect != IMAP3 || !imap.IsAtom(name) {
		return d.Expected("a search criterion")
	}
	k.Text = ""
	if name == "HEADER" {
		*k = imap.SearchKey{Op: imap.SearchHeader, Text: text} // without a field: all of them
		return true
	}
	for _, field := range fieldsOfKey(name) {
		one := imap.SearchKey{Op: imap.SearchHeader, Field: field, Text: text}
		if k.Op == imap.SearchAll {
			*k = one
		} else {
			*k = imap.SearchKey{Op: imap.SearchOr, Keys: []imap.SearchKey{*k, one}}
		}
	}
	return true
}
