package docstest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	// quirkRow is a row of the table of docs/quirks.md: a mark, and at its end the
	// file that shows it.
	quirkRow = regexp.MustCompile(`(?m)^\| ([a-z0-9-]*[a-z0-9][a-z0-9-]*) \| .*\]\(\.\./([^)]+)\) \|$`)
	// quirkMark is the comment above the place that shows a row.
	quirkMark = regexp.MustCompile(`(?m)^\t?(?:#|//) quirk: (\S+)$`)
)

// TestQuirks holds the table of docs/quirks.md to the marks of transcripts and
// tests: each row has its mark in the file that it names, and each mark has a row.
func TestQuirks(t *testing.T) {
	page := read(t, "docs/quirks.md")
	stated := make(map[string]string)
	for _, row := range quirkRow.FindAllStringSubmatch(page, -1) {
		if _, twice := stated[row[1]]; twice {
			t.Errorf("docs/quirks.md has %s twice", row[1])
		}
		stated[row[1]] = row[2]
	}
	if rows := strings.Count(page, "\n| ") - 1; len(stated) != rows || rows < 40 {
		t.Errorf("docs/quirks.md has %d rows, of which %d have a mark and a file of their own", rows, len(stated))
	}
	marked := make(map[string]string)
	err := filepath.WalkDir(filepath.Join(root, "imap/server"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".txt") && !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		for _, m := range quirkMark.FindAllStringSubmatch(string(text), -1) {
			marked[m[1]] = filepath.ToSlash(file)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for mark, file := range stated {
		if marked[mark] != file {
			t.Errorf("docs/quirks.md: %s has no mark in %s", mark, file)
		}
	}
	for mark, file := range marked {
		if stated[mark] == "" {
			t.Errorf("%s: the mark %s has no row in docs/quirks.md", file, mark)
		}
	}
}
