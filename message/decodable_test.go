package message

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestTextDecodable(t *testing.T) {
	for _, c := range []struct {
		charset, encoding, body string
		want                    bool
	}{
		{"", "", "plain", true}, {"us-ascii", "", "Grüße", true}, {"", "", "Gr\xfc\xdfe", false}, {"utf-8", "", "a\xff", false},
		{"utf-8", "", "cut \xe2\x82", false}, {"iso-8859-1", "", "Gr\xfc\xdfe", true}, {"x-none", "", "plain", false},
		{"utf-8", "quoted-printable", "=C3=BC", true}, {"utf-8", "quoted-printable", "=C3", false},
		{"shift_jis", "", "\x83\x65", true}, {"shift_jis", "", "\x83\x65 \x81", false}, {"iso-2022-jp", "", "\x1b$B\x21\x21\x1b(B", true},
		{"utf-8", "x-unknown", "text", true},
	} {
		for name, slow := range map[string]func(io.Reader) io.Reader{
			"whole": func(r io.Reader) io.Reader { return r }, "one": iotest.OneByteReader,
		} {
			part := PartInfo{Type: "text", Subtype: "plain", Charset: c.charset, Encoding: ParseEncoding(c.encoding)}
			part.Body.End = int64(len(c.body))
			for _, read := range []int64{0, 1 << 20} { // asked before or behind the reading
				text := DecodeText(part, slow(strings.NewReader(c.body)))
				if _, err := io.CopyN(io.Discard, text, read); err != nil && err != io.EOF {
					t.Fatal(err)
				}
				if got, err := text.Decodable(); err != nil || got != c.want {
					t.Errorf("%+v %s, %d read: %v %v", c, name, read, got, err)
				}
			}
		}
	}
}

// The replacement character is found where reads cut it.
func TestReplacementReader(t *testing.T) {
	for _, text := range []string{"a\uFFFDb", "\uFFFD", "ab\uFFFD", "aé\uFFFE"} {
		for name, r := range map[string]io.Reader{
			"one": iotest.OneByteReader(strings.NewReader(text)), "half": iotest.HalfReader(strings.NewReader(text)), "whole": strings.NewReader(text),
		} {
			rr := &replacementReader{r: r}
			if got, err := io.ReadAll(iotest.OneByteReader(rr)); err != nil || string(got) != text || rr.found != strings.Contains(text, "\uFFFD") {
				t.Errorf("%q %s: %q %v %v", text, name, got, rr.found, err)
			}
		}
	}
}

func TestHeaderText(t *testing.T) {
	for _, c := range []struct {
		value, want string
		decoded     bool
	}{
		{"plain", "plain", true}, {" =?utf-8?Q?=C3=BC?=\r\n x", "ü x", true}, {"Gr\xfc\xdfe", "Gr\xfc\xdfe", false},
		{"=?x-none?Q?a=FF?= =?utf-8?Q?=C3=BC?=", "a\xffü", false}, {"=?utf-8?B?/w==?= b", "\xff b", false}, {"=?us-ascii?Q?=C3=BC?=", "ü", true},
	} {
		got, decoded := HeaderText([]byte("<"), []byte(c.value))
		if string(got) != "<"+c.want || decoded != c.decoded {
			t.Errorf("%q: %q %v", c.value, got, decoded)
		}
		sum := Summary(Parse([]byte("Subject: " + c.value + "\r\nTo: " + c.value + "\r\n\r\n")).AppendSummary(nil))
		if string(sum.Subject()) != c.want || sum.Undecodable(0) == c.decoded || string(sum.ToText()) != c.want || sum.Undecodable(2) == c.decoded || sum.Undecodable(1) {
			t.Errorf("%q: summary has %q, %v", c.value, sum.Subject(), sum.Undecodable(0))
		}
	}
}
