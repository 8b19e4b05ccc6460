package imap

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestUTF7(t *testing.T) {
	for name, enc := range map[string]string{
		"":                   "",
		"INBOX":              "INBOX",
		"Entwürfe":           "Entw&APw-rfe",
		"~peter/mail/台北/日本語": "~peter/mail/&U,BTFw-/&ZeVnLIqe-", // RFC 3501 §5.1.3
		"☺!":                 "&Jjo-!",
		"Hi Mom ☺!":          "Hi Mom &Jjo-!",
		"a&b":                "a&-b",
		"&&":                 "&-&-",
		"𝄞 clef":             "&2DTdHg- clef",
		"\t":                 "&AAk-",
	} {
		if got := string(AppendUTF7(nil, name)); got != enc {
			t.Errorf("encode %q: %q, want %q", name, got, enc)
		}
		if got, ok := DecodeUTF7([]byte(enc)); !ok || got != name {
			t.Errorf("decode %q: %q, %v", enc, got, ok)
		}
	}
	for _, enc := range []string{
		"&", "a&b", "&Jjo", "&Jjo!", // unfinished (RFC 3501 §5.1.3)
		"&U,BTFw-&ZeVnLIqe-",         // a superfluous shift (RFC 3501 §5.1.3)
		"&AGE-",                      // "a" in BASE64
		"&2DQ-", "&3R4-", "&2DQAYQ-", // half surrogates
		"&Jj-", "&Jjp-", "&JjoA-", "&Jjo=-", // bits left over, padding
		"ü", "\x7f", "a\n", "&J\njo-",
	} {
		if got, ok := DecodeUTF7([]byte(enc)); ok {
			t.Errorf("decode %q: %q", enc, got)
		}
	}
}

func FuzzUTF7(f *testing.F) {
	for _, s := range []string{"&-", "Entw&APw-rfe", "&U,BTFw-/&ZeVnLIqe-", "&2DTdHg-", "&", "a", "ü&𝄞"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, ok := DecodeUTF7(b); ok {
			if got := AppendUTF7(nil, s); string(got) != string(b) {
				t.Fatalf("%q is %q is %q", b, s, got)
			}
		}
		if utf8.Valid(b) {
			if s, ok := DecodeUTF7(AppendUTF7(nil, string(b))); !ok || s != string(b) {
				t.Fatalf("%q comes back as %q, %v", b, s, ok)
			}
		}
	})
}

func TestCanonMailbox(t *testing.T) {
	for in, want := range map[string]string{
		"inbox": "INBOX", "InBox/Sub": "INBOX/Sub", "inboxes": "inboxes", "x/inbox": "x/inbox", "inb": "inb", "inbox/": "INBOX/",
	} {
		if got := CanonMailbox(in, Delimiter); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestPattern(t *testing.T) {
	for _, c := range []struct {
		ref, pattern string
		yes, no      []string
	}{
		{"", "*", []string{"INBOX", "a", "a/b/c"}, nil},
		{"", "%", []string{"INBOX", "a"}, []string{"a/b"}},
		{"", "a/%", []string{"a/b"}, []string{"a", "a/b/c", "b/c"}},
		{"", "%/b", []string{"a/b", "INBOX/b"}, []string{"a/b/b", "b"}},
		{"", "*b", []string{"b", "a/b", "ab"}, []string{"a/bc"}},
		{"", "%a%/b*", []string{"xay/b", "a/bcd/e"}, []string{"a/x/b", "x/a/b"}},
		{"", "inbox", []string{"INBOX"}, []string{"Inbox2"}},
		{"", "inbox/%", []string{"INBOX/x"}, nil},
		{"", "Inbox*", []string{"INBOX", "INBOX/x", "Inboxes"}, []string{"inboxes", "INBOXES"}},
		{"", "%nbox", []string{"Inbox"}, []string{"INBOX", "INBOX/x"}},
		{"a/", "%", []string{"a/b"}, []string{"b", "a/b/c"}},
		{"a/", "/b", []string{"b"}, []string{"a/b"}},
		{"", "%*", []string{"a/b", "a"}, nil},
		{"", "a*c%e", []string{"a/b/cde", "ace"}, []string{"ac/e", "a/c/d/e"}},
		{"", "Entw%", []string{"Entwürfe"}, nil},
		{"", "ab", []string{"ab"}, []string{"a", "abc"}},
	} {
		p := NewPattern(c.ref, c.pattern, Delimiter)
		for _, name := range c.yes {
			if !p.Match(name) {
				t.Errorf("%q %q does not match %q", c.ref, c.pattern, name)
			}
		}
		for _, name := range c.no {
			if p.Match(name) {
				t.Errorf("%q %q matches %q", c.ref, c.pattern, name)
			}
		}
	}
}

// slowMatch is the definition of a match, in exponential time.
func slowMatch(p, s string) bool {
	if p == "" {
		return s == ""
	}
	switch p[0] {
	case '*', '%':
		for i := 0; ; i++ {
			if slowMatch(p[1:], s[i:]) {
				return true
			}
			if i == len(s) || p[0] == '%' && s[i] == Delimiter {
				return false
			}
		}
	}
	return s != "" && p[0] == s[0] && slowMatch(p[1:], s[1:])
}

func FuzzPattern(f *testing.F) {
	f.Add("%a%/b*", "xay/b")
	f.Add("a*c%e", "a/b/cde")
	f.Fuzz(func(t *testing.T, p, s string) {
		if len(p) > 10 || len(s) > 12 || strings.HasPrefix(p, "i") || strings.HasPrefix(p, "I") || strings.HasPrefix(s, "INBOX") {
			return
		}
		if got, want := NewPattern("", p, Delimiter).Match(s), slowMatch(p, s); got != want {
			t.Fatalf("%q against %q: %v", p, s, got)
		}
	})
}

// TestPatternTime holds that no pattern takes exponential time.
func TestPatternTime(t *testing.T) {
	p := NewPattern("", strings.Repeat("*a%", 300)+"b", Delimiter)
	if p.Match(strings.Repeat("a", 1000)) {
		t.Error("matches")
	}
}

func TestDates(t *testing.T) {
	for in, want := range map[string]Date{
		"1-Feb-1994": {1994, 2, 1}, "01-feb-1994": {1994, 2, 1}, "29-FEB-2024": {2024, 2, 29}, "31-Dec-0001": {1, 12, 31},
	} {
		if got, ok := ParseDate([]byte(in)); !ok || got != want {
			t.Errorf("%q: %v, %v", in, got, ok)
		}
	}
	for _, in := range []string{"", "1", "1-", "0-Feb-1994", "30-Feb-1994", "29-Feb-2023", "1-Foo-1994", "1-Feb-94", "1-Feb-19945", "001-Feb-1994", " 1-Feb-1994"} {
		if got, ok := ParseDate([]byte(in)); ok {
			t.Errorf("%q: %v", in, got)
		}
	}
	if got := (Date{1994, 2, 1}).Append(nil); string(got) != "1-Feb-1994" {
		t.Error(string(got))
	}
}

func TestDateTimes(t *testing.T) {
	for in, want := range map[string]string{
		"17-Jul-1996 02:44:25 -0700": "1996-07-17T02:44:25-07:00",
		" 1-Jan-2000 00:00:00 +0000": "2000-01-01T00:00:00Z",
		"1-Jan-2000 23:59:60 +0530":  "2000-01-02T00:00:00+05:30",
	} {
		got, ok := ParseDateTime([]byte(in))
		if !ok || got.Format(time.RFC3339) != want {
			t.Errorf("%q: %v, %v", in, got, ok)
		}
	}
	for _, in := range []string{"", "17-Jul-1996", "17-Jul-1996 02:44:25", "17-Jul-1996 24:44:25 -0700", "17-Jul-1996 02:60:25 -0700",
		"17-Jul-1996 02:44:25 0700", "17-Jul-1996 02:44:25 -07000", "31-Jun-1996 02:44:25 -0700"} {
		if got, ok := ParseDateTime([]byte(in)); ok {
			t.Errorf("%q: %v", in, got)
		}
	}
	at := time.Date(1996, 7, 7, 2, 44, 25, 0, time.FixedZone("", -(7*3600+30*60)))
	if got := string(AppendDateTime(nil, at)); got != `" 7-Jul-1996 02:44:25 -0730"` {
		t.Error(got)
	}
}

func FuzzDateTime(f *testing.F) {
	f.Add([]byte("17-Jul-1996 02:44:25 -0700"))
	f.Add([]byte(" 1-Jan-2000 00:00:00 +0000"))
	f.Fuzz(func(t *testing.T, b []byte) {
		ParseDate(b)
		at, ok := ParseDateTime(b)
		if !ok {
			return
		}
		out := AppendDateTime(nil, at)
		again, ok := ParseDateTime(out[1 : len(out)-1])
		if at.Year() <= 9999 && at.Year() >= 0 && (!ok || !again.Equal(at)) {
			t.Fatalf("%q: %v, then %q: %v, %v", b, at, out, again, ok)
		}
	})
}

func BenchmarkAppendDateTime(b *testing.B) {
	at := time.Date(1996, 7, 7, 2, 44, 25, 0, time.FixedZone("", -7*3600))
	buf := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendDateTime(buf[:0], at)
	}
}
