package docstest

import (
	"path"
	"regexp"
	"strings"
	"testing"
)

// indexGroup is one group of files in a package comment: what they do, and their
// names, over one line or more.
var indexGroup = regexp.MustCompile(`(?m)^//   - [^:]+: (.+(?:\n//     .+)*)`)

// TestIndex holds the list of files in the package comment of imap/server to the
// folder: each file is named once, and none is named that is not there.
func TestIndex(t *testing.T) {
	const folder = "imap/server/"
	names := map[string]int{} // in the list, a "*" standing for any letters; how many files have each
	for _, group := range indexGroup.FindAllStringSubmatch(read(t, folder+"doc.go"), -1) {
		for name := range strings.SplitSeq(strings.ReplaceAll(group[1], "\n//    ", ""), ", ") {
			if _, twice := names[name]; twice {
				t.Errorf("%sdoc.go names %s twice", folder, name)
			}
			names[name] = 0
		}
	}
	for _, file := range files(t, ".go") {
		stem, inside := strings.CutPrefix(strings.TrimSuffix(file, ".go"), folder)
		if !inside || stem == "doc" || strings.HasSuffix(stem, "_test") {
			continue
		}
		groups := 0
		for name := range names {
			if fits, err := path.Match(name, stem); err != nil {
				t.Fatal(err)
			} else if fits {
				names[name]++
				groups++
			}
		}
		if groups != 1 {
			t.Errorf("%s is %d times in the list of files in %sdoc.go, not once", file, groups, folder)
		}
	}
	for name, count := range names {
		if count == 0 {
			t.Errorf("%sdoc.go names %s, which is not there", folder, name)
		}
	}
}
