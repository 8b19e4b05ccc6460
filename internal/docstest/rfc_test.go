package docstest

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// texts is where the RFCs are, to write the table of their sections anew.
var texts = flag.String("rfc", "", "write testdata/rfc-sections.txt anew from the files rfcNNNN.txt of this `DIR`")

// table has a line for each RFC whose sections are cited: its number and the
// numbers of all its sections.
const table = "testdata/rfc-sections.txt"

var (
	// A citation may go over a line's end and name several sections.
	citation = regexp.MustCompile(`RFC (\d+)((?:(?:,| and)? §[^\s]+)+)`)
	section  = regexp.MustCompile(`§([A-Z0-9][A-Za-z0-9.]*)`)
	wrapped  = regexp.MustCompile(`\s*\n[ \t]*(?://)?[ \t]*`)
	// Headings of RFCs and lines of their tables of contents.
	numbered = regexp.MustCompile(`^ *(?:Appendix +)?([A-Z]|[A-Z]?\d+(?:\.\d+)*|[A-Z](?:\.\d+)+)\.? +\S`)
)

// cited is one section that a file cites.
type cited struct{ file, rfc, section string }

// citations reads all citations in the comments and strings of the Go files,
// and in the pages.
func citations(t *testing.T) []cited {
	t.Helper()
	var all []cited
	for _, file := range slices.Concat(files(t, ".go"), files(t, ".md")) {
		text := wrapped.ReplaceAllString(read(t, file), " ")
		for _, m := range citation.FindAllStringSubmatch(text, -1) {
			for _, s := range section.FindAllStringSubmatch(m[2], -1) {
				all = append(all, cited{file, m[1], strings.TrimRight(s[1], ".")})
			}
		}
	}
	return all
}

// sections reads the table.
func sections(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 0 && fields[0] != "#" {
			all[fields[0]] = fields[1:]
		}
	}
	return all
}

// TestCitations finds each section that is cited in its RFC.
func TestCitations(t *testing.T) {
	all := citations(t)
	if len(all) < 100 {
		t.Fatalf("only %d citations found: the test does not see the tree", len(all))
	}
	if *texts != "" {
		rewriteTable(t, all)
	}
	known := sections(t)
	for _, c := range all {
		have, ok := known[c.rfc]
		switch {
		case !ok:
			t.Errorf("%s: RFC %s is not in %s: write it anew with -rfc", c.file, c.rfc, table)
		case !slices.Contains(have, c.section):
			t.Errorf("%s: RFC %s has no section %s", c.file, c.rfc, c.section)
		}
	}
}

// rewriteTable writes the table for the RFCs that are cited. Of an RFC whose
// text is not there the old line stays.
func rewriteTable(t *testing.T, all []cited) {
	t.Helper()
	lines := sections(t)
	for _, c := range all {
		text, err := os.ReadFile(filepath.Join(*texts, "rfc"+c.rfc+".txt"))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		lines[c.rfc] = headings(string(text))
	}
	var b strings.Builder
	b.WriteString("# The numbers of the sections of each RFC that is cited; CONTRIBUTING.md says how this is made.\n")
	numbers := make([]string, 0, len(lines))
	for rfc := range lines {
		numbers = append(numbers, rfc)
	}
	slices.SortFunc(numbers, func(a, b string) int { return strings.Compare(fmt.Sprintf("%6s", a), fmt.Sprintf("%6s", b)) })
	for _, rfc := range numbers {
		fmt.Fprintf(&b, "%s %s\n", rfc, strings.Join(lines[rfc], " "))
	}
	if err := os.WriteFile(table, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// headings gives the section numbers of an RFC's text, in its order. A heading
// stands at the beginning of a line; entries of the table of contents, which
// older RFCs have alone, end in a page number.
func headings(text string) []string {
	var found []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		m := numbered.FindStringSubmatch(line)
		if m == nil || strings.HasPrefix(line, " ") && !strings.Contains(line, "..") {
			continue
		}
		if !slices.Contains(found, m[1]) {
			found = append(found, m[1])
		}
	}
	return found
}
