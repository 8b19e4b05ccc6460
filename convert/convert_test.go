package convert

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/HugoSmits86/nativewebp"
)

// source gives a source of content that is there.
func source(mediaType, charset, content string) Source {
	return Source{Type: mediaType, Charset: charset, Open: func() (io.Reader, error) { return strings.NewReader(content), nil }}
}

func params(pairs ...string) (all []Param) {
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, Param{pairs[i], pairs[i+1]})
	}
	return all
}

func TestText(t *testing.T) {
	c := New(Options{})
	for _, k := range []struct {
		what, from, charset, in string
		to                      string
		params                  []Param
		want                    string // "!" and a text that the error must have
	}{
		{"default", "text/plain", "iso-8859-1", "sch\xf6n\n", "", nil, "schön\r\n"},
		{"iso-8859-2", "text/plain", "iso-8859-2", "\xb1", "text/plain", params("charset", "utf-8"), "ą"},
		{"iso-8859-3", "text/plain", "iso-8859-3", "\xa1", "text/plain", params("charset", "utf-8"), "Ħ"},
		{"iso-8859-4", "text/plain", "iso-8859-4", "\xa1", "text/plain", params("charset", "utf-8"), "Ą"},
		{"iso-8859-5", "text/plain", "iso-8859-5", "\xd0", "text/plain", params("charset", "utf-8"), "а"},
		{"iso-8859-6", "text/plain", "iso-8859-6", "\xc7", "text/plain", params("charset", "utf-8"), "ا"},
		{"iso-8859-7", "text/plain", "iso-8859-7", "\xe1", "text/plain", params("charset", "utf-8"), "α"},
		{"iso-8859-8", "text/plain", "iso-8859-8", "\xe0", "text/plain", params("charset", "utf-8"), "א"},
		{"iso-8859-15", "text/plain", "iso-8859-15", "\xa4", "text/plain", params("charset", "utf-8"), "€"},
		{"to latin 1", "text/plain", "utf-8", "schön", "text/plain", params("charset", "ISO-8859-1"), "sch\xf6n"},
		{"latin 1 is not windows-1252", "text/plain", "utf-8", "5 €", "text/plain", params("charset", "iso-8859-1"), "!not in this charset"},
		{"windows-1252", "text/plain", "utf-8", "5 €", "text/plain", params("charset", "windows-1252"), "5 \x80"},
		{"stateful", "text/plain", "utf-8", "日本€", "text/plain", params("charset", "iso-2022-jp", "unknown-character-replacement", "??"), "\x1b$BF|K\\\x1b(B??"},
		{"UTF-16", "text/plain", "utf-8", "a\n", "text/plain", params("charset", "utf-16be"), "\x00a\x00\r\x00\n"},
		{"no ASCII", "text/plain", "utf-8", "schön", "text/plain", params("charset", "us-ascii"), "!not in this charset"},
		{"replaced", "text/plain", "utf-8", "schön €", "text/plain", params("charset", "us-ascii", "unknown-character-replacement", "(?)"), "sch(?)n (?)"},
		{"left out", "text/plain", "utf-8", "schön", "text/plain", params("charset", "us-ascii", "unknown-character-replacement", ""), "schn"},
		{"bad replacement", "text/plain", "utf-8", "a", "text/plain", params("charset", "us-ascii", "unknown-character-replacement", "¿"), "!replacement"},
		{"long replacement", "text/plain", "utf-8", "a", "text/plain", params("unknown-character-replacement", "<bad>"), "!limited to 4 bytes"},
		{"unknown charset", "text/plain", "utf-8", "a", "text/plain", params("charset", "klingon"), "!unknown or wrong"},
		{"twice", "text/plain", "utf-8", "a", "text/plain", params("charset", "utf-8", "charset", "utf-8"), "!unknown or wrong"},
		{"irrelevant", "text/plain", "utf-8", "a", "", params("pix-x", "5"), "!unknown or wrong"},
		{"impossible", "text/plain", "utf-8", "a", "application/pdf", nil, "!not possible"},
		{"unknown source", "application/octet-stream", "", "a", "", nil, "!not possible"},
		{"HTML keeps all", "text/html", "utf-8", "<p>5 €", "text/html", params("charset", "us-ascii"), "<p>5 &#8364;"},
		{"HTML names its charset", "text/html", "us-ascii", "<meta charset=iso-8859-5><p>\xd0", "", nil, "а\r\n"},
		{"long", "text/plain", "", strings.Repeat("a", 4<<20+1), "", nil, "!too large"},
	} {
		r, err := c.Convert(t.Context(), source(k.from, k.charset, k.in), Request{Target: k.to, Params: k.params})
		if want, fails := strings.CutPrefix(k.want, "!"); fails {
			if e, is := As(err); !is || !strings.Contains(e.Text, want) {
				t.Errorf("%s: %v, want %q", k.what, err, want)
			}
			continue
		}
		if err != nil || string(r.Body) != k.want {
			t.Errorf("%s: got %q, %v, want %q", k.what, r.Body, err, k.want)
		}
	}
}

func TestHTML(t *testing.T) {
	for _, k := range []struct{ in, want string }{
		{"", ""},
		{"<h1>Title</h1><p>One\n two</p><p>three<br>four</p>", "Title\n\nOne two\n\nthree\nfour\n"},
		{"<ul><li>a<li>b<ul><li>c</ul></ul>", "* a\n* b\n  * c\n"},
		{"<ol start=3><li>a<li>b</ol>", "3. a\n4. b\n"},
		{"<table><tr><th>A<th>B<tr><td>1<td>2</table>", "A | B\n1 | 2\n"},
		{"<blockquote>a<p>b</blockquote>c", "> a\n\n> b\n\nc\n"},
		{`<a href="https://example.org/x">here</a> <a href="mailto:a@b">a@b</a>`, "here <https://example.org/x> a@b\n"},
		{"<pre>a\n  b\n</pre>c", "a\n  b\n\nc\n"},
		{"<head><title>x</title></head><script>y</script><style>z</style>w<b>o</b>rd&nbsp;&lt;", "word <\n"},
		{`<img alt="a cat">`, "a cat\n"},
		{"a<hr>b", "a\n--------\nb\n"},
	} {
		got, err := plainOf(t.Context(), []byte(k.in))
		if err != nil || string(got) != k.want {
			t.Errorf("%q: got %q, %v, want %q", k.in, got, err, k.want)
		}
	}
}

// TestHostileHTML holds that elements which a parser makes anew in each paragraph cost
// no more than what was reckoned.
func TestHostileHTML(t *testing.T) {
	var words, attributes strings.Builder
	for i := range 300 {
		fmt.Fprintf(&words, "<b id=%d>", i)
		fmt.Fprintf(&attributes, " a%d=x", i)
	}
	const paragraphs = 3000
	many := strings.Repeat("<p>x</p>", paragraphs)
	for what, document := range map[string]string{
		"words":      "<p>" + words.String() + "</p>" + many,
		"in text":    "<p>" + strings.ReplaceAll(words.String(), "<b ", "<<i>b ") + "</p>" + many,
		"in a style": "<svg><style><p>" + words.String() + "</p></style></svg>" + many,
		"attributes": "<p><a href=y" + attributes.String() + "></p>" + many,
		"one text":   strings.Repeat("x</q>", 8*paragraphs),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := plainOf(t.Context(), []byte(document))
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; err != nil || took > 2*htmlMemory*uint64(len(document)) {
			t.Errorf("%s: %d bytes took %d, %v", what, len(document), took, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := New(Options{}).Convert(ctx, source(typeHTML, "", many), Request{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// picture is red on the left and clear on the right.
func picture(w, h int) *image.NRGBA {
	p := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w / 2 {
			p.Set(x, y, color.NRGBA{200, 0, 0, 255})
		}
	}
	return p
}

func encoded(t testing.TB, mediaType string, img image.Image) string {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch mediaType {
	case typePNG:
		err = png.Encode(&b, img)
	case typeGIF:
		err = writeGIF(&b, img)
	case typeWebP:
		err = nativewebp.Encode(&b, img, nil)
	default:
		err = jpeg.Encode(&b, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestImages(t *testing.T) {
	c := New(Options{})
	for _, from := range imageTypes {
		src := source(from, "", encoded(t, from, picture(40, 20)))
		for _, to := range imageTypes {
			for _, k := range []struct {
				params []Param
				want   image.Point
			}{
				{nil, image.Pt(40, 20)},
				{params("pix-x", "20"), image.Pt(20, 10)},
				{params("pix-y", "5"), image.Pt(10, 5)},
				{params("pix-x", "16", "pix-y", "30"), image.Pt(16, 30)},
			} {
				r, err := c.Convert(t.Context(), src, Request{Target: to, Params: k.params})
				if err != nil || r.Type != to {
					t.Fatalf("%s to %s: %s, %v", from, to, r.Type, err)
				}
				img, err := formatOf(to).decode(bytes.NewReader(r.Body))
				if err != nil {
					t.Fatalf("%s to %s %v: %v", from, to, k.params, err)
				}
				if img.Bounds().Size() != k.want {
					t.Errorf("%s to %s %v: %v", from, to, k.params, img.Bounds())
				}
				red, _, _, _ := img.At(1, 1).RGBA()
				if red < 0x9000 {
					t.Errorf("%s to %s %v: not red any more", from, to, k.params)
				}
				if _, g, _, a := img.At(k.want.X-2, 1).RGBA(); from != typeJPEG && (to == typeJPEG && g < 0xd000 || (to == typePNG || to == typeWebP) && a > 0x3000) {
					t.Errorf("%s to %s %v: what was clear is %v", from, to, k.params, img.At(k.want.X-2, 1))
				}
			}
		}
	}
	if r, err := c.Convert(t.Context(), source(typePNG, "", encoded(t, typePNG, picture(4, 4))), Request{}); err != nil || r.Type != typeJPEG {
		t.Errorf("by default %s, %v", r.Type, err)
	}
	if r, err := New(Options{Image: WebP}).Convert(t.Context(), source(typePNG, "", encoded(t, typePNG, picture(4, 4))), Request{}); err != nil || r.Type != typeWebP {
		t.Errorf("with WebP as default %s, %v", r.Type, err)
	}
}

// TestTurned holds that a photo whose EXIF says that it lies is turned.
func TestTurned(t *testing.T) {
	// APP1 with one tag: orientation 6.
	exif := "Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"
	file := encoded(t, typeJPEG, picture(40, 20))
	file = file[:2] + "\xff\xe1" + string([]byte{0, byte(len(exif) + 2)}) + exif + file[2:]
	r, err := New(Options{}).Convert(t.Context(), source(typeJPEG, "", file), Request{Target: typePNG, Params: params("pix-x", "10")})
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(r.Body))
	if err != nil || img.Bounds().Size() != image.Pt(10, 20) {
		t.Fatalf("%v, %v", img.Bounds(), err)
	}
	top, _, _, _ := img.At(5, 2).RGBA()
	_, bottom, _, _ := img.At(5, 17).RGBA()
	if top < 0x9000 || bottom > 0x3000 {
		t.Errorf("the left side, red, is not on top: %v, %v", img.At(5, 2), img.At(5, 17))
	}
	for n := turn(1); n <= 8; n++ {
		back := n
		if n == 6 || n == 8 {
			back = 14 - n
		}
		p := picture(5, 3)
		p.Set(1, 0, color.NRGBA{1, 2, 3, 255})
		if got := back.apply(n.apply(p)).(*image.NRGBA); !bytes.Equal(got.Pix, p.Pix) {
			t.Errorf("turn %d and back is not the same", n)
		}
	}
}

// TestHostileImages holds that an image that is small as a file and large as a
// picture is refused before it is decoded.
func TestHostileImages(t *testing.T) {
	c := New(Options{Limits: Limits{Memory: 8 << 20, Image: 1 << 20}})
	big := encoded(t, typePNG, image.NewPaletted(image.Rect(0, 0, 10_000, 10_000), color.Palette{color.Black}))
	_, err := c.Convert(t.Context(), source(typePNG, "", big), Request{})
	if e, is := As(err); !is || !strings.Contains(e.Text, "too large") {
		t.Errorf("large: %v", err)
	}
	small := source(typePNG, "", encoded(t, typePNG, picture(4, 4)))
	for _, p := range [][]Param{params("pix-x", "16383", "pix-y", "16383"), params("pix-y", "16384"), params("pix-x", "0"), params("pix-x", "1e3")} {
		if _, err := c.Convert(t.Context(), small, Request{Params: p}); err == nil {
			t.Errorf("%v: no error", p)
		}
	}
	for _, broken := range []string{"", "x", big[:60]} {
		if _, err := c.Convert(t.Context(), source(typePNG, "", broken), Request{}); err == nil {
			t.Errorf("%q: no error", broken)
		}
	}
	if err := c.memory.Acquire(t.Context(), 8<<20); err != nil { // all is given back
		t.Fatal(err)
	}
}

func TestTime(t *testing.T) {
	c := New(Options{Limits: Limits{Time: time.Millisecond}})
	src := source(typePNG, "", encoded(t, typePNG, picture(4, 4)))
	if err := c.memory.Acquire(t.Context(), c.options.Limits.Memory); err != nil {
		t.Fatal(err)
	}
	_, err := c.Convert(t.Context(), src, Request{})
	if e, is := As(err); !is || e.Kind != TempFail {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Convert(ctx, src, Request{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func FuzzConvert(f *testing.F) {
	f.Add("text/html", "utf-8", "<table><ol><li>x<pre>\n</pre><blockquote>y", "text/plain", "us-ascii")
	f.Add("image/png", "", encoded(f, typePNG, picture(3, 3)), "image/webp", "")
	f.Add("image/gif", "", encoded(f, typeGIF, picture(3, 3)), "image/jpeg", "")
	c := New(Options{Limits: Limits{Memory: 4 << 20, Text: 64 << 10}})
	f.Fuzz(func(t *testing.T, from, charset, content, to, target string) {
		r := Request{Target: to}
		if target != "" {
			r.Params = params("charset", target)
		}
		_, err := c.Convert(t.Context(), source(from, charset, content), r)
		if err == nil && c.memory.TryAcquire(4<<20) {
			c.memory.Release(4 << 20)
		} else if _, is := As(err); !is {
			t.Fatalf("error %v, or memory is not given back", err)
		}
	})
}
