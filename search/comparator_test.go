package search

import (
	"bytes"
	"cmp"
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
	const u, a, o, n = UnicodeCasemap, ASCIICasemap, Octet, ASCIINumeric
	for wild, want := range map[string][]Comparator{
		"default": {u}, "*": {u, a, o, n}, "i;*": {u, a, o, n}, "i;octet": {o}, "I;ASCII-casemap": {a}, "*-casemap": {u, a},
		"i;*c*": {u, a, o, n}, "i;*ode-c*p": {u}, "cz;*": nil, "i;ascii-numeric": {n}, "i;ascii-*": {a, n}, "i;octet*": {o}, "i;oct*octet": nil,
	} {
		if got := (Order{Wild: wild}).Matches(); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", wild, got, want)
		}
	}
}

func TestComparatorAppend(t *testing.T) {
	for c, want := range map[Comparator]string{
		UnicodeCasemap: "<X A\u0308B", ASCIICasemap: "<X ÄB", Octet: "<x Äb", ASCIINumeric: "<\x7f",
	} {
		if got := string(c.Append([]byte("<"), []byte("x Äb"))); got != want {
			t.Errorf("%v: %q, want %q", c, got, want)
		}
	}
}

// The examples of RFC 4790 §9.1.1, and more.
func TestNumericOrder(t *testing.T) {
	classes := [][]string{
		{"0", "00", "0x"}, {"1", "1 ", "01.5"}, {"9"}, {"10", "010"}, {"127"}, {"128"}, {"4294967298", "04294967298", "4294967298b"},
		{"1" + strings.Repeat("0", 127)}, {"1" + strings.Repeat("0", 128)}, {"1" + strings.Repeat("0", 20000)}, {"", "x", "y", "-1", "٣"},
	}
	for i, x := range classes {
		for j, y := range classes {
			for _, a := range x {
				for _, b := range y {
					got := bytes.Compare(ASCIINumeric.Append(nil, []byte(a)), ASCIINumeric.Append(nil, []byte(b)))
					if got != cmp.Compare(i, j) {
						t.Errorf("%.20q and %.20q: %d", a, b, got)
					}
				}
			}
		}
	}
}
