package interchange

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante"
)

// memory is a Target and Source of a test.
type memory struct {
	boxes      map[string][]stored
	subscribed []string
	keys       map[string]bool
	refuse     string // a message with this text is refused
}

type stored struct {
	text  string
	flags []string
	date  time.Time
}

func newMemory() *memory { return &memory{boxes: map[string][]stored{}, keys: map[string]bool{}} }

func (m *memory) Mailbox(_ context.Context, name string) error {
	if m.refuse != "" && name == m.refuse {
		return fmt.Errorf("refused: %w", restante.ErrInvalid)
	}
	if _, ok := m.boxes[name]; !ok {
		m.boxes[name] = nil
	}
	return nil
}

func (m *memory) Subscribe(_ context.Context, name string) error {
	m.subscribed = append(m.subscribed, name)
	return nil
}

func (m *memory) Append(_ context.Context, mailbox string, batch []Message) (skipped int, err error) {
	var all []stored
	for i, msg := range batch {
		if m.keys[string(msg.Key)] {
			skipped++
			continue
		}
		in, err := msg.Open()
		if err != nil {
			return 0, err
		}
		text, err := io.ReadAll(in)
		if err = errors.Join(err, in.Close()); err != nil {
			return 0, err
		}
		if int64(len(text)) != msg.Size {
			return 0, errors.New("the size is not what was said")
		}
		if m.refuse != "" && strings.Contains(string(text), m.refuse) {
			return 0, &MessageError{i, errors.New("refused")}
		}
		all = append(all, stored{string(text), msg.Flags, msg.InternalDate})
	}
	for _, msg := range batch {
		m.keys[string(msg.Key)] = true
	}
	m.boxes[mailbox] = append(m.boxes[mailbox], all...)
	return skipped, nil
}

func (m *memory) Mailboxes(context.Context) ([]string, error) {
	return slices.Sorted(maps.Keys(m.boxes)), nil
}

func (m *memory) Subscriptions(context.Context) ([]string, error) { return m.subscribed, nil }

func (m *memory) Messages(_ context.Context, mailbox string, f func(Message) error) error {
	for i, s := range m.boxes[mailbox] {
		uid := restante.UID(i + 1)
		err := f(Message{Flags: s.flags, InternalDate: s.date, Size: int64(len(s.text)), UID: uid, Open: func() (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(s.text)), nil
		}})
		if err != nil {
			return err
		}
	}
	return nil
}

// tree writes files below a new folder; a name that ends in '/' is a folder.
func tree(t *testing.T, files map[string]string) string {
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if strings.HasSuffix(name, "/") {
			if err := os.MkdirAll(path, 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func run(t *testing.T, target *memory, mailbox string, paths ...string) (Report, []string) {
	var bad []string
	r, err := Import{Target: target, Mailbox: mailbox, Bad: func(where string, err error) {
		bad = append(bad, filepath.Base(where)+": "+err.Error())
	}}.Run(t.Context(), paths...)
	if err != nil {
		t.Fatal(err)
	}
	return r, bad
}

func texts(list []stored) (out []string) {
	for _, s := range list {
		out = append(out, s.text)
	}
	return out
}

const mboxFile = `From bob@example.org Sat Jan  3 01:05:34 1996
From: bob@example.org
Status: RO
X-Status: AF
X-Keywords: $Label1 work
Subject: one

first
>From the start
>>From deeper
From here on it goes down, says a sentence.

From MAILER-DAEMON Thu Feb 29 10:00:00 2024 +0100
Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA
X-IMAP: 1 2

internal

From alice@example.org Thu Feb 29 11:00:00 2024
Subject: two

second

From empty@example.org Thu Feb 29 12:00:00 2024
`

func TestMbox(t *testing.T) {
	dir := tree(t, map[string]string{"Archive.mbox": mboxFile})
	m := newMemory()
	r, bad := run(t, m, "", filepath.Join(dir, "Archive.mbox"))
	if r.Added != 2 || r.Bad != 1 || len(bad) != 1 || !strings.Contains(bad[0], "message 4: the message is empty") {
		t.Fatalf("%+v %q", r, bad)
	}
	got := m.boxes["Archive"]
	if want := []string{
		"From: bob@example.org\r\nSubject: one\r\n\r\nfirst\r\nFrom the start\r\n>From deeper\r\nFrom here on it goes down, says a sentence.\r\n",
		"Subject: two\r\n\r\nsecond\r\n",
	}; !slices.Equal(texts(got), want) {
		t.Fatalf("%q", texts(got))
	}
	if want := []string{`\Seen`, `\Answered`, `\Flagged`, "$Label1", "work"}; !slices.Equal(got[0].flags, want) {
		t.Fatalf("%q", got[0].flags)
	}
	if !got[0].date.Equal(time.Date(1996, 1, 3, 1, 5, 34, 0, time.UTC)) {
		t.Fatal(got[0].date)
	}
	if r, _ := run(t, m, "", filepath.Join(dir, "Archive.mbox")); r.Added != 0 || r.Skipped != 2 {
		t.Fatalf("second run: %+v", r)
	}
}

func TestMboxContentLength(t *testing.T) {
	body := "hello\n\nFrom nobody Thu Feb 29 11:00:00 2024\nstill the body\n"
	file := "From a@b Thu Feb 29 11:00:00 2024\nContent-Length: " + "59" + "\nSubject: one\n\n" + body + "\nFrom a@b Thu Feb 29 11:00:00 2024\nSubject: two\n\nx\n"
	if len(body) != 59 {
		t.Fatal(len(body))
	}
	m := newMemory()
	if r, bad := run(t, m, "In", filepath.Join(tree(t, map[string]string{"x": file}), "x")); r.Added != 2 || bad != nil {
		t.Fatalf("%+v %q %q", r, bad, texts(m.boxes["In"]))
	}
	if got := m.boxes["In"][0].text; !strings.HasSuffix(got, "still the body\r\n") {
		t.Fatalf("%q", got)
	}
}

func TestMaildir(t *testing.T) {
	dir := tree(t, map[string]string{
		"cur/1.a:2,FS":             "Subject: a\n\na\n",
		"new/2.b":                  "Subject: b\r\n\r\nb\r\n",
		"tmp/3.c":                  "not yet there",
		"cur/4.d:2,ab":             "Subject: a\n\na\n",
		"cur/5.e:2,":               "",
		"dovecot-keywords":         "0 $Label1\n1 work\n",
		"subscriptions":            "V\t2\n\nLists\tgo\nSent\n",
		".Lists.go/cur/6.f:2,RPTD": "Subject: f\n\nf",
		".Lists.go/new/":           "",
		".Entw&APw-rfe/cur/":       "",
		".Entw&APw-rfe/new/7.g":    "Subject: g\n\n",
	})
	for i, f := range []string{"cur/1.a:2,FS", "new/2.b", "cur/4.d:2,ab", "cur/5.e:2,"} {
		if err := os.Chtimes(filepath.Join(dir, f), time.Time{}, time.Unix(int64(1e9+i), 5)); err != nil {
			t.Fatal(err)
		}
	}
	m := newMemory()
	r, bad := run(t, m, "", dir)
	if r.Added != 5 || r.Mailboxes != 3 || len(bad) != 1 || !strings.HasPrefix(bad[0], "5.e:2,") {
		t.Fatalf("%+v %q", r, bad)
	}
	inbox := m.boxes["INBOX"]
	if want := []string{"Subject: a\r\n\r\na\r\n", "Subject: b\r\n\r\nb\r\n", "Subject: a\r\n\r\na\r\n"}; !slices.Equal(texts(inbox), want) {
		t.Fatalf("%q", texts(inbox))
	}
	for i, want := range [][]string{{`\Flagged`, `\Seen`}, nil, {"$Label1", "work"}} {
		if !slices.Equal(inbox[i].flags, want) || !inbox[i].date.Equal(time.Unix(int64(1e9+i), 0)) {
			t.Fatalf("%d: %q %v", i, inbox[i].flags, inbox[i].date)
		}
	}
	if f := m.boxes["Lists/go"]; len(f) != 1 || !slices.Equal(f[0].flags, []string{`\Answered`, "$Forwarded", `\Deleted`, `\Draft`}) {
		t.Fatalf("%+v", f)
	}
	if len(m.boxes["Entwürfe"]) != 1 || !slices.Equal(m.subscribed, []string{"Lists/go", "Sent"}) {
		t.Fatalf("%v %v", m.boxes, m.subscribed)
	}
	if r, _ := run(t, m, "", dir); r.Added != 0 || r.Skipped != 5 {
		t.Fatalf("second run: %+v", r)
	}
}

func TestRefusedMessageIsLeftOut(t *testing.T) {
	dir := tree(t, map[string]string{"cur/1": "a: 1\n\n", "cur/2": "a: evil\n\n", "cur/3": "a: 3\n\n", "new/": ""})
	m := newMemory()
	m.refuse = "evil"
	if r, bad := run(t, m, "Box", dir); r.Added != 2 || len(bad) != 1 || bad[0] != "2: refused" || len(m.boxes["Box"]) != 2 {
		t.Fatalf("%+v %q", r, bad)
	}
}

func TestNothingThere(t *testing.T) {
	dir := tree(t, map[string]string{"a.txt": "hello"})
	for _, p := range []string{dir, filepath.Join(dir, "a.txt"), filepath.Join(dir, "none")} {
		if _, err := (Import{Target: newMemory()}).Run(t.Context(), p); err == nil {
			t.Errorf("%s: no error", p)
		}
	}
}

func TestExportAndBack(t *testing.T) {
	out := newMemory()
	date := time.Unix(1.7e9, 0)
	out.boxes["INBOX"] = []stored{
		{"Subject: a\r\n\r\nbody\r\nno end", []string{`\Seen`, "$Label1", "Work"}, date},
		{"Subject: b\r\n\r\n", nil, date.Add(time.Second)},
	}
	out.boxes["Lists/go.dev"] = []stored{{"Subject: c\r\n\r\n", []string{`\Draft`, `\Answered`, `\Deleted`, `\Flagged`, "$Forwarded"}, date}}
	out.boxes["Entwürfe"] = nil
	out.subscribed = []string{"Entwürfe", "Lists/go.dev"}
	dir := filepath.Join(t.TempDir(), "mail")
	n, err := Export{Source: out}.Run(t.Context(), dir)
	if n != 3 || err != nil {
		t.Fatal(n, err)
	}
	if _, err := (Export{Source: out}).Run(t.Context(), dir); err == nil {
		t.Fatal("exported over a Maildir")
	}
	back := newMemory()
	if r, bad := run(t, back, "", dir); r.Added != 3 || bad != nil {
		t.Fatalf("%+v %q", r, bad)
	}
	for name, want := range out.boxes {
		got := back.boxes[name]
		if len(got) != len(want) {
			t.Fatalf("%s: %+v", name, got)
		}
		for i := range want {
			slices.Sort(want[i].flags)
			slices.Sort(got[i].flags)
			if got[i].text != want[i].text || !got[i].date.Equal(want[i].date) || !slices.Equal(got[i].flags, want[i].flags) {
				t.Errorf("%s %d: %+v, want %+v", name, i, got[i], want[i])
			}
		}
	}
	if !slices.Equal(back.subscribed, out.subscribed) {
		t.Fatal(back.subscribed)
	}
}

// TestExportNamesTheFilesSize: Dovecot cannot read a message whose S= is another
// (https://doc.dovecot.org/2.3/admin_manual/mailbox_formats/maildir/).
func TestExportNamesTheFilesSize(t *testing.T) {
	out, dir := newMemory(), filepath.Join(t.TempDir(), "mail")
	out.boxes["INBOX"] = []stored{{"Subject: a\r\n\r\nbare\nline\r\n\r", nil, time.Unix(1.7e9, 0)}}
	if _, err := (Export{Source: out}).Run(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "cur", "*"))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	if info, err := os.Stat(names[0]); err != nil || !strings.Contains(names[0], fmt.Sprintf(",S=%d:2,", info.Size())) {
		t.Errorf("%s has %d bytes, %v", names[0], info.Size(), err)
	}
}

// TestExportTellsLostKeywords: a Maildir has 26.
func TestExportTellsLostKeywords(t *testing.T) {
	out, dir := newMemory(), filepath.Join(t.TempDir(), "mail")
	var all []string
	for i := range 28 {
		all = append(all, fmt.Sprintf("keyword%02d", i))
	}
	out.boxes["INBOX"] = []stored{{"\r\n", all, time.Unix(1.7e9, 0)}}
	var lost []string
	e := Export{Source: out, Lost: func(mailbox string, keywords []string) { lost = append(append(lost, mailbox), keywords...) }}
	if _, err := e.Run(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if want := []string{"INBOX", "keyword26", "keyword27"}; !slices.Equal(lost, want) {
		t.Errorf("%q, want %q", lost, want)
	}
	back := newMemory()
	if run(t, back, "", dir); !slices.Equal(back.boxes["INBOX"][0].flags, all[:26]) {
		t.Errorf("%q", back.boxes["INBOX"][0].flags)
	}
}

func FuzzMbox(f *testing.F) {
	f.Add([]byte(mboxFile))
	f.Add([]byte("From a\n\n\n\nFrom b Thu Feb 29 11:00:00 2024\nContent-Length: 9999999999\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		total := int64(0)
		err := readMbox(t.Context(), path, func(string, error) {}, func(_ string, m Message) error {
			in, err := m.Open()
			if err != nil {
				return err
			}
			defer in.Close()
			n, err := io.Copy(io.Discard, in)
			total += n
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if total > 2*int64(len(data)) {
			t.Fatalf("%d bytes of messages from %d", total, len(data))
		}
	})
}
