package message

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPreview(t *testing.T) {
	const html = "Content-Type: text/html\n\n"
	long := strings.Repeat("lorem ipsum ", 30)
	for _, c := range []struct{ what, in, want string }{
		{"plain", "A: b\n\nHello\nthere,\n\n  you. \n", "Hello there, you."},
		{"nothing", "A: b\n\n", ""},
		{"long", "A: b\n\n" + long, strings.TrimSpace(long[:PreviewLength])},
		{"umlauts are one character each", "A: b\n\n" + strings.Repeat("ü", 300), strings.Repeat("ü", 200)},
		{"a mark stays with its letter", "A: b\n\n" + strings.Repeat("x", 199) + "u\u0308", strings.Repeat("x", 199)},
		{"latin 1", "Content-Type: text/plain; charset=iso-8859-1\n\nsch\xf6n", "schön"},
		{"quoted-printable", "Content-Transfer-Encoding: quoted-printable\nContent-Type: text/plain; charset=utf-8\n\nsch=C3=B6=\nn", "schön"},
		{"base64", "Content-Transfer-Encoding: base64\n\nSGVsbG8s\nIHdvcmxk", "Hello, world"},
		{"unknown encoding", "Content-Transfer-Encoding: x-foo\n\nSGVsbG8s", ""},
		{"controls", "A: b\n\na\x00b\x1b[1m\u202ec\u200bd", "ab[1mcd"},
		// What the sender wrote
		{"reply below", "A: b\n\nOn Monday, Ann wrote:\n> Lunch?\n> Ann\n\nYes.\n", "Yes."},
		{"attribution of two lines", "A: b\n\nOn Monday, at 10:00,\nAnn <ann@example.org> wrote:\n\n> Lunch?\nYes.\n", "Yes."},
		{"reply above", "A: b\n\nYes.\n\nAm Montag schrieb Ann:\n> Lunch?\n", "Yes."},
		{"not an attribution", "A: b\n\nWe need:\nbread\n", "We need: bread"},
		{"signature", "A: b\n\nYes.\n-- \nBob\n", "Yes."},
		{"only a signature", "A: b\n\n-- \nBob\n", "Bob"},
		{"only quoted", "A: b\n\n> one\n>> two\n", "one two"},
		{"rules", "A: b\n\n=====\nNews\n*****\n- item\n", "News - item"},
		{"Outlook", "A: b\n\nYes.\n\n-----Original Message-----\nFrom: Ann\nLunch?\n", "Yes."},
		{"forwarded", "A: b\n\n-----Weitergeleitete Nachricht-----\nVon: Ann\nBetreff: x\n\nLunch?\n", "Lunch?"},
		{"DelSp", "Content-Type: text/plain; format=flowed; delsp=yes\n\na \nb\n", "ab"},
		// Secrets
		{"PGP", "A: b\n\n-----BEGIN PGP MESSAGE-----\n\nhQEMA\n", ""},
		{"PGP signed", "A: b\n\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nYes.\n- --\n-----BEGIN PGP SIGNATURE-----\n\niQ\n", "Yes."},
		{"PGP/MIME", "Content-Type: multipart/encrypted; boundary=b\n\n--b\nContent-Type: text/plain\n\nVersion: 1\n--b--\n", ""},
		{"S/MIME", "Content-Type: application/pkcs7-mime\n\nMIAG", ""},
		// HTML
		{"html", html + "<title>no</title><style>p{}</style><p>w<b>o</b>rd<br>two&amp;&nbsp;three<script>x</script></p><p>four", "word two& three four"},
		{"blockquote", html + "<p>Yes.</p><blockquote>Lunch?<blockquote>deep</blockquote> more</blockquote>Bye", "Yes. Bye"},
		{"Gmail", html + `<div>Yes.</div><div class="gmail_quote"><div class="gmail_attr">On Monday</div><div>Lunch?</div></div>`, "Yes."},
		{"Outlook HTML", html + `<p>Yes.</p><div id="divRplyFwdMsg">From: Ann</div><p>Lunch?</p>`, "Yes."},
		{"only quoted HTML", html + "<blockquote>Lunch?</blockquote>", "Lunch?"},
		{"preheader", html + "<span>Offer\u034f\u200c \u200c \u200c &zwnj;&nbsp;</span><p>Text", "Offer Text"},
		{"unclosed", html + "<p>a<b", "a"},
		// Parts
		{"alternative", alternative("plain", "<p>html"), "plain"},
		{"empty alternative", alternative(" ", "<p>html"), "html"},
		{"attachment first", mixed("Content-Type: text/plain\nContent-Disposition: attachment\n\nlog", "Content-Type: text/plain\n\ntext"), "text"},
		{"only an attachment", mixed("Content-Type: text/plain\nContent-Disposition: attachment\n\nlog", "Content-Type: image/gif\n\nx"), ""},
		{"behind an image", mixed("Content-Type: image/gif\n\n"+strings.Repeat("x\n", 300_000), "\ntext"), "text"},
		{"message", mixed("Content-Type: message/rfc822\n\nSubject: x\n\ninner"), "inner"},
		{"calendar", mixed("Content-Type: text/calendar\n\nBEGIN:VCALENDAR"), ""},
		{"no boundary", "Content-Type: multipart/mixed; boundary=b\n\ntext\n", "text"},
	} {
		for _, in := range []string{c.in, crlf(c.in)} {
			got := string(Parse([]byte(in)).AppendPreview(nil))
			if got != c.want {
				t.Errorf("%s: got %q, want %q", c.what, got, c.want)
			}
			s := Summary(Parse([]byte(in)).AppendSummary(nil))
			if text, ok := s.Preview(); !ok || string(text) != got || s.Valid() != nil {
				t.Errorf("%s: summary has %q %v", c.what, text, ok)
			}
		}
	}
}

func mixed(parts ...string) string {
	return "Content-Type: multipart/mixed; boundary=b\n\n--b\n" + strings.Join(parts, "\n--b\n") + "\n--b--\n"
}

func alternative(plain, html string) string {
	return "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n" + plain +
		"\n--b\nContent-Type: text/html\n\n" + html + "\n--b--\n"
}

// FuzzPreview holds that every preview is UTF-8 on one line and short, however
// the message comes in pieces.
func FuzzPreview(f *testing.F) {
	f.Add([]byte(alternative("plain", "<p>html")), 7)
	f.Add([]byte("Content-Type: text/html\n\n<blockquote><div class=gmail_quote>x"), 1)
	f.Add([]byte("Content-Type: multipart/mixed; boundary=b\n\ntext\n"), 3)
	f.Fuzz(func(t *testing.T, in []byte, piece int) {
		got := Parse(in).AppendPreview(nil)
		if !utf8.Valid(got) || utf8.RuneCount(got) > PreviewLength || strings.ContainsAny(string(got), "\r\n\x00") {
			t.Fatalf("%q", got)
		}
		p := NewParser(Limits{})
		for rest := in; len(rest) > 0; {
			n := min(len(rest), max(1, piece))
			_, _ = p.Write(rest[:n])
			rest = rest[n:]
		}
		if again := p.Finish().AppendPreview(nil); string(again) != string(got) {
			t.Fatalf("%q, in pieces %q", got, again)
		}
	})
}

func BenchmarkPreview(b *testing.B) {
	m := Parse([]byte(alternative(strings.Repeat("lorem ipsum\n", 400), "<p>html")))
	b.ReportAllocs()
	var dst []byte
	for b.Loop() {
		dst = m.AppendPreview(dst[:0])
	}
}
