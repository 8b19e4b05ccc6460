package interchange

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// Mail about the record of c-client programs is mail.
func TestMboxInternalSubject(t *testing.T) {
	file := "From a@b Thu Feb 29 11:00:00 2024\nSubject: Re: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\n\nWhat is this?\n"
	m := newMemory()
	if r, bad := run(t, m, "In", filepath.Join(tree(t, map[string]string{"x": file}), "x")); r.Added != 1 || bad != nil {
		t.Fatalf("%+v %q", r, bad)
	}
}

// A Content-Length that leads into many empty lines tells nothing: behind them the
// message goes on.
func TestMboxContentLengthIntoEmptyLines(t *testing.T) {
	file := "From a@b Thu Feb 29 11:00:00 2024\nContent-Length: 5\nSubject: one\n\nhello" + strings.Repeat("\n", 600) +
		"and more\n\nFrom a@b Thu Feb 29 11:00:00 2024\nSubject: two\n\nx\n"
	m := newMemory()
	r, bad := run(t, m, "In", filepath.Join(tree(t, map[string]string{"x": file}), "x"))
	if r.Added != 2 || bad != nil || !strings.HasSuffix(m.boxes["In"][0].text, "and more\r\n") {
		t.Fatalf("%+v %q %d", r, bad, len(m.boxes["In"]))
	}
}

// What continues a field is none, whatever it looks like.
func TestMboxFoldedField(t *testing.T) {
	file := "From a@b Thu Feb 29 11:00:00 2024\nSubject: one\n Status: RO\n\tX-Keywords: nonsense\nX-Keywords: a\n b\n\nx\n"
	m := newMemory()
	r, bad := run(t, m, "In", filepath.Join(tree(t, map[string]string{"x": file}), "x"))
	if r.Added != 1 || bad != nil || !slices.Equal(m.boxes["In"][0].flags, []string{"a", "b"}) {
		t.Fatalf("%+v %q %q", r, bad, m.boxes["In"][0].flags)
	}
}

// A message comes without the keywords that IMAP cannot have.
func TestImportKeywords(t *testing.T) {
	file := "From a@b Thu Feb 29 11:00:00 2024\nX-Keywords: good (bad) w\xf6rk\n\nx\n"
	m := newMemory()
	r, bad := run(t, m, "In", filepath.Join(tree(t, map[string]string{"x": file}), "x"))
	if r.Added != 1 || r.Bad != 0 || !slices.Equal(m.boxes["In"][0].flags, []string{"good"}) ||
		len(bad) != 1 || !strings.Contains(bad[0], `only its keywords ["(bad)" "w\xf6rk"]`) {
		t.Fatalf("%+v %q %q", r, bad, m.boxes["In"][0].flags)
	}
}

// A tree may hold what is no file, and what cannot be looked into, and be named by a
// symbolic link or as parts of a Maildir are.
func TestTreeOfOtherThings(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "box"), []byte("From a@b Thu Feb 29 11:00:00 2024\nSubject: one\n\nx\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "gone"), filepath.Join(dir, "dangling")); err != nil {
		t.Fatal(err)
	}
	m := newMemory()
	if r, bad := run(t, m, "", link); r.Added != 1 || bad != nil || len(m.boxes["box"]) != 1 {
		t.Fatalf("%+v %q", r, bad)
	}
}

// A folder whose name no mailbox can have is passed over, and what is beside it comes.
func TestFolderThatCannotBe(t *testing.T) {
	dir := tree(t, map[string]string{"cur/1": "a: 1\n\n", "new/": "", ".evil/cur/2": "a: 2\n\n", ".evil/new/": "", ".good/cur/3": "a: 3\n\n", ".good/new/": ""})
	m := newMemory()
	m.refuse = "evil"
	if r, bad := run(t, m, "", dir); r.Added != 2 || r.Mailboxes != 2 || len(bad) != 1 || !strings.HasPrefix(bad[0], ".evil: ") {
		t.Fatalf("%+v %q", r, bad)
	}
}

// Subscriptions go where the folders go.
func TestSubscriptionsOfATree(t *testing.T) {
	dir := tree(t, map[string]string{
		"cur/1": "a: 1\n\n", "new/": "", ".INBOX.sub/cur/2": "a: 2\n\n", ".INBOX.sub/new/": "", ".Sent/cur/3": "a: 3\n\n", ".Sent/new/": "",
		"subscriptions": "INBOX\nINBOX.sub\nINBOX.Sent\nINBOX.\n",
	})
	for mailbox, want := range map[string][]string{
		"":      {"INBOX", "INBOX/sub", "Sent"},
		"INBOX": {"INBOX", "INBOX/sub", "Sent"},
		"Old":   {"Old", "Old/INBOX/sub", "Old/Sent"},
	} {
		m := newMemory()
		if _, bad := run(t, m, mailbox, dir); bad != nil || !slices.Equal(m.subscribed, want) {
			t.Errorf("%q: %q %q, want %q", mailbox, m.subscribed, bad, want)
		}
	}
}

// The zone of a From line may be a name, and one that cannot be is UTC: no other part
// of a server could tell such a date.
func TestFromLineZones(t *testing.T) {
	for date, want := range map[string]string{
		"Thu Feb 29 11:00:00 2024":         "2024-02-29T11:00:00Z",
		"Thu Feb 29 11:00 2024":            "2024-02-29T11:00:00Z",
		"Thu Feb 29 11:00:00 2024 +0100":   "2024-02-29T11:00:00+01:00",
		"Thu Feb 29 11:00:00 -0330 2024":   "2024-02-29T11:00:00-03:30",
		"Thu Feb 29 11:00:00 PST 2024":     "2024-02-29T11:00:00-08:00",
		"Thu Feb 29 11:00:00 2024 EDT":     "2024-02-29T11:00:00-04:00",
		"Thu, 29 Feb 2024 11:00:00 +0530":  "2024-02-29T11:00:00+05:30",
		"Thu Feb 29 11:00:00 2024 +2400":   "2024-02-29T11:00:00Z",
		"Thu Feb 29 11:00:00 2024 -2459":   "2024-02-29T11:00:00Z",
		"Thu Feb  9 11:00:00 2024 garbage": "0001-01-01T00:00:00Z",
	} {
		if got, err := fromLineDate("From a@b " + date).MarshalText(); err != nil || string(got) != want {
			t.Errorf("%s: %s, want %s, %v", date, got, want, err)
		}
	}
}
