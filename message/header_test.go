package message

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

const sampleHeader = "Return-Path: <a@x>\r\nReceived: from a\r\n by b\r\nSubject: one\r\n two\r\nTO : z@y\r\nX-Long: 1\r\nno colon\r\nDate: now\r\n\r\n"

func TestHeaderFields(t *testing.T) {
	names := func(s ...string) (out [][]byte) {
		for _, n := range s {
			out = append(out, []byte(n))
		}
		return out
	}
	for _, c := range []struct {
		header string
		names  [][]byte
		not    bool
		want   string
	}{
		{sampleHeader, names("subject", "To"), false, "Subject: one\r\n two\r\nTO : z@y\r\n\r\n"},
		{sampleHeader, names("RECEIVED", "received", "DATE"), false, "Received: from a\r\n by b\r\nDate: now\r\n\r\n"},
		{sampleHeader, names("absent", ""), false, "\r\n"},
		{sampleHeader, names("received", "subject", "x-long"), true, "Return-Path: <a@x>\r\nTO : z@y\r\nno colon\r\nDate: now\r\n\r\n"},
		{sampleHeader, nil, true, sampleHeader},
		{"A: b\nB: c\n\n", names("B"), false, "B: c\n\n"},
		{"A: b\nB: c", names("B"), false, "B: c"},
		{"A: b\nB: c", names("A"), false, "A: b\n"},
		{"", names("A"), false, ""},
		{"\r\n", names("A"), true, "\r\n"},
		{" folded first\r\nA: b\r\n\r\n", names("A"), false, "A: b\r\n\r\n"},
		{" folded first\r\nA: b\r\n\r\n", names("A"), true, " folded first\r\n\r\n"},
	} {
		if got := string(HeaderFields(nil, []byte(c.header), c.names, c.not)); got != c.want {
			t.Errorf("%q of %q: got %q, want %q", c.names, c.header, got, c.want)
		}
	}
}

func TestHeaderValues(t *testing.T) {
	header := []byte("X: =?utf-8?q?a=C3=BC?=\r\n b\r\nY: no\r\nx:\r\nX : c\xfc\r\n\r\nX: body\r\n")
	var got []string
	for v := range HeaderValues(header, "X") {
		got = append(got, string(v))
	}
	if want := []string{"aü b", "", "cü"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A field is in the subset or in the other one.
func FuzzHeaderFields(f *testing.F) {
	f.Add([]byte(sampleHeader), "subject")
	f.Add([]byte("A\n\r\nB"), "a")
	f.Fuzz(func(t *testing.T, raw []byte, name string) {
		header := raw[:Parse(raw).HeaderSize()]
		set := NewFieldSet([]string{name, "To", "X-Y"})
		in, out := set.AppendFields(nil, header, false), set.AppendFields(nil, header, true)
		empty := 0
		if bytes.HasSuffix(header, []byte("\n\r\n")) || string(header) == "\r\n" {
			empty = 2
		} else if bytes.HasSuffix(header, []byte("\n\n")) || string(header) == "\n" {
			empty = 1
		}
		if len(in)+len(out)-empty != len(header) {
			t.Fatalf("%q: in %q, out %q", header, in, out)
		}
		for v := range HeaderValues(raw, name) {
			if !utf8.Valid(v) || bytes.ContainsAny(v, "\r\n\x00") {
				t.Fatalf("value %q", v)
			}
		}
	})
}

var encodedWordTests = []struct{ in, want string }{
	// RFC 2047 §8
	{"=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>", "Keith Moore <moore@cs.utk.edu>"},
	{"=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= <keld@dkuug.dk>", "Keld Jørn Simonsen <keld@dkuug.dk>"},
	{"=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
		"If you can read this you understand the example."},
	{"(=?ISO-8859-1?Q?a?=)", "(a)"},
	{"(=?ISO-8859-1?Q?a?= b)", "(a b)"},
	{"(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)"},
	{"(=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=)", "(ab)"},
	{"(=?ISO-8859-1?Q?a_b?=)", "(a b)"},
	{"(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)"},
	{"=?US-ASCII*EN?Q?Keith_Moore?=", "Keith Moore"}, // RFC 2231 §5
	{"=?utf-8?b?4oI=?= =?UTF-8?b?rA==?=", "€"},       // a character split between words
	{"=?iso-2022-jp?b?GyRCRnxLXBsoQg==?=", "日本"},
	{"=?gb2312?B?xOO6ww==?=", "你好"},
	{"=?koi8-r?Q?=F0=D2=C9=D7=C5=D4?=", "Привет"},
	{"=?x-unknown?q?gr=FC?=", "grü"},
	{"=?utf-8?q?gr=FC?=", "grü"},
	{"=?cp1251?q?=CF?=", "П"},
	{"a=?utf-8?q?b?=c", "abc"},
	{"=?utf-8?q?a b?=", "a b"},
	{"=?utf-8?q?what?now?=", "what?now"},
	{"=?utf-8?q?a=0D=0Ab=00?=", "a  b "},
	{"=?utf-8?q?=?=", "="},
	{"=?utf-8?q?=4?= x", "=4 x"},
	{"=?utf-8?x?a?=", "=?utf-8?x?a?="},
	{"=?utf-8?q?open", "=?utf-8?q?open"},
	{"=??q?a?=", "=??q?a?="},
	{"=?utf-8?q??=", ""},
	{"raw gr\xfc and gr\xc3\xbc", "raw grü and grü"},
	{" folded\r\n\tlines\r\n here ", "folded\tlines here"},
}

func TestDecodeHeader(t *testing.T) {
	for _, c := range encodedWordTests {
		if got := string(DecodeHeader(nil, []byte(c.in))); got != c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
}

func FuzzDecodeHeader(f *testing.F) {
	for _, c := range encodedWordTests {
		f.Add([]byte(c.in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		before := bytes.Clone(in)
		out := DecodeHeader([]byte("x"), in)
		if !utf8.Valid(out) || bytes.ContainsAny(out, "\r\n\x00") || out[0] != 'x' {
			t.Fatalf("%q gives %q", in, out)
		}
		if !bytes.Equal(in, before) {
			t.Fatal("the input was changed")
		}
	})
}

func TestDecodeHeaderIsLinear(t *testing.T) {
	for _, s := range []string{"=?a?q?", "=?", "=?a?q??", "=?a?b?", "=?utf-8?q?a?= ", "=?a?q?b?x"} {
		DecodeHeader(nil, []byte(strings.Repeat(s, 300000/len(s))))
	}
}
