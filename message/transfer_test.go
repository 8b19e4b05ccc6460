package message

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime/quotedprintable"
	"strings"
	"testing"
	"testing/iotest"
)

func decodeAll(t *testing.T, e Encoding, in string) string {
	t.Helper()
	var first string
	for i, r := range []io.Reader{strings.NewReader(in), iotest.OneByteReader(strings.NewReader(in)), iotest.HalfReader(strings.NewReader(in))} {
		dec, err := DecodeTransfer(e, r)
		if err != nil {
			t.Fatal(err)
		}
		out, err := io.ReadAll(dec)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = string(out)
		} else if string(out) != first {
			t.Errorf("%q: pieces give %q, the whole %q", in, out, first)
		}
	}
	return first
}

func TestDecodeTransfer(t *testing.T) {
	for _, c := range []struct {
		e        Encoding
		in, want string
	}{
		{Encoding7Bit, "a=\r\nb", "a=\r\nb"},
		{EncodingBinary, "\x00\xff", "\x00\xff"},
		{EncodingBase64, "SGVsbG8s\r\nIHdvcmxk\r\n", "Hello, world"},
		{EncodingBase64, "SGVsbG8=", "Hello"},
		{EncodingBase64, "SGVsbG8", "Hello"},
		{EncodingBase64, "SG=SGVsbG8=SGVsbG8=", "HHelloHello"},
		{EncodingBase64, "S G\x00V!s\nb G8\r\n=\r\n", "Hello"},
		{EncodingBase64, "SGVsbG8=\r\n-- \r\n", "Hello\xfb"},
		{EncodingBase64, "S", ""},
		{EncodingBase64, "", ""},
		{EncodingQuotedPrintable, "a=3D=3d=\r\nb", "a==b"},
		{EncodingQuotedPrintable, "a=\nb= \t\r\nc", "abc"},
		{EncodingQuotedPrintable, "trailing \t\r\nnext  \nend  ", "trailing\r\nnext\nend"},
		{EncodingQuotedPrintable, "a b  c\td", "a b  c\td"},
		{EncodingQuotedPrintable, "=XY =4 =", "=XY =4 "},
		{EncodingQuotedPrintable, "=C3=BC\xfc", "ü\xfc"},
		{EncodingQuotedPrintable, "a =\r\nb", "a b"},
		{EncodingQuotedPrintable, "a\r\r\nb=\rc", "a\r\r\nb=\rc"},
		{EncodingQuotedPrintable, "==41=", "=A"},
		{EncodingQuotedPrintable, "a=\r\r\nb= \r\r\nc", "abc"},
		{EncodingQuotedPrintable, "a=\r b=\r\rc", "a=\r b=\r\rc"},
		{EncodingUU, "x\r\nbegin 644 a.txt\r\n%2&5L;&\\\r\n`\r\nend\r\ny\r\n", "Hello"},
		{EncodingUU, "begin 644 a\n#0V%T\nend", "Cat"},
		{EncodingUU, "no", ""},
	} {
		if got := decodeAll(t, c.e, c.in); got != c.want {
			t.Errorf("%d %q: got %q, want %q", c.e, c.in, got, c.want)
		}
	}
	if _, err := DecodeTransfer(EncodingUnknown, nil); !errors.Is(err, ErrUnknownEncoding) {
		t.Errorf("got %v", err)
	}
	boom := errors.New("boom")
	r, _ := DecodeTransfer(EncodingBase64, io.MultiReader(strings.NewReader("SGVs"), iotest.ErrReader(boom)))
	if b, err := io.ReadAll(r); string(b) != "Hel" || !errors.Is(err, boom) {
		t.Errorf("got %q %v", b, err)
	}
}

func TestParseEncoding(t *testing.T) {
	for in, want := range map[string]Encoding{
		"": Encoding7Bit, "7BIT": Encoding7Bit, "8bit": Encoding8Bit, "Binary": EncodingBinary, "BASE64": EncodingBase64,
		"Quoted-Printable": EncodingQuotedPrintable, "x-uuencode": EncodingUU, "gzip": EncodingUnknown,
		strings.Repeat("x", 100): EncodingUnknown,
	} {
		if got := ParseEncoding(in); got != want {
			t.Errorf("%q: got %d, want %d", in, got, want)
		}
	}
}

func FuzzTransfer(f *testing.F) {
	f.Add([]byte("Hello  \r\n=\x00ü"), 3)
	f.Add([]byte("begin 644 a\n#0V%T\nend"), 1)
	f.Fuzz(func(t *testing.T, in []byte, cut int) {
		at := int(uint(cut) % uint(len(in)+1))
		for e := range encodingLast {
			var out [2][]byte
			for i, r := range []io.Reader{bytes.NewReader(in), io.MultiReader(bytes.NewReader(in[:at]), iotest.OneByteReader(bytes.NewReader(in[at:])))} {
				d, err := DecodeTransfer(e, r)
				if err != nil {
					t.Fatal(err)
				}
				if out[i], err = io.ReadAll(d); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(out[0], out[1]) || len(out[0]) > len(in) {
				t.Fatalf("%d: %q and %q", e, out[0], out[1])
			}
		}
		// What good encoders write comes back.
		enc := base64.StdEncoding.EncodeToString(in)
		if got := appendBase64(nil, []byte(enc)); !bytes.Equal(got, in) {
			t.Fatalf("base64: %q gives %q", in, got)
		}
		var qp bytes.Buffer
		w := quotedprintable.NewWriter(&qp)
		w.Binary = true
		_, _ = w.Write(in)
		_ = w.Close()
		var d quotedPrintableDecoder
		if got := d.finish(d.append(nil, qp.Bytes())); !bytes.Equal(got, in) {
			t.Fatalf("quoted-printable: %q as %q gives %q", in, qp.String(), got)
		}
	})
}

func TestDecodeText(t *testing.T) {
	html := PartInfo{Type: "text", Subtype: "html", Charset: "utf-8"}
	plain := func(charset string) PartInfo { return PartInfo{Type: "text", Subtype: "plain", Charset: charset} }
	for _, c := range []struct {
		part     PartInfo
		in, want string
	}{
		{plain("utf-8"), "grün €", "grün €"},
		{plain("us-ascii"), "gr\xfcn", "grün"},
		{plain(""), "a\xe2\x82\xacb\xe2\x82", "a€bâ‚"},
		{plain("iso-8859-15"), "\xa4", "€"},
		{plain("x-nonsense"), "\x80", "€"},
		{plain("utf-16le"), "a\x00\xac\x20", "a€"},
		{plain("shift_jis"), "\x93\xfa\x96\x7b", "日本"},
		{plain("utf-7"), "Gr+APwA3w-e, +-1 +2D3eAA +ZeVnLIqeAH4-", "Grüße, +1 😀 日本語~"},
		{PartInfo{Type: "text", Subtype: "plain", Encoding: EncodingQuotedPrintable, Charset: "iso-8859-1"}, "=FC", "ü"},
		{PartInfo{Type: "text", Subtype: "plain", Encoding: EncodingBase64}, "w7w=", "ü"},
		{PartInfo{Type: "text", Subtype: "plain", Encoding: EncodingUnknown}, "w7w=", "w7w="},
		{html, "<p>a w<b>o</b>rd<br>x</p>", "\na word\nx\n"},
		{html, "a&amp;b &lt;c&gt; &uuml;&#8364;&#x20ac; &nbsp;| &bogus; & &amp", "a&b <c> ü€€  | &bogus; & &"},
		{html, "<script>if (a<b) '</p>' && x</script >y<STYLE a='>'>p{}</style>z", "yz"},
		{html, `<a href="x>y" title='>'>link</a>`, "link"},
		{html, "<!-- a > b -- c -->x<!doctype html>y<!-->z<?xml a?>w", "xyzw"},
		{html, "1 < 2 and 3 <4 </ x", "1 < 2 and 3 "},
		{html, "cut <b", "cut "},
		{html, "a <script>never closed </p>", "a "},
	} {
		for i, r := range []io.Reader{strings.NewReader(c.in), iotest.OneByteReader(strings.NewReader(c.in))} {
			out, err := io.ReadAll(DecodeText(c.part, r))
			if err != nil || string(out) != c.want {
				t.Errorf("%d: %+v %q: got %q %v, want %q", i, c.part, c.in, out, err, c.want)
			}
		}
	}
}

func FuzzDecodeText(f *testing.F) {
	f.Add([]byte("<p>a &amp; <script>b</script> gr\xfc"), 5, "utf-8")
	f.Add([]byte("<!-- --><a href='"), 2, "iso-8859-1")
	f.Add([]byte("gr+APwA3w-e +2D3eAA +- \xfc+2D0"), 3, "utf-7")
	f.Fuzz(func(t *testing.T, in []byte, cut int, charset string) {
		at := int(uint(cut) % uint(len(in)+1))
		part := PartInfo{Type: "text", Subtype: "html", Charset: charset}
		whole, err := io.ReadAll(DecodeText(part, bytes.NewReader(in)))
		if err != nil {
			t.Fatal(err)
		}
		pieces, err := io.ReadAll(DecodeText(part, io.MultiReader(bytes.NewReader(in[:at]), iotest.OneByteReader(bytes.NewReader(in[at:])))))
		if err != nil || !bytes.Equal(whole, pieces) {
			t.Fatalf("%q and %q, %v", whole, pieces, err)
		}
	})
}
