package message

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/restante/restante"
)

// sectionMessage has the structure of the example in RFC 9051 §6.4.5.1.
const sectionMessage = `Subject: top
Content-Type: multipart/mixed; boundary=a

--a
X: 1

one
--a
Content-Type: application/octet-stream
Content-Transfer-Encoding: base64

AAAA
--a
Content-Type: message/rfc822

Subject: three
Content-Type: multipart/mixed; boundary=b

--b
X: 3.1

three.one
--b
Content-Type: application/octet-stream

three.two
--b--
--a
Content-Type: multipart/mixed; boundary=c

--c
Content-Type: image/gif
X: 4.1

four.one
--c
Content-Type: message/rfc822

Subject: four.two
Content-Type: multipart/mixed; boundary=d

--d

four.two.one
--d
Content-Type: multipart/alternative; boundary=e

--e

four.two.two.one
--e
Content-Type: text/richtext; charset=UTF-8

four.two.two.two
--e--
--d--
--c--
--a
Content-Type: message/rfc822

Subject: five

five.one
--a--
`

func TestSummaryPart(t *testing.T) {
	raw := []byte(sectionMessage)
	s := Summary(Parse(raw).AppendSummary(nil))
	text := func(r Range) string { return string(raw[r.Start:r.End]) }
	for _, c := range []struct {
		path             []int
		typ, mime, body  string // mime and body are what they start with
		header, bodyText string // of a message
	}{
		{[]int{}, "message/rfc822", "Subject: top", "Subject: top", "Subject: top", "--a\nX: 1"},
		{[]int{1}, "text/plain", "X: 1\n\n", "one", "", ""},
		{[]int{2}, "application/octet-stream", "Content-Type: application", "AAAA", "", ""},
		{[]int{3}, "message/rfc822", "Content-Type: message", "Subject: three", "Subject: three", "--b"},
		{[]int{3, 1}, "text/plain", "X: 3.1", "three.one", "", ""},
		{[]int{3, 2}, "application/octet-stream", "Content-Type", "three.two", "", ""},
		{[]int{4}, "multipart/mixed", "Content-Type", "--c", "", ""},
		{[]int{4, 1}, "image/gif", "Content-Type: image/gif\nX: 4.1\n\n", "four.one", "", ""},
		{[]int{4, 2}, "message/rfc822", "Content-Type: message/rfc822\n\n", "Subject: four.two", "Subject: four.two", "--d"},
		{[]int{4, 2, 1}, "text/plain", "\n", "four.two.one", "", ""},
		{[]int{4, 2, 2}, "multipart/alternative", "Content-Type", "--e", "", ""},
		{[]int{4, 2, 2, 1}, "text/plain", "\n", "four.two.two.one", "", ""},
		{[]int{4, 2, 2, 2}, "text/richtext", "Content-Type", "four.two.two.two", "", ""},
		{[]int{5}, "message/rfc822", "Content-Type", "Subject: five", "Subject: five\n\n", "five.one"},
		{[]int{5, 1}, "text/plain", "Subject: five\n\n", "five.one", "", ""},
	} {
		p, ok := s.Part(c.path)
		if !ok {
			t.Errorf("%v: no such part", c.path)
			continue
		}
		for _, part := range []struct{ what, got, want string }{
			{"type", p.Type + "/" + p.Subtype, c.typ}, {"MIME", text(p.MIME), c.mime}, {"body", text(p.Body), c.body},
			{"header", text(p.Header), c.header}, {"text", text(p.Text), c.bodyText},
		} {
			if !strings.HasPrefix(part.got, part.want) || part.want == "" && part.got != "" {
				t.Errorf("%v: %s is %q, want %q", c.path, part.what, part.got, part.want)
			}
		}
		if p.HasMessage() != (c.header != "") {
			t.Errorf("%v: HasMessage is %v", c.path, p.HasMessage())
		}
	}
	for _, path := range [][]int{{0}, {6}, {-1}, {1, 1}, {3, 3}, {3, 0}, {4, 2, 2, 3}, {5, 2}, {5, 1, 1}, {1 << 60}} {
		if p, ok := s.Part(path); ok {
			t.Errorf("%v: got %+v", path, p)
		}
	}
	if p, _ := s.Part([]int{4, 2, 2, 2}); p.Charset != "UTF-8" {
		t.Errorf("charset is %q", p.Charset)
	}
	if p, _ := s.Part([]int{2}); p.Encoding != EncodingBase64 {
		t.Errorf("encoding is %v", p.Encoding)
	}
}

func TestSummaryPartOfPlainMessage(t *testing.T) {
	raw := []byte("A: b\r\n\r\nbody")
	s := Summary(Parse(raw).AppendSummary(nil))
	p, ok := s.Part([]int{1})
	if !ok || p.Body != (Range{8, 12}) || p.MIME != (Range{0, 8}) || p.HasMessage() {
		t.Errorf("got %+v %v", p, ok)
	}
	for _, path := range [][]int{{2}, {1, 1}} {
		if _, ok := s.Part(path); ok {
			t.Errorf("%v exists", path)
		}
	}
	// A message that is itself a message/rfc822.
	raw = []byte("Content-Type: message/rfc822\n\nSubject: in\n\nx")
	s = Summary(Parse(raw).AppendSummary(nil))
	if p, ok := s.Part([]int{1}); !ok || !p.HasMessage() || string(raw[p.Header.Start:p.Header.End]) != "Subject: in\n\n" {
		t.Errorf("got %+v %v", p, ok)
	}
	if p, ok := s.Part([]int{1, 1}); !ok || string(raw[p.Body.Start:p.Body.End]) != "x" {
		t.Errorf("got %+v %v", p, ok)
	}
}

func TestSummaryFields(t *testing.T) {
	raw := []byte(crlf(`Date: Fri, 21 Nov 1997 09:55:06 -0600
From: =?utf-8?q?J=C3=B6rg?= <joerg@example.com>, b@x
To: Group: A <a@y>;
Cc: carol@example.net
Bcc: =?utf-8?q?B=C3=BCb?= <bub@x>
Subject: Re: [list] =?utf-8?q?gr=C3=BCn?=
Message-ID: <"1.2"@example.com> (x)
In-Reply-To: Your message of Friday <0@x> "and <1@x>"
References: <a@x><b@x> junk
 < c @x> <open

`))
	s := Summary(Parse(raw).AppendSummary([]byte{}))
	list := func(seq func(func([]byte) bool)) (out []string) {
		for id := range seq {
			out = append(out, string(id))
		}
		return out
	}
	for _, c := range []struct{ what, got, want string }{
		{"from", string(s.FromText()), "Jörg <joerg@example.com>, b@x"},
		{"to", string(s.ToText()), "Group: A <a@y>;"},
		{"cc", string(s.CcText()), "carol@example.net"},
		{"bcc", string(s.BccText()), "Büb <bub@x>"},
		{"subject", string(s.Subject()), "Re: [list] grün"},
		{"base subject", string(s.BaseSubject()), "grün"},
		{"from mailbox", string(s.FromMailbox()), "joerg"},
		{"to mailbox", string(s.ToMailbox()), "Group"},
		{"cc mailbox", string(s.CcMailbox()), "carol"},
		{"from display", string(s.FromDisplay()), "Jörg"},
		{"to display", string(s.ToDisplay()), "Group"},
		{"message id", string(s.MessageID()), "1.2@example.com"},
		{"in reply to", strings.Join(list(s.InReplyTo()), " "), "0@x 1@x"},
		{"references", strings.Join(list(s.References()), " "), "a@x b@x c@x"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", c.what, c.got, c.want)
		}
	}
	unix, zone, ok := s.SentDate()
	if unix != 880127706 || zone != -360 || !ok || !s.IsReplyOrForward() || s.HeaderTruncated() || s.Version() != SummaryVersion {
		t.Errorf("got %d %d %v %v", unix, zone, ok, s.IsReplyOrForward())
	}
	empty := Summary(Parse(nil).AppendSummary(nil))
	if _, _, ok := empty.SentDate(); ok || empty.IsReplyOrForward() {
		t.Error("the empty message has a date or is a reply")
	}
}

func TestMessageIDsKeepFirstAndLast(t *testing.T) {
	var refs []byte
	for i := range 1000 {
		refs = fmt.Appendf(refs, "<%d@x> ", i)
	}
	ids := MessageIDs(refs, maxReferences)
	if len(ids) != maxReferences || string(ids[0]) != "0@x" || string(ids[1]) != "873@x" || string(ids[127]) != "999@x" {
		t.Errorf("got %q", ids)
	}
}

func TestSummaryDamage(t *testing.T) {
	s := Summary(Parse([]byte(sectionMessage)).AppendSummary(nil))
	for i := range s {
		bad := slices.Clone(s)
		bad[i] ^= 0x10
		if err := bad.Valid(); !errors.Is(err, restante.ErrCorrupt) && !(i == 0 && errors.Is(err, restante.ErrInvalid)) {
			t.Fatalf("octet %d changed: %v", i, err)
		}
		touch(bad)
		if err := s[:i].Valid(); err == nil {
			t.Fatalf("cut at %d: no error", i)
		}
		touch(s[:i])
	}
	if err := append(slices.Clone(s), 0).Valid(); !errors.Is(err, restante.ErrCorrupt) {
		t.Errorf("longer: %v", err)
	}
}

// touch calls all of a summary.
func touch(s Summary) int {
	n := s.Version() + len(s.Envelope()) + len(s.BodyStructure()) + len(s.AppendBody(nil)) + len(s.Subject()) +
		len(s.BaseSubject()) + len(s.FromText()) + len(s.ToText()) + len(s.CcText()) + len(s.BccText()) +
		len(s.FromMailbox()) + len(s.ToMailbox()) + len(s.CcMailbox()) + len(s.FromDisplay()) + len(s.ToDisplay()) +
		len(s.MessageID()) + int(s.Size()+s.HeaderSize())
	preview, _ := s.Preview()
	n += len(preview)
	for id := range s.InReplyTo() {
		n += len(id)
	}
	for id := range s.References() {
		n += len(id)
	}
	for p := range s.Parts() {
		n += len(p.Type)
	}
	for _, path := range [][]int{nil, {1}, {2, 1}, {3, 1}, {4, 2, 2, 2}} {
		p, _ := s.Part(path)
		n += len(p.Type)
	}
	_, zone, _ := s.SentDate()
	if s.IsReplyOrForward() || s.HeaderTruncated() {
		zone++
	}
	return n + zone
}

func FuzzSummary(f *testing.F) {
	f.Add([]byte(Parse([]byte(sectionMessage)).AppendSummary(nil)))
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{1}, summaryHead+50))
	f.Fuzz(func(t *testing.T, in []byte) {
		s := Summary(in)
		touch(s)
		size := s.Size()
		for p := range s.Parts() {
			for _, r := range []Range{p.MIME, p.Body, p.Header, p.Text} {
				if r.Start > r.End || r.Start < 0 || r.End > max(size, 0) {
					t.Fatalf("range %+v of %d", r, size)
				}
			}
		}
	})
}

// TestAddressText holds what a search of an address field looks in besides the field's text:
// addresses and names of the envelope that are not in it as they stand there.
func TestAddressText(t *testing.T) {
	for value, want := range map[string]string{
		"Ann <ann@x>, bob@y":                "",
		"Ann <ann@\r\n x>":                  "\nann@x",
		"ann (home) @ x":                    "\nann@x",
		`"john.doe"@x`:                      "\njohn.doe@x",
		`"John \"Q\" Doe" <j@x>`:            "\nJohn \"Q\" Doe",
		"<@relay:ann@x>":                    "",
		"Group: \"a\"@x, \"a\"@x, b@y;":     "\na@x",
		"=?utf-8?q?J=C3=B6rg?= <\"j\"@x>":   "\nj@x",
		"Ann <ann>":                         "",
		"\"\\=?utf-8?q?J=C3=B6?=\" <ann@x>": "",
	} {
		text, decoded := HeaderText(nil, []byte(value))
		s := Summary(Parse([]byte("From: " + value + "\r\n\r\n")).AppendSummary(nil))
		if got := string(s.FromText()); got != string(text)+want || decoded == s.Undecodable(1) {
			t.Errorf("%s: %q, want %q", value, got, string(text)+want)
		}
	}
}

// TestAddressTextOfMany holds that an address of a long field is looked for near the one before
// only, and found there, and that the field's text is followed by those alone that it lacks.
func TestAddressTextOfMany(t *testing.T) {
	var field, extra strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&field, "Name %d <u%d@x>, \"q%d\"@x, ", i, i, i)
		fmt.Fprintf(&extra, "\nq%d@x", i)
	}
	text, _ := HeaderText(nil, []byte(field.String()))
	w := summaryWriter{}
	if w.addressText([]byte(field.String())); string(w.dst) != string(text)+extra.String() {
		t.Errorf("%d octets, want %d and %d", len(w.dst), len(text), extra.Len())
	}
}
