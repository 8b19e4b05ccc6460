package text

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sinks are the functions whose argument of that index clients are told.
var sinks = map[string]int{
	"Bad": 0, "No": 1, "ok": 1, "bye": 1, "endWith": 1, "untaggedOK": 1, "Continue": 0, "Fail": 1, "FailCode": 2,
	"Expected": 0, "digits": 1, "Text": 0, "noUpdate": 1,
}

// makers are the functions that return texts as strings or errors, beside others.
var makers = []string{"decodeName", "EntryFault"}

// passed are expressions of a text that is found where it is made.
var passed = []string{
	"text", "fault", "what", "a.Text", "e.Text", "r.Text", "f.text", "f.Text", "gone.Text", "s.farewell.Text", "err.Error()",
	"(string)(rune(c))", "base64.StdEncoding.EncodeToString(challenge)", "d.text", "why.Text", "refused.Text",
}

// texts is what a package tells clients.
type texts struct {
	files     []*ast.File
	functions map[string]*ast.FuncDecl
	values    map[string]ast.Expr // of constants and variables
	found     map[string]string   // text, and where it is
	unknown   []string
	fset      *token.FileSet
}

// literals reads all texts of a package that clients can be told.
func literals(t *testing.T, dir string) *texts {
	t.Helper()
	x := &texts{functions: map[string]*ast.FuncDecl{}, values: map[string]ast.Expr{}, found: map[string]string{}, fset: token.NewFileSet()}
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: no files: %v", dir, err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(x.fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		x.files = append(x.files, f)
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				x.functions[d.Name.Name] = d
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if v, is := s.(*ast.ValueSpec); is && len(v.Names) == len(v.Values) {
						for i, n := range v.Names {
							x.values[n.Name] = v.Values[i]
						}
					}
				}
			}
		}
	}
	for _, f := range x.files {
		for _, d := range f.Decls {
			fn, _ := d.(*ast.FuncDecl)
			if fn != nil && slices.Contains(makers, fn.Name.Name) {
				x.all(fn)
			}
			ast.Inspect(d, func(n ast.Node) bool { x.visit(fn, n); return true })
		}
	}
	return x
}

// all adds every string that a function returns.
func (x *texts) all(fn *ast.FuncDecl) {
	ast.Inspect(fn, func(n ast.Node) bool {
		if r, is := n.(*ast.ReturnStmt); is {
			for _, e := range r.Results {
				if lit, is := e.(*ast.BasicLit); is && lit.Kind == token.STRING && lit.Value != `""` {
					x.add(fn, lit, "")
				}
			}
		}
		return true
	})
}

// visit looks for a text in one node of a function.
func (x *texts) visit(fn *ast.FuncDecl, n ast.Node) {
	switch n := n.(type) {
	case *ast.CallExpr:
		name := ""
		switch f := n.Fun.(type) {
		case *ast.Ident:
			name = f.Name
		case *ast.SelectorExpr:
			name = f.Sel.Name
		}
		if i, is := sinks[name]; is && i < len(n.Args) {
			if name == "Expected" {
				x.add(fn, n.Args[i], "expected %s")
			}
			x.add(fn, n.Args[i], "")
		}
	case *ast.ValueSpec:
		for i, name := range n.Names {
			if strings.HasPrefix(name.Name, "ErrNumSet") && i < len(n.Values) {
				x.add(fn, n.Values[i].(*ast.CallExpr).Args[0], "")
			}
		}
	case *ast.CompositeLit:
		for _, e := range n.Elts {
			kv, is := e.(*ast.KeyValueExpr)
			if !is {
				continue
			}
			if id, named := kv.Key.(*ast.Ident); named && id.Name == "Text" && isText(n.Type) {
				x.add(fn, kv.Value, "")
			}
		}
		if id, is := n.Type.(*ast.ArrayType); is {
			if elem, named := id.Elt.(*ast.Ident); named && elem.Name == "failure" {
				for _, e := range n.Elts {
					x.add(fn, e.(*ast.CompositeLit).Elts[2], "")
				}
			}
		}
	case *ast.AssignStmt:
		for i, l := range n.Lhs {
			s, is := l.(*ast.SelectorExpr)
			if is && s.Sel.Name == "Text" && len(n.Rhs) == len(n.Lhs) && fmt.Sprint(s.X) == "a" {
				x.add(fn, n.Rhs[i], "")
			}
		}
	}
}

// isText reports whether a type is one of responses.
func isText(t ast.Expr) bool {
	switch t := t.(type) {
	case *ast.Ident:
		return t.Name == "StatusResponse" || t.Name == "Error"
	case *ast.SelectorExpr:
		return t.Sel.Name == "StatusResponse" || t.Sel.Name == "Error"
	}
	return false
}

// add notes the texts that an expression can have, or the text given.
func (x *texts) add(fn *ast.FuncDecl, e ast.Expr, instead string) {
	at := x.fset.Position(e.Pos()).String()
	all := []string{instead}
	if instead == "" {
		all = x.eval(fn, e, 0)
	}
	for _, s := range all {
		if s == "%s" {
			if !slices.Contains(passed, source(e)) {
				x.unknown = append(x.unknown, at+": "+source(e))
			}
			continue
		}
		if s != "" {
			x.found[s] = at
		}
	}
}

var verb = regexp.MustCompile(`%[-+# 0-9.]*[a-zA-Z]`)

// eval gives the texts that an expression can have, with %s for what is not known.
func (x *texts) eval(fn *ast.FuncDecl, e ast.Expr, depth int) []string {
	if depth > 5 {
		return []string{"%s"}
	}
	switch e := e.(type) {
	case *ast.BasicLit:
		if s, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			return []string{s}
		}
	case *ast.ParenExpr:
		return x.eval(fn, e.X, depth+1)
	case *ast.BinaryExpr:
		var all []string
		for _, a := range x.eval(fn, e.X, depth+1) {
			for _, b := range x.eval(fn, e.Y, depth+1) {
				all = append(all, a+b)
			}
		}
		return all
	case *ast.Ident:
		return x.ident(fn, e.Name, depth)
	case *ast.CallExpr:
		if source(e.Fun) == "fmt.Sprintf" {
			var all []string
			for _, s := range x.eval(fn, e.Args[0], depth+1) {
				parts := strings.Split(s, "%%")
				for i := range parts {
					parts[i] = verb.ReplaceAllString(parts[i], "%s")
				}
				all = append(all, strings.Join(parts, "%"))
			}
			return all
		}
		if id, is := e.Fun.(*ast.Ident); is && x.functions[id.Name] != nil {
			return x.returned(x.functions[id.Name], depth)
		}
	}
	return []string{"%s"}
}

// ident gives the texts of a constant, or those that a function gives a variable.
func (x *texts) ident(fn *ast.FuncDecl, name string, depth int) []string {
	var all []string
	if fn != nil {
		ast.Inspect(fn, func(n ast.Node) bool {
			if a, is := n.(*ast.AssignStmt); is && len(a.Lhs) == len(a.Rhs) && a.Tok != token.ADD_ASSIGN {
				for i, l := range a.Lhs {
					if source(l) == name {
						all = append(all, x.eval(fn, a.Rhs[i], depth+1)...)
					}
				}
			}
			return true
		})
	}
	if v := x.values[name]; len(all) == 0 && v != nil {
		return x.eval(nil, v, depth+1)
	}
	if len(all) == 0 {
		return []string{"%s"}
	}
	return all
}

// returned gives the texts that a function returns.
func (x *texts) returned(fn *ast.FuncDecl, depth int) []string {
	var all []string
	ast.Inspect(fn, func(n ast.Node) bool {
		if r, is := n.(*ast.ReturnStmt); is && len(r.Results) > 0 {
			all = append(all, x.eval(fn, r.Results[0], depth+1)...)
		}
		return true
	})
	if len(all) == 0 {
		return []string{"%s"}
	}
	return all
}

// source gives a short expression as it is written.
func source(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return source(e.X) + "." + e.Sel.Name
	case *ast.CallExpr:
		args := make([]string, len(e.Args))
		for i, a := range e.Args {
			args[i] = source(a)
		}
		return source(e.Fun) + "(" + strings.Join(args, ", ") + ")"
	case *ast.ParenExpr:
		return source(e.X)
	}
	return fmt.Sprintf("%T", e)
}

// TestAllTextsAreTranslated finds the texts that clients can be told in the code,
// and looks for each in each language.
func TestAllTextsAreTranslated(t *testing.T) {
	all := map[string]string{"Other Users": "namespace", "Shared": "namespace", "-": ""}
	for _, dir := range []string{"../server", "../command", "../wire", "../../convert", "../../submission", ".."} {
		x := literals(t, dir)
		for _, u := range x.unknown {
			t.Errorf("a text that cannot be found: %s", u)
		}
		for s, at := range x.found {
			all[s] = at
		}
	}
	delete(all, "-")
	if list := os.Getenv("TEXTS"); list != "" {
		var lines []string
		for s, at := range all {
			lines = append(lines, s+"\t"+at)
		}
		slices.Sort(lines)
		_ = os.WriteFile(list, []byte(strings.Join(lines, "\n")), 0o600)
	}
	c := New()
	for _, l := range c.languages {
		if l.tag == "en" || l.tag == Default {
			continue
		}
		for s, at := range all {
			if !l.Has(s) {
				t.Errorf("%s.txt has no translation of %q, which is in %s", l.tag, s, at)
			}
		}
	}
}
