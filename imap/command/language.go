package command

import (
	"log/slog"
	"strings"

	"github.com/restante/restante/imap/text"
	"github.com/restante/restante/imap/wire"
)

// Language is the LANGUAGE command (RFC 5255 §3.5):
//
//	language-cmd      = "LANGUAGE" *(SP lang-range-quoted)
//	lang-range-quoted = astring
//	    ; once quoting is removed, a language-range of RFC 4647
type Language struct {
	Ranges []string // in the order of preference; none: which languages are there?
}

// Name is LANGUAGE.
func (Language) Name() string { return "LANGUAGE" }

// LogValue gives the ranges.
func (c Language) LogValue() slog.Value {
	return slog.GroupValue(slog.String("ranges", strings.Join(c.Ranges, " ")))
}

// ParseLanguage reads the arguments of LANGUAGE.
func ParseLanguage(d *wire.Decoder, o Options) (Language, error) {
	var c Language
	for !d.AtEnd() && d.ExpectSP() && !d.AtEnd() {
		b, ok := d.AString()
		if !ok {
			break
		}
		if len(c.Ranges) == or(o.Limits.Ranges, 100) {
			return c, d.Fail(wire.OverLimit, "too many languages")
		}
		if !text.ValidRange(string(b)) {
			d.Expected("a language range")
			break
		}
		c.Ranges = append(c.Ranges, string(b))
	}
	return c, end(d)
}
