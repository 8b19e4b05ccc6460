package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// talk logs bob in on a Unix socket, sends commands one after another, and gives what
// the server said to each.
func talk(t *testing.T, path string, commands ...string) (said []string) {
	t.Helper()
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	for i, command := range append([]string{"LOGIN bob secret"}, commands...) {
		if _, err := fmt.Fprintf(c, "t%d %s\r\n", i, command); err != nil {
			t.Fatal(err)
		}
		var answer []byte
		for b := make([]byte, 4096); !ended(answer, fmt.Sprintf("t%d ", i)); {
			n, err := c.Read(b)
			if err != nil {
				t.Fatalf("%s: %v after %q", command, err, answer)
			}
			answer = append(answer, b[:n]...)
		}
		said = append(said, string(answer))
	}
	return said[1:]
}

// ended reports whether the last line of an answer is whole and begins with the tag.
func ended(answer []byte, tag string) bool {
	lines := bytes.Split(answer, []byte("\r\n"))
	n := len(lines)
	return n > 1 && len(lines[n-1]) == 0 && bytes.HasPrefix(lines[n-2], []byte(tag))
}

// newServing starts a server with a user bob. Its end is to be waited for.
func newServing(t *testing.T, more string) (s site, stop func()) {
	t.Helper()
	s = newSite(t, more)
	good(t, "secret\n", "user", "add", "bob", "--password-stdin", "--config", s.config)
	_, _, stop = s.serve(t)
	return s, stop
}

// TestLegacyListener: clients of imap.listen_legacy are spoken to in IMAP2 until they
// show that they know more, those of imap.listen in the newest that they know.
func TestLegacyListener(t *testing.T) {
	bad(t, 1, "imap.legacy_dialects is not set", "config", "--config", newSite(t, "imap.listen_legacy = [\":220\"]\n").config)
	legacy := filepath.Join(t.TempDir(), "l")
	s, stop := newServing(t, fmt.Sprintf("imap.legacy_dialects = true\nimap.listen_legacy = [%q]\n", "unix:"+legacy))
	defer stop()
	if said := talk(t, legacy, "SELECT INBOX", "FIND MAILBOXES *"); strings.Contains(said[0], "UIDVALIDITY") || !strings.Contains(said[1], "* MAILBOX Drafts") {
		t.Errorf("on the legacy listener: %q", said)
	}
	if said := talk(t, strings.TrimPrefix(s.imap, "unix:"), "SELECT INBOX"); !strings.Contains(said[0], "UIDVALIDITY") {
		t.Errorf("on the other: %q", said)
	}
}

// TestAppendLimits: user appendlimit is what clients are told, and what user show shows.
func TestAppendLimits(t *testing.T) {
	s, stop := newServing(t, "")
	defer stop()
	show := func() string { return good(t, "", "user", "show", "bob", "--config", s.config) }
	if out := show(); strings.Contains(out, "append limit") {
		t.Error(out)
	}
	good(t, "", "user", "appendlimit", "bob", "inbox", "2MiB", "--config", s.config)
	good(t, "", "user", "appendlimit", "bob", "Drafts", "0", "--config", s.config)
	if out := show(); !strings.Contains(out, "append limit  2.0 MiB  INBOX\n") || !strings.Contains(out, "append limit  0 B      Drafts\n") {
		t.Error(out)
	}
	said := talk(t, strings.TrimPrefix(s.imap, "unix:"), "STATUS INBOX (APPENDLIMIT)", "APPEND Drafts {5+}\r\nA: b\r")
	if !strings.Contains(said[0], "(APPENDLIMIT 2097152)") || !strings.Contains(said[1], "NO [TOOBIG]") {
		t.Errorf("%q", said)
	}
	good(t, "", "user", "appendlimit", "bob", "Drafts", "none", "--config", s.config)
	if out := show(); strings.Contains(out, "Drafts") {
		t.Error(out)
	}
}

// TestConvertKeys: imap.convert_images and the limits on conversions do what they say.
func TestConvertKeys(t *testing.T) {
	s, stop := newServing(t, "imap.convert_images = \"image/gif\"\n[limits]\nconvert_messages = 1\nconvert_parts = 2\n"+
		"convert_text = \"1KiB\"\nconvert_image = \"4KiB\"\nconvert_memory = \"8MiB\"\n")
	defer stop()
	letter := func(kind string, content []byte) string {
		m := fmt.Sprintf("Content-Type: %s\r\nContent-Transfer-Encoding: binary\r\n\r\n%s", kind, content)
		return fmt.Sprintf("APPEND INBOX ~{%d+}\r\n%s", len(m), m)
	}
	long := bytes.Repeat([]byte("<p>text "), 1000)
	said := talk(t, strings.TrimPrefix(s.imap, "unix:"),
		letter("image/png", picture(t, 8, png.NoCompression)),
		letter("image/png", picture(t, 300, png.NoCompression)), // over convert_image
		letter("text/html", long), letter("text/html", long[:80]),
		letter("image/png", picture(t, 3000, png.BestCompression)), // takes more than convert_memory
		"SELECT INBOX",
		"CONVERT 1 (NIL) BINARY[1]",
		"CONVERT 2 (NIL) BINARY[1]",
		`CONVERT 3 ("text/plain") BINARY[1]`,
		`CONVERT 4 ("text/plain") BINARY[1]`,
		"CONVERT 5 (NIL) BINARY[1]",
		"CONVERT 1:2 (NIL) BINARY[1]",
		"CONVERT 1 (NIL) (BINARY[1] BINARY[2] BINARY[3])",
	)
	for i, want := range []string{"GIF8", "(ERROR ", "(ERROR ", "text\r\n\r\ntext", "(ERROR ", "NO [MAXCONVERTMESSAGES 1]", "NO [MAXCONVERTPARTS 2]"} {
		if got := said[6+i]; !strings.Contains(got, want) {
			t.Errorf("CONVERT number %d: %q has no %q", i+1, got, want)
		}
	}
}

// picture makes a black square image.
func picture(t *testing.T, side int, level png.CompressionLevel) []byte {
	t.Helper()
	img := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.Black, color.White})
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: level}).Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
