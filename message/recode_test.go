package message

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"

	"github.com/restante/restante/internal/cputime"
)

func utf8Charset() Charset {
	return Charset{Name: "UTF-8", Encode: func(b []byte) ([]byte, bool) { return b, true }}
}

func latin1Charset() Charset {
	return Charset{Name: "ISO-8859-1", Encode: func(b []byte) ([]byte, bool) {
		out, err := charmap.ISO8859_1.NewEncoder().Bytes(b)
		return out, err == nil
	}}
}

func TestRecodeHeader(t *testing.T) {
	for _, c := range []struct {
		in, want string
		to       Charset
	}{
		{"Subject: plain\r\n\r\n", "Subject: plain\r\n\r\n", utf8Charset()},
		{"Subject: =?KOI8-R?Q?why encode this?=\r\n", "Subject: =?UTF-8?Q?why_encode_this?=\r\n", utf8Charset()},
		{"Subject: =?koi8-r?B?8NLJ18XU?= x\r\n", "Subject: =?UTF-8?B?0J/RgNC40LLQtdGC?= x\r\n", utf8Charset()},
		{"From: =?utf-8?q?J=C3=B6rg?= <j@x>\r\n", "From: =?ISO-8859-1?Q?J=F6rg?= <j@x>\r\n", latin1Charset()},
		{"Subject: a =?x-foo?q?b?= =?utf-8?q?c?=\r\n", "Subject: a =?x-foo?q?b?= =?UTF-8?Q?c?=\r\n", utf8Charset()},
		{"Subject: =?utf-8?q?=C3?=\r\n =?utf-8?q?=B6?= =? x\r\n", "Subject: =?ISO-8859-1?Q?=F6?= =? x\r\n", latin1Charset()},
		{"Subject: =?utf-8?q?=E2=82=AC?=\r\n", "", latin1Charset()},
		{"Subject: =?utf-8?q?" + strings.Repeat("=C3=B6", 30) + "?=\r\n",
			"Subject: =?UTF-8?B?" + strings.Repeat("w7bDtsO2", 5) + "?=\r\n", Charset{}},
		// RFC 2231
		{"Content-Type: text/plain; charset=utf-8;\r\n foo*0*=utf-8'fr'tr%c0;\r\n foo*1*(very)=%03s_m%c0;\r\n foo*2*=(nasty)%09chant\r\n",
			"Content-Type: text/plain;\r\n charset=utf-8;\r\n foo*=UTF-8'fr'tr%C0%03s_m%C0%09chant (very) (nasty)\r\n", utf8Charset()},
		{"Content-Disposition: attachment; filename*=utf-8''na%C3%AFve.txt\r\n",
			"Content-Disposition: attachment;\r\n filename*=ISO-8859-1''na%EFve.txt\r\n", latin1Charset()},
		{"Content-Disposition: attachment; filename*=klingon''x\r\n", "Content-Disposition: attachment; filename*=klingon''x\r\n", latin1Charset()},
		{"Content-Disposition: attachment; filename*=utf-8''%E2%82%AC\r\n", "", latin1Charset()},
		{"Content-Type: text/plain; name=\"a*b\"\r\n", "Content-Type: text/plain; name=\"a*b\"\r\n", latin1Charset()},
		{"no field\r\n *=", "no field\r\n *=", utf8Charset()},
	} {
		if c.to.Name == "" { // only that lines are short and the text is the same
			got, _ := RecodeHeader(nil, []byte(c.in), utf8Charset())
			checkLines(t, got)
			if a, b := string(DecodeHeader(nil, got)), string(DecodeHeader(nil, []byte(c.in))); a != b {
				t.Errorf("%q became %q", b, a)
			}
			continue
		}
		got, ok := RecodeHeader(nil, []byte(c.in), c.to)
		if ok != (c.want != "") || ok && string(got) != c.want {
			t.Errorf("%q\n got %q %v\nwant %q", c.in, got, ok, c.want)
		}
	}
}

func checkLines(t *testing.T, header []byte) {
	t.Helper()
	for line := range strings.Lines(string(header)) {
		if len(line) > 80 {
			t.Errorf("long line %q", line)
		}
	}
}

func TestRecodeLongParameter(t *testing.T) {
	in := "Content-Disposition: attachment; filename*=utf-8''" + strings.Repeat("%C3%B6", 60) + "\r\n"
	got, ok := RecodeHeader(nil, []byte(in), utf8Charset())
	checkLines(t, got)
	_, params := parseDisposition(got[len("Content-Disposition:"):])
	if !ok || len(params) != 1 || params[0].Value != strings.Repeat("ö", 60) || !strings.Contains(string(got), "filename*1*=") {
		t.Errorf("got %q, %v", got, params)
	}
}

// TestLongHeaders holds that what a header of many small pieces takes grows as the
// header does: it was a minute for each of these.
func TestLongHeaders(t *testing.T) {
	const pieces = 60_000
	words := "Subject: " + strings.Repeat("=?utf-8?q?a?=x", pieces) + "\r\n\r\n"
	var fields strings.Builder
	for i := range pieces {
		fmt.Fprintf(&fields, "Resent-%06d: x\r\n", i)
	}
	took := cputime.Of(t, func() {
		if got, ok := RecodeHeader(nil, []byte(words), utf8Charset()); !ok || len(got) < len(words) {
			t.Errorf("%d of %d octets", len(got), len(words))
		}
		if got := Resent([]byte(fields.String())); len(got) != fields.Len() {
			t.Errorf("%d of %d octets", len(got), fields.Len())
		}
	})
	if took > 10*time.Second {
		t.Error("took", took)
	}
}

// FuzzRecodeHeader holds that a header means the same in another charset.
func FuzzRecodeHeader(f *testing.F) {
	f.Add("Subject: =?koi8-r?B?8NLJ18XU?= x\r\nContent-Type: a/b; c*0*=utf-8'fr'%c0; c*1*(x)=y\r\n\r\n")
	f.Add("Subject: =?utf-8?q?" + strings.Repeat("=C3=B6", 30) + "?=\r\n")
	f.Add("Content-Type: a; ***=x; b*=utf-8''y\r\n")
	f.Fuzz(func(t *testing.T, in string) {
		got, ok := RecodeHeader(nil, []byte(in), utf8Charset())
		if !ok {
			t.Fatal("UTF-8 lacks nothing")
		}
		again, _ := RecodeHeader(nil, got, utf8Charset())
		if third, _ := RecodeHeader(nil, again, utf8Charset()); string(third) != string(again) {
			t.Fatalf("%q, then %q, then %q", got, again, third)
		}
	})
}
