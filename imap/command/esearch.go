package command

import (
	"log/slog"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/wire"
)

// ESearch is the ESEARCH command, which searches several mailboxes (RFC 7377 §4):
//
//	esearch             = "ESEARCH" [SP esearch-source-opts]
//	                      [SP search-return-opts] SP search-program
//	esearch-source-opts = "IN" SP "(" source-mbox [SP "(" scope-options ")"] ")"
//	source-mbox         = filter-mailboxes *(SP filter-mailboxes)
//
// There are no scope options yet. Without source options Sources is empty: the
// selected mailbox is meant.
type ESearch struct {
	Sources []imap.SearchSource
	Program imap.SearchProgram
}

// Name is ESEARCH.
func (c *ESearch) Name() string { return "ESEARCH" }

// SearchKey is what is searched for.
func (c *ESearch) SearchKey() *imap.SearchKey { return &c.Program.Key }

// Saves says that the command sets "$".
func (c *ESearch) Saves() bool { return c.Program.Return.Has(imap.ReturnSave) }

// LogValue gives the number of sources and keys, not what is searched for.
func (c *ESearch) LogValue() slog.Value {
	return slog.GroupValue(slog.Int("sources", len(c.Sources)), slog.Any("search", programLog(&c.Program)))
}

// ParseESearch reads the arguments of ESEARCH, as ParseSearch does those of
// SEARCH.
func ParseESearch(d *wire.Decoder, o Options) (*ESearch, error) {
	c := &ESearch{}
	p := searchParser{d: d, o: &o, program: &c.Program}
	if !d.ExpectSP() {
		return c, d.Err()
	}
	var first imap.SearchKey
	if !p.prefixIn(&first, &c.Sources) {
		return c, d.Err()
	}
	p.rest(&c.Program.Key, first)
	c.Program.Extended = true
	c.Program.Return = c.Program.Return.WithDefault()
	return c, end(d)
}

// prefixIn is prefix with IN before it, where it stands.
func (p *searchParser) prefixIn(first *imap.SearchKey, sources *[]imap.SearchSource) bool {
	if p.d.IsNumSet() || p.d.Peek() == '(' {
		return p.key(first)
	}
	b, ok := p.d.Keyword()
	if !ok {
		return false
	}
	if string(b) != "IN" {
		return p.prefixNamed(b, first)
	}
	return p.d.ExpectSP() && p.sources(sources) && p.d.ExpectSP() && p.prefix(first)
}

// sources reads the list behind IN.
func (p *searchParser) sources(list *[]imap.SearchSource) bool {
	names := 0
	return p.d.List(func() bool {
		var s imap.SearchSource
		b, ok := p.d.Keyword()
		if !ok {
			return false
		}
		switch string(b) {
		case "SELECTED":
			s.Kind = imap.SourceSelected
		case "INBOXES":
			s.Kind = imap.SourceInboxes
		case "PERSONAL":
			s.Kind = imap.SourcePersonal
		case "SUBSCRIBED":
			s.Kind = imap.SourceSubscribed
		case "SUBTREE":
			s.Kind = imap.SourceSubtree
		case "SUBTREE-ONE":
			s.Kind = imap.SourceSubtreeOne
		case "MAILBOXES":
			s.Kind = imap.SourceMailboxes
		default:
			return p.d.Expected("a mailbox specifier")
		}
		if s.Kind.Named() && !p.sourceNames(&s.Mailboxes, &names) {
			return false
		}
		if len(*list) >= or(p.o.Limits.SearchMailboxes, 1000) {
			p.d.Fail(wire.OverLimit, "too many source options")
			return false
		}
		*list = append(*list, s)
		return true
	}) && (len(*list) > 0 || p.d.Expected("a mailbox specifier"))
}

// sourceNames reads SP one-or-more-mailbox (RFC 5465 §8).
func (p *searchParser) sourceNames(names *[]string, n *int) bool {
	one := func() bool {
		if *n++; *n > or(p.o.Limits.SearchMailboxes, 1000) {
			p.d.Fail(wire.OverLimit, "too many mailboxes")
			return false
		}
		name, ok := mailboxName(p.d, p.o)
		*names = append(*names, name)
		return ok
	}
	if !p.d.ExpectSP() {
		return false
	}
	if p.d.Peek() != '(' {
		return one()
	}
	return p.d.List(one) && (len(*names) > 0 || p.d.Expected("a mailbox name"))
}
