// Package docstest resolves what the documentation and the comments point to:
// links between the pages, and sections of RFCs.
package docstest

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// root is the module's root.
const root = "../.."

// files gives the tree's files whose name ends in suffix, as paths from the
// root. What Git and npm keep there for themselves is left out.
func files(t *testing.T, suffix string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules" || d.Name() == "testdata"):
			return filepath.SkipDir
		case !d.IsDir() && strings.HasSuffix(rel, suffix):
			found = append(found, filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var (
	link    = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ +(.+)$`)
	fence   = regexp.MustCompile("(?ms)^```.*?^```$")
)

// TestLinks follows each link of each page to another file, or to a heading.
func TestLinks(t *testing.T) {
	pages := files(t, ".md")
	if len(pages) < 5 {
		t.Fatalf("only %d pages found: the test does not see the tree", len(pages))
	}
	for _, page := range pages {
		for _, m := range link.FindAllStringSubmatch(fence.ReplaceAllString(read(t, page), ""), -1) {
			if why := follow(t, page, m[1]); why != "" {
				t.Errorf("%s: link %s: %s", page, m[1], why)
			}
		}
	}
}

// follow says what is wrong with a link; empty: nothing.
func follow(t *testing.T, page, target string) string {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		return err.Error()
	}
	if u.Scheme != "" {
		return "" // outside the tree
	}
	file := page
	if u.Path != "" {
		file = filepath.ToSlash(filepath.Join(filepath.Dir(page), u.Path))
	}
	if strings.HasPrefix(file, "../") {
		return "leads out of the tree"
	}
	if _, err := os.Stat(filepath.Join(root, file)); err != nil {
		return "there is no such file"
	}
	if u.Fragment != "" && strings.HasSuffix(file, ".md") && !anchors(read(t, file))[u.Fragment] {
		return "there is no such heading"
	}
	return ""
}

// anchors gives the names under which a page's headings can be linked to.
func anchors(page string) map[string]bool {
	names := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(fence.ReplaceAllString(page, ""), -1) {
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, strings.TrimSpace(m[1]))
		names[name] = true
	}
	return names
}
