package command

import (
	"strings"
	"unicode/utf8"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/wire"
)

// filterName reads SP filter-name (RFC 5466 §4):
//
//	filter-name = 1*<any ATOM-CHAR except "/">
func (p *searchParser) filterName(k *imap.SearchKey) bool {
	if !p.d.ExpectSP() {
		return false
	}
	b, ok := p.d.Atom()
	if !ok || strings.IndexByte(string(b), '/') >= 0 {
		return p.d.Expected("the name of a filter")
	}
	k.Op, k.Text = imap.SearchFilter, string(b)
	return true
}

// ParseFilter reads the value of a filter: search-criteria in UTF-8 (RFC 5466
// §3.1). Anything else is an error of the decoder.
func ParseFilter(value string, o Options) (imap.SearchKey, error) {
	d := wire.NewDecoder(strings.NewReader(value+"\r\n"), wire.DecoderOptions{
		Limits:   wire.Limits{Line: len(value) + 64, String: len(value) + 1, Command: 2*len(value) + 256},
		Continue: func() error { return nil }, // literals of every kind stand in it
	})
	var program imap.SearchProgram
	if err := d.Begin(); err != nil {
		return program.Key, err
	}
	if !utf8.ValidString(value) {
		return program.Key, d.Fail(wire.Syntax, "a filter must be in UTF-8")
	}
	p := searchParser{d: d, o: &o, program: &program}
	var first imap.SearchKey
	if p.key(&first) {
		p.rest(&program.Key, first)
	}
	if err := end(d); err != nil {
		return program.Key, err
	}
	if d.Buffered() > 0 {
		return program.Key, d.Fail(wire.Syntax, "a filter is one line")
	}
	return program.Key, nil
}
