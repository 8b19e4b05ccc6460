package message

import (
	"slices"
	"testing"
)

func TestAttachments(t *testing.T) {
	for name, c := range map[string]struct {
		message string
		want    []string
	}{
		"none":       {"Subject: x\r\n\r\ny", nil},
		"itself":     {"Content-Type: application/pdf; name=a.pdf\r\n\r\ny", []string{"a.pdf"}},
		"no name":    {"Content-Disposition: attachment\r\n\r\ny", []string{""}},
		"quotes":     {"Content-Disposition: attachment; filename=\"a \\\"b\\\".txt\"\r\n\r\ny", []string{`a "b".txt`}},
		"extended":   {"Content-Disposition: attachment; filename*=iso-8859-1''men%FC.txt\r\n\r\ny", []string{"menü.txt"}},
		"word":       {"Content-Type: image/png; name=\"=?utf-8?Q?gr=C3=BCn.png?=\"\r\n\r\ny", []string{"grün.png"}},
		"octets":     {"Content-Type: image/png; name=\"grün.png\"\r\n\r\ny", []string{"grün.png"}},
		"inline":     {"Content-Type: image/png; name=a.png\r\nContent-ID: <a@b>\r\nContent-Disposition: inline; filename=a.png\r\n\r\ny", nil},
		"inline, no": {"Content-Type: image/png; name=a.png\r\nContent-Disposition: inline\r\n\r\ny", []string{"a.png"}},
		"parts": {"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\ntext\r\n--x\r\nContent-Type: text/plain; name=one\r\n\r\n1\r\n" +
			"--x\r\nContent-Type: message/rfc822\r\nContent-Disposition: attachment; filename=two\r\n\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n" +
			"--y\r\nContent-Disposition: attachment; filename=three\r\n\r\n3\r\n--y--\r\n" +
			"--x\r\nContent-Type: image/png; name=four\r\n\r\n4\r\n--x--\r\n", []string{"one", "two", "three", "four"}},
	} {
		m := Parse([]byte(c.message))
		row := Summary(m.AppendSummary(nil))
		if got := slices.Collect(row.Attachments()); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		for range row.Attachments() {
			break // ends the search
		}
	}
}

// FuzzAttachments: damage ends the search and nothing else.
func FuzzAttachments(f *testing.F) {
	f.Add([]byte(`(("text" "plain" NIL NIL NIL "7bit" 1 1 NIL NIL NIL NIL)("image" "png" ("name" "a") NIL NIL "7bit" 1 NIL ("inline" ("filename*" "utf-8''a")) NIL NIL) "mixed" NIL NIL NIL NIL)`))
	f.Add([]byte(`("message" "rfc822" NIL NIL NIL "7bit" 1 (NIL NIL) ("a" "b" NIL NIL NIL "7bit" 1 NIL NIL NIL NIL) 1 NIL NIL NIL NIL)`))
	f.Add([]byte("(\"a\" \"b\" (\"name\" {3}\r\nabc)"))
	f.Fuzz(func(_ *testing.T, b []byte) {
		attachments(b, func(string) bool { return true })
	})
}
