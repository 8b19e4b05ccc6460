package server

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// capabilityRow is a row of a table with what the server and others have: the name,
// perhaps an RFC, and the cell of this server.
var capabilityRow = regexp.MustCompile(`(?m)^\| ([^|]+?) \| (?:(?:RFC|draft|Dovecot|Pigeonhole|Courier|Cyrus|Gmail|Apple|chatmail|Sora|\?)[^|]*\| )?([^|]+?) \| (?:yes|no|partial) \|`)

// TestCapabilityPages holds the tables of docs/capabilities.md and README.md to what
// CAPABILITY tells before and after the login: what is told has a row that says yes,
// and what a row says yes of is told.
func TestCapabilityPages(t *testing.T) {
	told := make(map[string]bool)
	s := newHost(t, hostOptions{}).imap
	for _, name := range slices.Concat(s.loginCapabilities, s.capabilities) {
		told[name] = true
	}
	// Told as the connection has it, or understood without being told.
	known := []string{"STARTTLS", "LOGINDISABLED", "AUTH=*", "XLIST", "QUOTA=RES-*"}
	rowOf := func(token string) string {
		switch {
		case strings.HasPrefix(token, "RIGHTS="):
			return "RIGHTS="
		case strings.HasPrefix(token, "QUOTA=RES-"):
			return "QUOTA=RES-*"
		case strings.HasPrefix(token, "APPENDLIMIT"):
			return "APPENDLIMIT"
		}
		return token
	}
	for page, least := range map[string]int{"capabilities.md": 75, "../README.md": 30} {
		text, err := os.ReadFile("../../docs/" + page)
		if err != nil {
			t.Fatal(err)
		}
		cells := make(map[string]string)
		for _, row := range capabilityRow.FindAllStringSubmatch(string(text), -1) {
			for _, name := range strings.Split(row[1], " / ") {
				cells[name] = row[2]
			}
		}
		if len(cells) < least {
			t.Errorf("%s: only %d rows found", page, len(cells))
		}
		has := make(map[string]bool)
		for token := range told {
			has[rowOf(token)] = true
			// I18NLEVEL=1 is a part of level 2; SEARCH=INTHREAD stands under the table.
			if cell := cells[rowOf(token)]; page == "capabilities.md" && cell != "yes" && token != "SEARCH=INTHREAD" {
				t.Errorf("%s says %q of %s, which is told", page, cell, token)
			}
		}
		for name, cell := range cells {
			if is := has[name] || slices.Contains(known, name) || name == "I18NLEVEL=1"; is != (cell == "yes") {
				t.Errorf("%s says %q of %s, which is told: %v", page, cell, name, is)
			}
		}
	}
}
