package mailstore

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/restante/restante"
)

func TestAnnotatedPart(t *testing.T) {
	for entry, want := range map[string]string{
		"/comment": "[] true", "": "[] true", "/": "[] true", "/x1/y": "[] true", "/*": "[] true", "*9/x": "[] true", "%0/x": "[] true",
		"/1/comment": "[1] true", "/2.10.3/flags/seen": "[2 10 3] true", "/2147483647/x": "[2147483647] true",
		"/0/x": "[] false", "/1.0/x": "[] false", "/01/x": "[] false", "/1./x": "[] false", "/1..2/x": "[] false",
		"/1a/x": "[] false", "/1.-2/x": "[] false", "/2147483648/x": "[] false", "/99999999999999999999/x": "[] false",
	} {
		path, ok := AnnotatedPart(entry)
		if got := fmt.Sprint(path, ok); got != want {
			t.Errorf("%q: %s, want %s", entry, got, want)
		}
	}
}

func TestEntryPattern(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"/comment", "/comment", true}, {"/comment", "/Comment", false}, {"/comment", "/comment/x", false},
		{"/*", "/comment", true}, {"/*", "/a/b", true}, {"/*", "/", false}, {"*", "/a/b", true}, {"*", "", false},
		{"/%", "/a", true}, {"/%", "/a/b", false}, {"/%/b", "/a/b", true}, {"/%/b", "//b", false},
		{"/a*", "/a", false}, {"/a*c", "/abc", true}, {"/a*c", "/ac", false}, {"/a*c", "/abcd", false},
		{"/**", "/a", false}, {"/**", "/ab", true}, {"/%*", "/a/", true}, {"/*b*b", "/abbb", true}, {"/*b*b", "/abb", false},
	} {
		if got := EntryPattern(c.pattern).Match(c.name); got != c.want {
			t.Errorf("%q, %q: %v", c.pattern, c.name, got)
		}
	}
	// No pattern takes long, whatever it is.
	if EntryPattern(strings.Repeat("*a", 127)).Match("/" + strings.Repeat("a", 253) + "b") {
		t.Error("a name matches that ends in another letter")
	}
}

// FuzzAnnotationEntry holds patterns against regular expressions, and what a store
// takes for a name of an annotation against what it may be.
func FuzzAnnotationEntry(f *testing.F) {
	f.Add("/*", "/comment")
	f.Add("/a%b*c", "/axb/c")
	f.Add("*9", "01")
	f.Add("/%/flags/*", "/1.2/flags/seen")
	f.Add("/0.1/x", "/01/comment/")
	limits := Options{}.withDefaults().Limits
	f.Fuzz(func(t *testing.T, pattern, name string) {
		if len(pattern)+len(name) > 500 {
			return
		}
		var b strings.Builder
		for i := range len(pattern) {
			switch c := pattern[i]; c {
			case '*':
				b.WriteString(`(?:.+)`)
			case '%':
				b.WriteString(`[^/]+`)
			default:
				fmt.Fprintf(&b, `\x{%02x}`, c)
			}
		}
		// Octets are matched, so each is made a character of its own.
		wide := make([]rune, len(name))
		for i := range len(name) {
			wide[i] = rune(name[i])
		}
		want := regexp.MustCompile(`(?s)\A` + b.String() + `\z`).MatchString(string(wide))
		if got := EntryPattern(pattern).Match(name); got != want {
			t.Fatalf("%q, %q: %v, want %v", pattern, name, got, want)
		}
		if err := limits.checkAnnotations([]Annotation{{Entry: name}}); err == nil {
			if !strings.HasPrefix(name, "/") || !EntryPattern(name).IsLiteral() || slices.Contains(strings.Split(name, "/")[1:], "") {
				t.Fatalf("%q is taken for a name", name)
			}
		}
		if path, ok := AnnotatedPart(name); len(path) > 0 {
			first := strings.Trim(strings.ReplaceAll(fmt.Sprint(path), " ", "."), "[]")
			if rest, cut := strings.CutPrefix(name, "/"+first); !ok || !cut || rest != "" && rest[0] != '/' {
				t.Fatalf("%q is about %v", name, path)
			}
		}
	})
}

// TestAnnotation reads single annotations: one's own, everybody's, and none.
func TestAnnotation(t *testing.T) {
	f := newFixture(t, Options{})
	bob, err := f.store.CreateAccount(t.Context(), "bob")
	if err != nil {
		t.Fatal(err)
	}
	f.append(f.inbox, nil, messages(0, 2)...)
	set := func(a *Account, list ...Annotation) {
		t.Helper()
		if _, err := a.Annotate(t.Context(), f.inbox, uids(1, 1), list, nil); err != nil {
			t.Fatal(err)
		}
	}
	set(f.Account, Annotation{"/a", false, []byte("all")}, Annotation{"/a", true, []byte("alice's")}, Annotation{"/gone", true, []byte("x")})
	set(f.Account, Annotation{Entry: "/gone", Private: true})
	set(f.As(bob), Annotation{"/a", true, []byte("bob's")}, Annotation{"/empty", true, []byte{}})
	get := func(a *Account, uid restante.UID, entry string, private bool) string {
		t.Helper()
		r, err := a.Reader(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		got := "none"
		err = r.Annotation(f.inbox, uid, entry, private, func(value []byte) error {
			got = string(value)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for _, c := range []struct {
		a       *Account
		uid     restante.UID
		entry   string
		private bool
		want    string
	}{
		{f.Account, 1, "/a", false, "all"}, {f.Account, 1, "/a", true, "alice's"}, {f.As(bob), 1, "/a", true, "bob's"},
		{f.As(bob), 1, "/a", false, "all"}, {f.As(bob), 1, "/empty", true, ""}, {f.Account, 1, "/empty", true, "none"},
		{f.Account, 1, "/gone", true, "none"}, {f.Account, 1, "/b", true, "none"}, {f.Account, 2, "/a", false, "none"},
	} {
		if got := get(c.a, c.uid, c.entry, c.private); got != c.want {
			t.Errorf("%s of %d, private %v: %q, want %q", c.entry, c.uid, c.private, got, c.want)
		}
	}
	for entry, want := range map[string]error{
		"a": restante.ErrInvalid, "/": restante.ErrInvalid, "/a/": restante.ErrInvalid, "/a//b": restante.ErrInvalid, "/a*": restante.ErrInvalid,
		"/" + strings.Repeat("x", 300): restante.ErrLimit, "/0/x": ErrNoPart, "/5/x": ErrNoPart,
	} {
		if _, err := f.Annotate(t.Context(), f.inbox, uids(1, 1), []Annotation{{entry, false, []byte("x")}}, nil); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", entry, err, want)
		}
	}
}
