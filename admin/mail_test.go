package admin

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/interchange"
)

// callers are a caller in process and one over the socket, each on a new store.
func callers(t *testing.T) map[string]Caller {
	return map[string]Caller{"local": Local{open(t)}, "socket": listen(t, open(t))}
}

// TestMail: an import and an export give the same in this process and over the
// socket, and a message that cannot be taken does not stop the others.
func TestMail(t *testing.T) {
	for name, c := range callers(t) {
		t.Run(name, func(t *testing.T) {
			if err := c.Call(t.Context(), OpUserAdd, Secret{Name: "bob", Password: "x"}, nil, nil); err != nil {
				t.Fatal(err)
			}
			mail := Mail{Caller: c, User: "bob"}
			in := t.TempDir()
			large := "Subject: large\n\n" + strings.Repeat("0123456789abcdef\n", 100_000)
			writeMaildir(t, in, map[string]string{
				"cur/1:2,S": "Subject: one\n\none\n", "cur/2:2,Fa": large, "cur/3:2,": "Subject: three\n\nthree\n",
				"dovecot-keywords": "0 $Label1\n", ".Lists.go/cur/4:2,": "Subject: four\n\nfour\n",
				".Lists.go/new/": "", "new/": "", "subscriptions": "Lists.go\n",
			})
			var bad []string
			im := interchange.Import{Target: mail, Bad: func(where string, err error) { bad = append(bad, where+": "+err.Error()) }}
			r, err := im.Run(t.Context(), in)
			if err != nil || r.Added != 4 || bad != nil {
				t.Fatalf("%+v %v %q", r, err, bad)
			}
			if r, err := im.Run(t.Context(), in); err != nil || r.Added != 0 || r.Skipped != 4 {
				t.Fatalf("second run: %+v %v", r, err)
			}
			out := filepath.Join(t.TempDir(), "out")
			if n, err := (interchange.Export{Source: mail}).Run(t.Context(), out); n != 4 || err != nil {
				t.Fatal(n, err)
			}
			if want, got := contents(t, in), contents(t, out); !slices.Equal(want, got) {
				t.Fatalf("exported %d files, imported %d, or they differ", len(got), len(want))
			}
			if _, err := im.Run(t.Context(), filepath.Join(in, "none")); err == nil {
				t.Fatal("nothing there, and no error")
			}
			mail.User = "nobody"
			if _, err := mail.Mailboxes(t.Context()); !errors.Is(err, restante.ErrNotFound) {
				t.Fatal(err)
			}
			if _, err := mail.Append(t.Context(), "INBOX", nil); !errors.Is(err, restante.ErrNotFound) {
				t.Fatal(err)
			}
		})
	}
}

// TestBadMessageInBatch: with the socket the rest of the batch is read past it.
func TestBadMessageInBatch(t *testing.T) {
	for name, c := range callers(t) {
		t.Run(name, func(t *testing.T) {
			if err := c.Call(t.Context(), OpUserAdd, Secret{Name: "bob", Password: "x"}, nil, nil); err != nil {
				t.Fatal(err)
			}
			in := t.TempDir()
			writeMaildir(t, in, map[string]string{
				"cur/1:2,": "Subject: one\n\none\n", "cur/2:2,a": "Subject: two\n\n" + strings.Repeat("x", 300_000), "cur/3:2,": "Subject: three\n\nx\n",
				"new/": "", "dovecot-keywords": "0 " + strings.Repeat("k", 200) + "\n", // longer than the store takes
			})
			var bad []string
			r, err := interchange.Import{Target: Mail{Caller: c, User: "bob"}, Bad: func(where string, err error) {
				bad = append(bad, filepath.Base(where))
			}}.Run(t.Context(), in)
			if err != nil || r.Added != 2 || !slices.Equal(bad, []string{"2:2,a"}) {
				t.Fatalf("%+v %v %q", r, err, bad)
			}
		})
	}
}

// TestMessageChanges: a message that is gone or has another size when its turn
// comes is the one that is told; nothing of the others is mixed with it.
func TestMessageChanges(t *testing.T) {
	text := func(s string) func() (io.ReadCloser, error) {
		return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(s)), nil }
	}
	for name, c := range callers(t) {
		t.Run(name, func(t *testing.T) {
			if err := c.Call(t.Context(), OpUserAdd, Secret{Name: "bob", Password: "x"}, nil, nil); err != nil {
				t.Fatal(err)
			}
			mail := Mail{Caller: c, User: "bob"}
			good := interchange.Message{Size: 5, Open: text("a: b\n")}
			for what, open := range map[string]func() (io.ReadCloser, error){
				"gone": func() (io.ReadCloser, error) { return nil, fs.ErrNotExist }, "shorter": text("a:\n"), "longer": text("a: bcd\n"),
			} {
				_, err := mail.Append(t.Context(), "INBOX", []interchange.Message{good, {Size: 5, Open: open}, good})
				var one *interchange.MessageError
				if !errors.As(err, &one) || one.Index != 1 {
					t.Errorf("%s: %v", what, err)
				}
			}
			if n, err := mail.Append(t.Context(), "INBOX", []interchange.Message{good, good}); n != 0 || err != nil {
				t.Error(n, err)
			}
			var u User
			if err := c.Call(t.Context(), OpUserShow, Name{"bob"}, nil, &u); err != nil || u.Usage.Messages != 2 {
				t.Errorf("%+v, %v", u, err)
			}
		})
	}
}

func writeMaildir(t *testing.T, dir string, files map[string]string) {
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			if err := os.MkdirAll(path, 0o755); err != nil {
				t.Fatal(err)
			}
		} else if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// contents are a Maildir++'s messages with folder and flags, sorted.
func contents(t *testing.T, dir string) (all []string) {
	for _, pattern := range []string{"cur/*", ".Lists.go/cur/*"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			_, info, _ := strings.Cut(f, ":2,")
			all = append(all, pattern+info+string(text))
		}
	}
	slices.Sort(all)
	return all
}
