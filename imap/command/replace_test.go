package command

import (
	"io"
	"testing"
)

func TestReplace(t *testing.T) {
	for _, c := range []struct {
		in, set, mailbox string
		messages         int // that can be read of it; -1: it cannot be parsed
		fails            bool
	}{
		{"REPLACE 4 Drafts (\\Seen \\Draft) {3+}\r\nabc", "4", "Drafts", 1, false},
		{"UID REPLACE 2000 Drafts \"17-Jul-1996 02:44:25 -0700\" ~{3+}\r\nabc", "2000", "Drafts", 1, false},
		{"UID REPLACE * inbox {3+}\r\nabc", "*", "INBOX", 1, false},
		{"REPLACE 4 Drafts {3+}\r\nabc {3+}\r\nabc", "4", "Drafts", 1, true},
		{"REPLACE 4 Drafts {3+}\r\nabc x", "4", "Drafts", 1, true},
		{"REPLACE 4 Drafts", "4", "Drafts", 0, true},
		{"REPLACE 4:5 Drafts {3+}\r\nabc", "", "", -1, true},
		{"REPLACE 4,7 Drafts {3+}\r\nabc", "", "", -1, true},
		{"REPLACE 4:* Drafts {3+}\r\nabc", "", "", -1, true},
		{"REPLACE $ Drafts {3+}\r\nabc", "", "", -1, true},
		{"REPLACE 0 Drafts {3+}\r\nabc", "", "", -1, true},
		{"REPLACE Drafts {3+}\r\nabc", "", "", -1, true},
	} {
		cmd, d, err := parse("a "+c.in+"\r\nz NOOP\r\n", Options{})
		if err != nil {
			if c.messages >= 0 {
				t.Errorf("%s: %v", c.in, err)
			}
			continue
		}
		r := cmd.(*Replace)
		if c.messages < 0 || r.Set.String() != c.set || r.Append.Mailbox != c.mailbox {
			t.Errorf("%s: got %v", c.in, r.LogValue())
			continue
		}
		n := 0
		for {
			_, more, e := r.Append.Next(d)
			if err = e; e != nil || !more {
				break
			}
			n++
			body, e := d.AcceptLiteral()
			if e != nil {
				t.Fatal(e)
			}
			if _, e := io.Copy(io.Discard, body); e != nil {
				t.Fatal(e)
			}
		}
		if n != c.messages || (err != nil) != c.fails {
			t.Errorf("%s: %d messages, %v", c.in, n, err)
		}
		if err := d.Finish(); err != nil {
			t.Errorf("%s: %v", c.in, err)
		} else if err := d.Begin(); err != nil || string(d.Rest()) != "z NOOP" {
			t.Errorf("%s: out of step: %v", c.in, err)
		}
	}
}
