package server

import (
	"testing"

	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/mailstore"
)

// TestSharedFilters: a shared filter serves who has no private one of that name
// (RFC 5466 §3.1).
func TestSharedFilters(t *testing.T) {
	h := newHost(t, hostOptions{store: mailstore.Options{ServerMetadata: []mailstore.MetadataEntry{
		{Name: "/shared/filters/values/mine", Value: []byte("UNSEEN")},
	}}})
	c := h.login(t, "alice")
	for range 2 {
		if err := h.deliver("alice", "INBOX", "Subject: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
	}
	c.do("a1 SELECT INBOX")
	if lines := c.do("a2 SEARCH FILTER mine"); lines[0] != "* SEARCH 1 2" {
		t.Error(lines)
	}
	c.do(`a3 SETMETADATA "" ("/private/filters/values/mine" "SEEN")`)
	if lines := c.do("a4 SEARCH FILTER mine"); lines[0] != "* SEARCH" {
		t.Error(lines)
	}
}

func TestFilterValues(t *testing.T) {
	for value, want := range map[string]string{
		"SUBJECT {4}\r\nwork SEEN":   `(SUBJECT "work" SEEN)`,
		"SUBJECT {4+}\r\nwork":       `SUBJECT "work"`,
		"OR (SEEN 1:5) FILTER other": "OR (SEEN 1:5) FILTER other",
		`SUBJECT "grün"`:             `SUBJECT "grün"`,
		"SUBJECT \"\xff\"":           "",
		"SUBJECT {40}\r\nwork":       "",
		"SEEN\r\nDELETED":            "",
		"SEEN\r\n":                   "",
		"RETURN (ALL) SEEN":          "",
		"CHARSET UTF-8 SEEN":         "",
		"":                           "",
		"OR SMALLER":                 "",
	} {
		k, err := command.ParseFilter(value, command.Options{})
		got := ""
		if err == nil {
			got = string(k.Append(nil))
		}
		if got != want {
			t.Errorf("%q: %q (%v), want %q", value, got, err, want)
		}
	}
}
