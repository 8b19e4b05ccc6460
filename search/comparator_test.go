package search

import (
	"slices"
	"strings"
	"testing"
)

func TestParseOrder(t *testing.T) {
	for in, want := range map[string]*Order{
		"i;octet": {Wild: "i;octet"}, "+i;octet": {Wild: "i;octet"}, "-i;*": {Wild: "i;*", Inverted: true},
		"*": {Wild: "*"}, "*;a*b": {Wild: "*;a*b"}, "default": {Wild: "default"}, "cz;a;b=1.2": {Wild: "cz;a;b=1.2"},
		strings.Repeat("a", 254): {Wild: strings.Repeat("a", 254)},
		"":                       nil, "-": nil, "**": nil, "i;**": nil, "1;a": nil, ";a": nil, "i;a b": nil, "i;ä": nil, "--i": nil,
		strings.Repeat("a", 255): nil,
	} {
		got, ok := ParseOrder(in)
		if ok != (want != nil) || ok && got != *want {
			t.Errorf("%q: %v, %v", in, got, ok)
		}
	}
}

func TestOrderMatches(t *testing.T) {
	const u, a, o = UnicodeCasemap, ASCIICasemap, Octet
	for wild, want := range map[string][]Comparator{
		"default": {u}, "*": {u, a, o}, "i;*": {u, a, o}, "i;octet": {o}, "I;ASCII-casemap": {a}, "*-casemap": {u, a},
		"i;*c*": {u, a, o}, "i;*ode-c*p": {u}, "cz;*": nil, "i;ascii-numeric": nil, "i;octet*": {o}, "i;oct*octet": nil,
	} {
		if got := (Order{Wild: wild}).Matches(); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", wild, got, want)
		}
	}
}

func TestComparatorAppend(t *testing.T) {
	for c, want := range map[Comparator]string{
		UnicodeCasemap: "<X A\u0308B", ASCIICasemap: "<X ÄB", Octet: "<x Äb",
	} {
		if got := string(c.Append([]byte("<"), []byte("x Äb"))); got != want {
			t.Errorf("%v: %q, want %q", c, got, want)
		}
	}
}
