// Package archtest holds the direction of imports: docs/architecture.md lists
// the layers, and its test reads every file of the tree against them.
package archtest

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Module is the path that the project's own imports begin with.
const Module = "github.com/restante/restante"

// Import is one import of one of the project's packages by another. Packages
// are named by their folder, "." the module's root.
type Import struct {
	File     string // path from the module's root
	From, To string
	Test     bool // the file is a test
}

// Imports reads all imports between the packages below dir, the module's root.
func Imports(dir string) ([]Import, error) {
	var all []Import
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && file != dir || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(file, ".go") {
			return nil
		}
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range parsed.Imports {
			to, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if to != Module && !strings.HasPrefix(to, Module+"/") {
				continue
			}
			to = strings.TrimPrefix(strings.TrimPrefix(to, Module), "/")
			if to == "" {
				to = "."
			}
			all = append(all, Import{File: rel, From: path.Dir(rel), To: to, Test: strings.HasSuffix(rel, "_test.go")})
		}
		return nil
	})
	return all, err
}

// Rules are the project's layers and borders.
type Rules struct {
	// Layers are folders from top to bottom; a package may import what stands
	// in a row below its own. A name that ends in "/..." takes what lies below
	// it too. Folders that no row names may not be imported by any that is.
	Layers [][]string
	// Never lists borders besides the order: From may not import To.
	Never []Border
}

// Border forbids From to import To, for the reason Why.
type Border struct{ From, To, Why string }

// Check answers one sentence for each import that breaks the rules.
func (r Rules) Check(imports []Import) []string {
	var wrong []string
	for _, i := range imports {
		if i.Test || i.From == i.To {
			continue
		}
		for _, b := range r.Never {
			if covers(b.From, i.From) && covers(b.To, i.To) {
				wrong = append(wrong, fmt.Sprintf("%s: %s imports %s: %s", i.File, i.From, i.To, b.Why))
			}
		}
		from, to := r.layer(i.From), r.layer(i.To)
		switch {
		case from < 0:
			wrong = append(wrong, fmt.Sprintf("%s: %s stands in no layer", i.File, i.From))
		case to < 0:
			wrong = append(wrong, fmt.Sprintf("%s: %s imports %s, which stands in no layer", i.File, i.From, i.To))
		case to <= from:
			wrong = append(wrong, fmt.Sprintf("%s: %s imports %s, which is not below it", i.File, i.From, i.To))
		}
	}
	slices.Sort(wrong)
	return slices.Compact(wrong)
}

func (r Rules) layer(folder string) int {
	return slices.IndexFunc(r.Layers, func(row []string) bool {
		return slices.ContainsFunc(row, func(name string) bool { return covers(name, folder) })
	})
}

func covers(pattern, folder string) bool {
	base, below := strings.CutSuffix(pattern, "/...")
	return folder == base || below && strings.HasPrefix(folder, base+"/")
}
