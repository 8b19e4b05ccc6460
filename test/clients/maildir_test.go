package clients_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// maildirFlags are the letters of a Maildir file's info and their IMAP flags, in
// the order of the flags.
var maildirFlags = []struct{ letter, flag string }{
	{"R", `\answered`}, {"T", `\deleted`}, {"D", `\draft`}, {"F", `\flagged`}, {"S", `\seen`},
}

// maildirMessage is one file of a Maildir.
type maildirMessage struct {
	path  string
	flags string // as picture gives them
	text  []byte
}

var messageID = regexp.MustCompile(`(?im)^message-id: *<([^@>]*)@`)

// maildir reads a Maildir by the names that letter gave its messages; one that
// does not exist is empty.
func maildir(t *testing.T, dir string) map[string]maildirMessage {
	t.Helper()
	all := make(map[string]maildirMessage)
	for _, sub := range []string{"cur", "new"} {
		entries, err := os.ReadDir(filepath.Join(dir, sub))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		for _, e := range entries {
			m := maildirMessage{path: filepath.Join(dir, sub, e.Name())}
			if m.text, err = os.ReadFile(m.path); err != nil {
				t.Fatal(err)
			}
			_, info, _ := strings.Cut(e.Name(), ":2,")
			var flags []string
			for _, f := range maildirFlags {
				if strings.Contains(info, f.letter) {
					flags = append(flags, f.flag)
				}
			}
			m.flags = strings.Join(flags, " ")
			name := messageID.FindSubmatch(m.text)
			if name == nil {
				t.Fatalf("%s has no Message-ID", m.path)
			}
			if _, twice := all[string(name[1])]; twice {
				t.Errorf("%s is in %s twice", name[1], dir)
			}
			all[string(name[1])] = m
		}
	}
	return all
}

// maildirPicture is what maildir has as picture would give it.
func maildirPicture(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	for name, m := range maildir(t, dir) {
		all[name] = m.flags
	}
	return all
}

// putMaildir adds a message to a Maildir, made if need be, with the letters of
// its flags.
func putMaildir(t *testing.T, dir, letters, name string, text []byte) {
	t.Helper()
	for _, sub := range []string{"cur", "new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	file := fmt.Sprintf("1644267145.%s.host:2,%s", strings.NewReplacer("/", "_", ":", "_").Replace(name), letters)
	write(t, filepath.Join(dir, "cur", file), string(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))))
}

// setMaildir gives a file of a Maildir other flags.
func setMaildir(t *testing.T, m maildirMessage, letters string) {
	t.Helper()
	name, _, _ := strings.Cut(filepath.Base(m.path), ":2,")
	to := filepath.Join(filepath.Dir(filepath.Dir(m.path)), "cur", name+":2,"+letters)
	if err := os.Rename(m.path, to); err != nil {
		t.Fatal(err)
	}
}

// same fails the test where two pictures differ.
func same(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	var wrong []string
	for name, flags := range want {
		if have, ok := got[name]; !ok {
			wrong = append(wrong, name+" is missing")
		} else if have != flags {
			wrong = append(wrong, fmt.Sprintf("%s has %q, not %q", name, have, flags))
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			wrong = append(wrong, name+" is too much")
		}
	}
	if len(wrong) > 0 {
		slices.Sort(wrong)
		t.Fatalf("%s: %d differences: %s", what, len(wrong), strings.Join(wrong[:min(len(wrong), 10)], "; "))
	}
}
