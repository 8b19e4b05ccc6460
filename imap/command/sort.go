package command

import (
	"log/slog"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/wire"
)

// Sort is the SORT or UID SORT command (RFC 5256 §5, RFC 5267 §3, RFC 5957 §5):
//
//	sort            = ["UID" SP] "SORT" [search-return-opts] SP sort-criteria SP
//	                  search-criteria
//	sort-criteria   = "(" sort-criterion *(SP sort-criterion) ")"
//	sort-criterion  = ["REVERSE" SP] sort-key
//	sort-key        = "ARRIVAL" / "CC" / "DATE" / "DISPLAYFROM" / "DISPLAYTO" /
//	                  "FROM" / "MODSEQ" / "SIZE" / "SUBJECT" / "TO" / "UID"
//	search-criteria = charset 1*(SP search-key)
type Sort struct {
	UID     bool
	Keys    []imap.SortKey
	Program imap.SearchProgram
}

// Name is SORT or UID SORT.
func (c *Sort) Name() string { return withUID(c.UID, "SORT", "UID SORT") }

// Saves says that the command sets "$".
func (c *Sort) Saves() bool { return c.Program.Return.Has(imap.ReturnSave) }

// SearchKey is what is searched for.
func (c *Sort) SearchKey() *imap.SearchKey { return &c.Program.Key }

// LogValue gives the numbers of criteria and keys and the charset, not what is
// searched for.
func (c *Sort) LogValue() slog.Value {
	return slog.GroupValue(slog.Int("criteria", len(c.Keys)), slog.Any("search", programLog(&c.Program)))
}

// ParseSort reads the arguments of SORT, or of UID SORT, as ParseSearch does
// those of SEARCH.
func ParseSort(d *wire.Decoder, uid bool, o Options) (*Sort, error) {
	c := &Sort{UID: uid}
	p := searchParser{d: d, o: &o, program: &c.Program}
	if !d.ExpectSP() || !p.returns() || !p.sortCriteria(&c.Keys) || !p.criteria() {
		return c, d.Err()
	}
	return c, end(d)
}

// returns reads search-return-opts and the space behind them, where they stand
// before a list.
func (p *searchParser) returns() bool {
	if p.d.Peek() == '(' {
		return true
	}
	b, ok := p.d.Keyword()
	if !ok {
		return false
	}
	if string(b) != "RETURN" {
		return p.d.Expected("sort criteria or RETURN")
	}
	return p.d.ExpectSP() && p.returnOptions() && p.d.ExpectSP()
}

// criteria reads SP search-criteria, whose charset must stand (RFC 5256 §3).
func (p *searchParser) criteria() bool {
	if !p.d.ExpectSP() || !p.charset() || !p.d.ExpectSP() {
		return false
	}
	var first imap.SearchKey
	return p.key(&first) && p.rest(&p.program.Key, first)
}

// sortCriteria reads the list of criteria, at least one.
func (p *searchParser) sortCriteria(keys *[]imap.SortKey) bool {
	if !p.d.List(func() bool {
		if len(*keys) >= or(p.o.Limits.SortKeys, 32) {
			p.d.Fail(wire.OverLimit, "too many sort criteria")
			return false
		}
		var k imap.SortKey
		b, ok := p.d.Keyword()
		if ok && string(b) == "REVERSE" {
			k.Reverse = true
			if !p.d.ExpectSP() {
				return false
			}
			b, ok = p.d.Keyword()
		}
		if !ok {
			return false
		}
		if string(b) == "ANNOTATION" {
			if !p.sortAnnotation(&k) {
				return false
			}
		} else if k.Field, ok = sortField(b); !ok {
			return p.d.Expected("a sort key")
		}
		*keys = append(*keys, k)
		return true
	}) {
		return false
	}
	return len(*keys) > 0 || p.d.Expected("a sort criterion")
}

// sortField gives the field of a sort-key.
func sortField(name []byte) (f imap.SortField, ok bool) {
	switch string(name) {
	case "ARRIVAL":
		return imap.SortArrival, true
	case "CC":
		return imap.SortCc, true
	case "DATE":
		return imap.SortDate, true
	case "FROM":
		return imap.SortFrom, true
	case "SIZE":
		return imap.SortSize, true
	case "SUBJECT":
		return imap.SortSubject, true
	case "TO":
		return imap.SortTo, true
	case "DISPLAYFROM":
		return imap.SortDisplayFrom, true
	case "DISPLAYTO":
		return imap.SortDisplayTo, true
	case "MODSEQ":
		return imap.SortModSeq, true
	case "UID":
		return imap.SortUID, true
	case "RELEVANCY":
		return imap.SortRelevancy, true
	}
	return 0, false
}
