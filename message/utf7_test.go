package message

import "testing"

var utf7Tests = []struct{ in, want string }{
	{"", ""},
	{"Hi Mom +Jjo-!", "Hi Mom ☺!"},
	{"A+ImIDkQ.", "A≢Α."},
	{"+ZeVnLIqe-", "日本語"},
	{"gr+APwA3w-e", "grüße"},
	{"1 +- 1 +-- 2", "1 + 1 +- 2"},
	{"+2D3eAA-", "😀"},
	{"+AOQ,+AOQ_+AOQ", "ä,ä_ä"},
	{"+2D0-x+2D0", "\uFFFDx\uFFFD"},    // half of a pair
	{"+2D0APA-+3gA-", "\uFFFD<\uFFFD"}, // and its other half alone
	{"\xfc+AOT\xfc", "\uFFFDä\uFFFD"},  // no octets of UTF-7
	{"+", ""},
	{"a+!b", "a!b"},
}

func TestUTF7(t *testing.T) {
	d, err := CharsetDecoder("UTF-7")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range utf7Tests {
		if got, err := d.String(c.in); err != nil || got != c.want {
			t.Errorf("%q: got %q %v, want %q", c.in, got, err, c.want)
		}
	}
	for in, want := range map[string]string{"=?utf-7?Q?gr+APwA3w-e?=": "grüße", "=?unicode-1-1-utf-7?q?+AOQ-?=": "ä"} {
		if got := string(DecodeHeader(nil, []byte(in))); got != want {
			t.Errorf("%s: got %q, want %q", in, got, want)
		}
	}
}
