package server

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante/internal/cputime"
)

// appendText appends a message by one literal.
func (c *client) appendText(text string) {
	c.t.Helper()
	go io.WriteString(c.Conn, fmt.Sprintf("app APPEND INBOX {%d+}\r\n%s\r\n", len(text), text))
	c.skipAnswer("app OK ")
}

// manyParts is a multipart of n parts of a line each.
func manyParts(n int) string {
	var b strings.Builder
	b.WriteString("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n")
	for i := range n {
		fmt.Fprintf(&b, "--x\r\nContent-Type: text/plain\r\nContent-Id: <%d>\r\n\r\npart %d\r\n", i+1, i+1)
	}
	b.WriteString("--x--\r\n")
	return b.String()
}

// nested is multiparts in one another, n deep, with a text in the innermost.
func nested(n int) string {
	var b strings.Builder
	b.WriteString("MIME-Version: 1.0\r\n")
	for i := range n {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	b.WriteString("Content-Type: text/plain\r\n\r\nthe bottom\r\n")
	for i := range n {
		fmt.Fprintf(&b, "--b%d--\r\n", n-1-i)
	}
	return b.String()
}

// forwarded is messages in one another, n deep.
func forwarded(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "Subject: level %d\r\nMIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\n", i)
	}
	b.WriteString("Subject: innermost\r\n\r\nthe bottom\r\n")
	return b.String()
}

// TestHostileMIME fetches the parts of messages that are nothing but parts.
func TestHostileMIME(t *testing.T) {
	h := newHost(t, hostOptions{})
	c := h.login(t, "alice")
	part := func(n int) string { return strings.TrimSuffix(strings.Repeat("1.", n), ".") }
	long := strings.Repeat("x", 3<<20)
	for _, text := range []string{
		manyParts(10_000), nested(100), forwarded(100), nested(1000), forwarded(1000),
		"Subject: " + long + "\r\nFrom: " + strings.Repeat("a@example.org, ", 100_000) + "b@example.org\r\nX: y\r\n\r\nText.\r\n",
		"Content-Type: text/plain; " + strings.Repeat("a=b; ", 200_000) + "\r\n\r\nText.\r\n",
		"Subject: =?utf-8?q?" + long + "?=\r\n\r\nText.\r\n",
		strings.Repeat("X-Many: field\r\n", 100_000) + "\r\nText.\r\n",
		"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + strings.Repeat("--x\r\n", 100_000),
		"From: " + strings.Repeat("(", 100_000) + "\r\nTo: " + strings.Repeat("<", 100_000) + "\r\nCc: " + strings.Repeat("a:", 100_000) + "\r\n\r\nText.\r\n",
		strings.Repeat("\x00", 100_000), strings.Repeat("\r", 100_000), strings.Repeat("\n", 100_000),
	} {
		c.appendText(text)
	}
	c.do("s SELECT INBOX")
	for _, f := range []struct{ message, item, want string }{
		{"1", "BODY.PEEK[1]", "part 1"}, {"1", "BODY.PEEK[10000]", "part 10000"}, {"1", "BODY.PEEK[5000]", "part 5000"},
		{"1", "BODY.PEEK[9999.MIME]", "Content-Type: text/plain"}, {"1", "BODY.PEEK[10001]", "* 1 FETCH (BODY[10001] NIL)"},
		{"1", "BINARY.SIZE[10000]", "* 1 FETCH (BINARY.SIZE[10000] 10)"},
		{"2", "BODY.PEEK[" + part(100) + "]", "the bottom"}, {"2", "BODY.PEEK[" + part(101) + "]", "NIL)"},
		{"3", "BODY.PEEK[" + part(100) + ".HEADER]", "Subject: innermost"}, {"3", "BODY.PEEK[" + part(50) + ".HEADER.FIELDS (Subject)]", "Subject: level 50"},
		{"4", "BODY.PEEK[" + part(200) + "]", "NIL)"}, {"5", "BODY.PEEK[" + part(200) + "]", "NIL)"},
		{"9", "BODY.PEEK[HEADER.FIELDS (X-Many)]", "X-Many: field"}, {"6", "BODY.PEEK[HEADER.FIELDS (X)]", ""},
	} {
		took := cputime.Of(t, func() {
			lines := c.do("f FETCH " + f.message + " " + f.item)
			if !strings.Contains(strings.Join(lines, "\n"), f.want) {
				t.Errorf("message %s, %.60s: %.200q, want %s", f.message, f.item, lines, f.want)
			}
		})
		if t.Logf("message %s, %.60s: %v", f.message, f.item, took); took > 5*time.Second && !raceDetector() {
			t.Errorf("message %s, %.60s: %v", f.message, f.item, took)
		}
	}
	for _, items := range []string{"ENVELOPE", "BODY", "BODYSTRUCTURE", "BODY.PEEK[HEADER]", "BODY.PEEK[HEADER.FIELDS (Subject From To)]",
		"BODY.PEEK[HEADER.FIELDS.NOT (Subject)]", "BODY.PEEK[1]", "BODY.PEEK[1.MIME]", "BINARY.PEEK[1]", "BODY.PEEK[TEXT]"} {
		took := cputime.Of(t, func() {
			c.send("f FETCH 1:* (UID " + items + ")\r\n")
			c.skipAnswer("f OK")
		})
		if t.Logf("%s: %v", items, took); took > 15*time.Second && !raceDetector() {
			t.Errorf("%s: %v", items, took)
		}
	}
	for _, keys := range []string{"SUBJECT zzz", "FROM zzz", "TEXT zzz", "BODY bottom", "HEADER X-Many zzz", "SENTSINCE 1-Jan-2020"} {
		c.do("g SEARCH " + keys)
	}
}

// TestThousandSections asks for as many sections as one FETCH may name, of
// headers of a megabyte: they are not gathered in memory.
func TestThousandSections(t *testing.T) {
	h := newHost(t, hostOptions{})
	c := h.login(t, "alice")
	c.appendText("Subject: x\r\nX-Long: " + strings.Repeat("x", 200<<10) + "\r\n\r\n" + strings.Repeat("0123456789abcdef\r\n", 10_000))
	c.do("s SELECT INBOX")
	for _, item := range []string{"BODY.PEEK[HEADER]", "BODY.PEEK[HEADER.FIELDS (X-Long)]", "BODY.PEEK[1]", "BINARY.PEEK[1]", "BODY.PEEK[1]<1.100000>"} {
		grew := peak(func() {
			c.send("f FETCH 1 (" + strings.Repeat(item+" ", 999) + item + ")\r\n")
			c.skipAnswer("f OK")
		})
		if t.Logf("%s: %d KiB", item, grew>>10); grew > 16<<20 && !raceDetector() {
			t.Errorf("1,000 times %s: %d MB", item, grew>>20)
		}
	}
	c.appendText(manyParts(10_000))
	took := cputime.Of(t, func() {
		c.send("f FETCH 2 (" + strings.Repeat("BODY.PEEK[10000] ", 999) + "BODY.PEEK[9999])\r\n")
		c.skipAnswer("f OK")
	})
	if t.Logf("1,000 of 10,000 parts: %v", took); took > 10*time.Second && !raceDetector() {
		t.Errorf("1,000 of 10,000 parts: %v", took)
	}
	if _, answer := c.try("f FETCH 1 (" + strings.Repeat("BODY.PEEK[] ", 1000) + "BODY.PEEK[])"); !strings.HasPrefix(answer, "f NO [LIMIT] ") {
		t.Error(answer)
	}
}
