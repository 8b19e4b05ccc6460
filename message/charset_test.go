package message

import (
	"errors"
	"testing"

	"github.com/restante/restante"
)

func TestCharsetDecoder(t *testing.T) {
	for _, name := range []string{
		"US-ASCII", "UTF-8", "UTF-16", "ISO-8859-1", "ISO-8859-2", "ISO-8859-5", "ISO-8859-7",
		"ISO-8859-9", "ISO-8859-15", "WINDOWS-1250", "WINDOWS-1251", "WINDOWS-1252", "KOI8-R",
		"KOI8-U", "BIG5", "GB2312", "GBK", "GB18030", "EUC-JP", "ISO-2022-JP", "SHIFT_JIS", "EUC-KR",
	} {
		if _, err := CharsetDecoder(name); err != nil {
			t.Error(err)
		}
	}
	for _, c := range []struct{ name, in, want string }{
		{"iso-8859-1", "\xfc", "ü"},
		{" UTF-8", "ü", "ü"},
		{"latin1", "\xe9", "é"},
		{"ansi_x3.4-1968", "a", "a"},
		{"cp1250", "\xb9", "ą"},
		{"CP-850", "\x81", "ü"},
		{"ms932", "\x93\xfa", "日"},
		{"windows-936", "\xc4\xe3", "你"},
		{"ks_c_5601-1987", "\xb0\xa1", "가"},
		{"hz-gb-2312", "~{Dc~}", "你"},
		{"ibm437", "\x81", "ü"},
		{"UTF-32", "\x00\x00\x00\xfc", "ü"},
		{"utf-32", "\xff\xfe\x00\x00\xfc\x00\x00\x00", "ü"},
		{"utf-32le", "\xfc\x00\x00\x00", "ü"},
		{"utf-32be", "\x00\x00\x00\xfc", "ü"},
	} {
		d, err := CharsetDecoder(c.name)
		if err != nil {
			t.Error(err)
			continue
		}
		if got, err := d.String(c.in); err != nil || got != c.want {
			t.Errorf("%s: got %q %v, want %q", c.name, got, err, c.want)
		}
	}
	for _, name := range []string{"", "x-unknown", "unknown-8bit", "iso-2022-kr", "cp", "cp99999"} {
		if _, err := CharsetDecoder(name); !errors.Is(err, restante.ErrUnknownCharset) {
			t.Errorf("%q: got %v", name, err)
		}
	}
}
