package command

import (
	"log/slog"
	"strings"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/wire"
)

// Search is the SEARCH or UID SEARCH command (RFC 9051 §6.4.4, RFC 4466 §2.6):
//
//	search             = "SEARCH" [search-return-opts] SP search-program
//	search-return-opts = SP "RETURN" SP "(" [search-return-opt
//	                     *(SP search-return-opt)] ")"
//	search-return-opt  = "MIN" / "MAX" / "ALL" / "COUNT" / "SAVE" /
//	                     modifier-partial / modifier-update / "CONTEXT" /
//	                     "RELEVANCY"
//	modifier-update    = "UPDATE" ["(" fetch-att *(SP fetch-att) ")"]
//	search-program     = ["CHARSET" SP charset SP] search-key *(SP search-key)
type Search struct {
	UID     bool
	Program imap.SearchProgram
}

// Name is SEARCH or UID SEARCH.
func (c *Search) Name() string { return withUID(c.UID, "SEARCH", "UID SEARCH") }

// SearchKey gives what is searched for.
func (c *Search) SearchKey() *imap.SearchKey { return &c.Program.Key }

// Saves says that the command sets "$".
func (c *Search) Saves() bool { return c.Program.Return.Has(imap.ReturnSave) }

// LogValue gives the number of keys and the charset, not what is searched for,
// which is from people's mail.
func (c *Search) LogValue() slog.Value {
	return programLog(&c.Program)
}

// programLog is a search program's part in a log.
func programLog(p *imap.SearchProgram) slog.Value {
	n := 0
	p.Key.Walk(func(*imap.SearchKey) bool { n++; return true })
	return slog.GroupValue(slog.Int("keys", n), slog.String("charset", p.Charset))
}

func withUID(uid bool, plain, withUID string) string {
	if uid {
		return withUID
	}
	return plain
}

// ParseSearch reads the arguments of SEARCH, or of UID SEARCH. All texts of the
// program are UTF-8, converted from the charset that the client named. A charset
// that is not known is an error of the kind [wire.BadCharset].
func ParseSearch(d *wire.Decoder, uid bool, o Options) (*Search, error) {
	c := &Search{UID: uid}
	p := searchParser{d: d, o: &o, program: &c.Program}
	if !d.ExpectSP() {
		return c, d.Err()
	}
	var first imap.SearchKey
	if !p.prefix(&first) {
		return c, d.Err()
	}
	p.rest(&c.Program.Key, first)
	return c, end(d)
}

// searchParser reads a search program.
type searchParser struct {
	d       *wire.Decoder
	o       *Options
	program *imap.SearchProgram
	decode  func([]byte) (string, error) // nil for UTF-8
	keys    int
}

// prefix reads RETURN and CHARSET where they stand, and the first key.
func (p *searchParser) prefix(first *imap.SearchKey) bool {
	d := p.d
	if d.IsNumSet() || d.Peek() == '(' {
		return p.key(first)
	}
	b, ok := d.Keyword()
	return ok && p.prefixNamed(b, first)
}

// prefixNamed is prefix behind its first word.
func (p *searchParser) prefixNamed(b []byte, first *imap.SearchKey) (ok bool) {
	d := p.d
	ok = true
	if string(b) == "RETURN" {
		if !d.ExpectSP() || !p.returnOptions() || !d.ExpectSP() {
			return false
		}
		if d.IsNumSet() || d.Peek() == '(' {
			return p.key(first)
		}
		b, ok = d.Keyword()
	}
	if ok && string(b) == "CHARSET" {
		return d.ExpectSP() && p.charset() && d.ExpectSP() && p.key(first)
	}
	return ok && p.count() && p.named(b, first)
}

// returnOptions reads the list behind RETURN.
func (p *searchParser) returnOptions() bool {
	p.program.Extended = true
	update := false // stands just before
	ok := p.d.List(func() bool {
		if update && p.d.Peek() == '(' {
			update = false
			return p.updateItems()
		}
		b, _ := p.d.Keyword()
		update = string(b) == "UPDATE"
		switch string(b) {
		case "MIN":
			p.program.Return |= imap.ReturnMin
		case "MAX":
			p.program.Return |= imap.ReturnMax
		case "ALL":
			p.program.Return |= imap.ReturnAll
		case "COUNT":
			p.program.Return |= imap.ReturnCount
		case "SAVE":
			p.program.Return |= imap.ReturnSave
		case "UPDATE":
			p.program.Return |= imap.ReturnUpdate
		case "RELEVANCY":
			p.program.Return |= imap.ReturnRelevancy
		case "CONTEXT":
			p.program.Return |= imap.ReturnContext
		case "PARTIAL":
			p.program.Return |= imap.ReturnPartial
			return partialRange(p.d, &p.program.Partial)
		default:
			return p.threadOption(b) || p.d.Expected("a SEARCH return option")
		}
		return true
	})
	if p.program.Return.Has(imap.ReturnPartial | imap.ReturnAll) {
		return p.d.Expected("PARTIAL or ALL, not both") // RFC 9394 §3.1
	}
	p.program.Return = p.program.Return.WithDefault()
	return ok
}

// updateItems reads the list behind UPDATE (RFC 5465 §8).
func (p *searchParser) updateItems() bool {
	items := &p.program.Updates
	return p.d.List(func() bool { return fetchAtt(p.d, items, p.o) }) && (!items.IsZero() || p.d.Expected("a FETCH item"))
}

// charset reads the charset's name and finds its conversion.
func (p *searchParser) charset() bool {
	b, ok := p.d.AString()
	if !ok {
		return false
	}
	name := string(b)
	p.program.Charset = name
	if strings.EqualFold(name, "UTF-8") || strings.EqualFold(name, "US-ASCII") {
		return true
	}
	if p.o.Charset != nil {
		p.decode = p.o.Charset(name)
	}
	if p.decode == nil {
		p.d.Fail(wire.BadCharset, "unknown charset")
		return false
	}
	return true
}

// rest reads the keys that follow the first and joins them in key.
func (p *searchParser) rest(key *imap.SearchKey, first imap.SearchKey) bool {
	var keys []imap.SearchKey
	for p.d.Special(' ') {
		if p.d.AtEnd() || p.d.Peek() == ' ' {
			continue // spaces at the end
		}
		var next imap.SearchKey
		if !p.key(&next) {
			return false
		}
		if keys == nil {
			keys = append(make([]imap.SearchKey, 0, 4), first)
		}
		keys = append(keys, next)
	}
	*key = first
	if keys != nil {
		*key = imap.SearchKey{Op: imap.SearchAnd, Keys: keys}
	}
	return p.d.Err() == nil
}
