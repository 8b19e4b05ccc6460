package config

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// documentation gives the text of a page.
func documentation(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestExamples loads the pieces of configuration that stand in the documentation.
func TestExamples(t *testing.T) {
	// From a line that names a table to the end of the indented block, which may have
	// empty lines in it.
	block := regexp.MustCompile(`(?m)^    \[.*\]( +#.*)?\n(?:(?:    .*)?\n)*`)
	for page, least := range map[string]int{"cluster.md": 4, "install.md": 8} {
		all := block.FindAllString(documentation(t, page), -1)
		if len(all) < least {
			t.Errorf("%s has %d pieces of configuration: the test does not find them", page, len(all))
		}
		for _, piece := range all {
			piece, _, _ = strings.Cut(piece, "    EOT\n") // of a command that writes it
			piece, _, _ = strings.Cut(piece, "    restante ")
			if _, err := Parse(page, []byte(piece)); err != nil {
				t.Errorf("%v\n%s", err, piece)
			}
		}
	}
}

// TestKeysOfClusters finds every key of what a cluster is made of in docs/cluster.md.
func TestKeysOfClusters(t *testing.T) {
	var printed bytes.Buffer
	if err := Default().Write(&printed); err != nil {
		t.Fatal(err)
	}
	page := documentation(t, "cluster.md")
	table, n := "", 0
	for line := range strings.Lines(printed.String()) {
		if name, ok := strings.CutPrefix(line, "["); ok {
			table, _, _ = strings.Cut(name, "]")
			continue
		}
		key, _, ok := strings.Cut(line, " = ")
		switch table {
		case "store.postgresql", "store.postgresql.nats", "blobs", "blobs.s3", "http":
		default:
			continue
		}
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		n++
		if !strings.Contains(page, "`"+table+"."+key+"`") {
			t.Errorf("docs/cluster.md does not say what `%s.%s` is", table, key)
		}
	}
	if n < 35 {
		t.Errorf("only %d keys were looked for", n)
	}
}
