package docstest

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	// exampleMark is what stands in the comment above an example of an RFC in a
	// transcript: "# RFC 5464 §4.2 example 1", "# RFC 5267 §4.3.1 examples 1 to
	// 3: …", "# RFC 1176 FETCH example 2".
	exampleMark = regexp.MustCompile(`(?m)^#.*$`)
	exampleName = regexp.MustCompile(`RFC ([0-9]+),? ([^:;\n]{1,40}?),? examples? ([0-9]+(?:(?:, | and | to )[0-9]+)*)`)
	// exampleRow is a row of a table of docs/protocols.md: RFCs, and what is
	// done of them.
	exampleRow = regexp.MustCompile(`(?m)^\| ([0-9][^|]*) \| ([^|]*) \|`)
	// exampleCount is how many examples a row says are shown: "examples: 9 and 6"
	// counts for each of two RFCs.
	exampleCount = regexp.MustCompile(`examples: ([0-9]+(?:(?:, | and )[0-9]+)*)`)
	number       = regexp.MustCompile(`[0-9]+`)
)

// examplesShown gives the examples that the transcripts show, by RFC; each is
// "place number", such as "§4.2 1", and counts once wherever it stands.
func examplesShown(t *testing.T) map[string]map[string]bool {
	t.Helper()
	shown := make(map[string]map[string]bool)
	for _, dir := range []string{"imap/server/testdata", "lmtp/testdata"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".txt") {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			comments := strings.Join(exampleMark.FindAllString(string(text), -1), "\n")
			for _, mark := range exampleName.FindAllStringSubmatch(comments, -1) {
				if shown[mark[1]] == nil {
					shown[mark[1]] = make(map[string]bool)
				}
				for _, n := range exampleNumbers(t, mark[3]) {
					shown[mark[1]][fmt.Sprintf("%s %d", mark[2], n)] = true
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return shown
}

// exampleNumbers gives the numbers that a list such as "1, 3 to 5 and 7" names.
func exampleNumbers(t *testing.T, list string) []int {
	t.Helper()
	var numbers []int
	for _, part := range strings.Split(strings.ReplaceAll(list, " and ", ", "), ", ") {
		first, last, isRange := strings.Cut(part, " to ")
		low, err := strconv.Atoi(first)
		if err != nil {
			t.Fatal(err)
		}
		high := low
		if isRange {
			if high, err = strconv.Atoi(last); err != nil {
				t.Fatal(err)
			}
		}
		for n := low; n <= high; n++ {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// TestExamples counts the examples of RFCs that stand as transcripts, and holds
// what docs/protocols.md says of each RFC to it.
func TestExamples(t *testing.T) {
	shown := examplesShown(t)
	stated := make(map[string]int)
	for _, row := range exampleRow.FindAllStringSubmatch(read(t, "docs/protocols.md"), -1) {
		var rfcs []string
		for _, cell := range strings.Split(row[1], ", ") {
			rfcs = append(rfcs, number.FindString(cell))
		}
		count := exampleCount.FindStringSubmatch(row[2])
		if count == nil {
			continue
		}
		counts := number.FindAllString(count[1], -1)
		if len(counts) > len(rfcs) {
			t.Errorf("docs/protocols.md: %d numbers of examples for RFC %s", len(counts), row[1])
			continue
		}
		for i, c := range counts {
			n, err := strconv.Atoi(c)
			if err != nil {
				t.Fatal(err)
			}
			stated[rfcs[i]] += n // several rows may be of one RFC's sections
		}
	}
	for rfc, examples := range shown {
		if stated[rfc] != len(examples) {
			t.Errorf("docs/protocols.md: RFC %s has %d examples in the transcripts, not %d", rfc, len(examples), stated[rfc])
		}
	}
	for rfc, n := range stated {
		if n != 0 && shown[rfc] == nil {
			t.Errorf("docs/protocols.md: RFC %s has no examples in the transcripts, not %d", rfc, n)
		}
	}
}
