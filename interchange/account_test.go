package interchange

import (
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/mailstore"
)

// A file that is gone when its turn comes, as a running server renames them, is one
// message's trouble.
func TestAppendOfWhatIsGone(t *testing.T) {
	s, err := mailstore.Open(t.Context(), mailstore.Options{KV: memkv.New()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	a := newAccount(t, s, "alice")
	defer a.Release()
	there := Message{Size: 4, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("\r\nx\n")), nil }}
	gone := Message{Size: 4, Open: func() (io.ReadCloser, error) { return nil, fs.ErrNotExist }}
	_, err = a.Append(t.Context(), "INBOX", []Message{there, gone})
	var one *MessageError
	if !errors.As(err, &one) || one.Index != 1 || !errors.Is(err, fs.ErrNotExist) || a.State().Usage().Messages != 0 {
		t.Fatal(err, a.State().Usage())
	}
}

// A message that the store refuses only with the whole batch is found in it.
func TestRefusedKeyword(t *testing.T) {
	s, err := mailstore.Open(t.Context(), mailstore.Options{KV: memkv.New(), Limits: mailstore.Limits{Keywords: 2}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	a := newAccount(t, s, "alice")
	defer a.Release()
	var file strings.Builder
	for _, keyword := range []string{"a", "b", "c", "a", "d", "b", ""} {
		file.WriteString("From a@b Thu Feb 29 11:00:00 2024\nX-Keywords: " + keyword + "\nSubject: " + keyword + "\n\nx\n\n")
	}
	path := filepath.Join(tree(t, map[string]string{"x": file.String()}), "x")
	for i, want := range []Report{{Mailboxes: 1, Added: 5, Bad: 2}, {Mailboxes: 1, Skipped: 5, Bad: 2}} {
		var bad []string
		r, err := Import{Target: a, Mailbox: "In", Bad: func(where string, _ error) { bad = append(bad, filepath.Base(where)) }}.Run(t.Context(), path)
		if err != nil || r != want || !slices.Equal(bad, []string{"x, message 3", "x, message 5"}) {
			t.Fatalf("run %d: %+v %v %q", i, r, err, bad)
		}
	}
}
