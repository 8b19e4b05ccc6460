package convert

import (
	"slices"
	"strconv"
	"unicode/utf8"
)

// longestReplacement is how many bytes the replacement of an unknown character may
// have, so that a text does not grow without bound.
const longestReplacement = 4

// check holds the request's parameters against a conversion: one that has no
// meaning for it must not be passed over (RFC 5259 §9).
func (r *Request) check(t Conversion) *Error {
	var bad []Param
	for i, p := range r.Params {
		twice := slices.ContainsFunc(r.Params[:i], func(o Param) bool { return o.Name == p.Name })
		if twice || !slices.Contains(t.Params, p.Name) || !p.possible() {
			bad = append(bad, p)
		}
	}
	if len(bad) == 0 {
		return nil
	}
	text := "These parameters are unknown or wrong for this conversion"
	if len(bad) == 1 && bad[0].Name == paramReplacement && len(bad[0].Value) > longestReplacement {
		text = "UNKNOWN-CHARACTER-REPLACEMENT is limited to 4 bytes"
	}
	return &Error{Kind: BadParameters, Text: text, From: t.From, To: t.To, Params: bad}
}

// possible reports whether the value is one that the parameter may have.
func (p *Param) possible() bool {
	switch p.Name {
	case paramCharset:
		_, ok := targetCharset(p.Value)
		return ok
	case paramReplacement:
		return len(p.Value) <= longestReplacement && utf8.ValidString(p.Value)
	case paramWidth, paramHeight:
		n, err := strconv.Atoi(p.Value)
		return err == nil && n > 0 && n <= longestSide
	}
	return false
}

// number gives a parameter that is a number; 0 where it is not there.
func (r *Request) number(name string) int {
	v, _ := r.get(name)
	n, _ := strconv.Atoi(v) // which possible has checked
	return n
}
