package interchange

import (
	"cmp"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/mailstore"
)

// TestRandomRoundTrip exports random mail and imports it into another account, which has
// then the same folders, bytes, flags and dates, and those of a second in the same order.
// A second import adds nothing.
func TestRandomRoundTrip(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			s, err := mailstore.Open(t.Context(), mailstore.Options{KV: memkv.New()})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			from, to := newAccount(t, s, "from"), newAccount(t, s, "to")
			defer from.Release()
			defer to.Release()
			fillAtRandom(t, from, rand.New(rand.NewPCG(seed, 5)))
			dir := filepath.Join(t.TempDir(), "mail")
			n, err := Export{Source: from}.Run(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range []Report{{Added: n}, {Skipped: n}} {
				r, err := Import{Target: to, Bad: func(where string, err error) { t.Errorf("%s: %v", where, err) }}.Run(t.Context(), dir)
				if r.Mailboxes = 0; err != nil || r != want {
					t.Fatalf("import %d: %+v, want %+v, %v", i, r, want, err)
				}
			}
			want, got := contents(t, from), contents(t, to)
			for name, list := range want {
				if !slices.Equal(list, got[name]) {
					t.Errorf("%q:\n%.500q\nwant\n%.500q", name, got[name], list)
				}
			}
			if len(got) != len(want) || !slices.Equal(from.State().Subscriptions(), to.State().Subscriptions()) {
				t.Errorf("%d mailboxes of %d, subscribed %q, want %q", len(got), len(want), to.State().Subscriptions(), from.State().Subscriptions())
			}
			if r, err := s.Check(t.Context(), mailstore.CheckOptions{}); err != nil || !r.Clean() {
				t.Errorf("%v %+v", err, r)
			}
		})
	}
}

func newAccount(t *testing.T, s *mailstore.Store, name string) Account {
	id, err := s.CreateAccount(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.Account(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return Account{a}
}

// fillAtRandom makes mailboxes with messages.
func fillAtRandom(t *testing.T, a Account, rng *rand.Rand) {
	levels := []string{"Entwürfe", "a.b", ".c", "&", "&AC4-", "日本", "cur", "x y", "_", "box.mbox", "D", "~"}
	pick := func() string { return levels[rng.IntN(len(levels))] }
	names := []string{"INBOX", "INBOX/" + pick()}
	for range rng.IntN(5) {
		names = append(names, pick(), pick()+"/"+pick())
	}
	keywords := make([]string, maxKeywords)
	for i := range keywords {
		keywords[i] = fmt.Sprintf("$K/%c%d", "a.'~"[i%4], i)
	}
	flags := append(keywords, `\Seen`, `\Answered`, `\Flagged`, `\Draft`, `\Deleted`, "$Forwarded")
	for _, name := range names {
		if err := a.Mailbox(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		if rng.IntN(2) == 0 {
			if err := a.Subscribe(t.Context(), name); err != nil {
				t.Fatal(err)
			}
		}
		var batch []Message
		for range rng.IntN(30) {
			text := randomText(rng)
			m := Message{Size: int64(len(text)), Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}
			m.InternalDate = time.Unix(rng.Int64N(4e9)-5e8, 0)
			if rng.IntN(2) == 0 {
				m.InternalDate = time.Unix(1e9, 0)
			}
			for range rng.IntN(5) {
				m.Flags = append(m.Flags, flags[rng.IntN(len(flags))])
			}
			batch = append(batch, m)
		}
		if _, err := a.Append(t.Context(), name, batch); err != nil {
			t.Fatal(err)
		}
	}
}

// randomText is a message whose lines end in CRLF, and which may have a CR anywhere.
func randomText(rng *rand.Rand) string {
	var b strings.Builder
	for range 1 + rng.IntN(12) {
		b.WriteString([]string{"Subject: x", "From a@b Thu Feb 29 11:00:00 2024", ">From", "Status: RO", "\x00", "\xff\xfe", "a\rb", "x\r", "\r", ""}[rng.IntN(10)])
		b.WriteString([]string{"\r\n", "\r\n", "\r\n", "\r\r\n"}[rng.IntN(4)])
	}
	return b.String() + []string{"", "no end", "\r"}[rng.IntN(3)]
}

// contents gives of each mailbox its messages by date.
func contents(t *testing.T, a Account) map[string][]string {
	all := make(map[string][]string)
	for _, mb := range a.State().Mailboxes() {
		if mb.NoSelect {
			continue
		}
		var list []stored
		err := a.Messages(t.Context(), mb.Name, func(m Message) error {
			r, err := m.Open()
			if err != nil {
				return err
			}
			text, err := io.ReadAll(r)
			slices.SortFunc(m.Flags, func(a, b string) int { return cmp.Compare(strings.ToLower(a), strings.ToLower(b)) })
			list = append(list, stored{string(text), m.Flags, m.InternalDate})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.SortStableFunc(list, func(a, b stored) int { return a.date.Compare(b.date) })
		all[mb.Name] = []string{}
		for _, m := range list {
			all[mb.Name] = append(all[mb.Name], fmt.Sprintf("%d %q %q", m.date.Unix(), m.flags, m.text))
		}
	}
	return all
}

// A mailbox whose name no file can have is told, and the others are written.
func TestExportLongName(t *testing.T) {
	out := newMemory()
	long := strings.Repeat("x", 300)
	for _, name := range []string{"INBOX", long, "zzz"} {
		out.boxes[name] = []stored{{"a: " + name + "\r\n\r\n", nil, time.Unix(1e9, 0)}}
	}
	out.subscribed = []string{"zzz"}
	dir := filepath.Join(t.TempDir(), "mail")
	n, err := Export{Source: out}.Run(t.Context(), dir)
	if n != 2 || err == nil || !strings.Contains(err.Error(), long+": ") {
		t.Fatal(n, err)
	}
	back := newMemory()
	if r, bad := run(t, back, "", dir); r.Added != 2 || bad != nil || len(back.boxes["zzz"]) != 1 || !slices.Equal(back.subscribed, out.subscribed) {
		t.Fatalf("%+v %q", r, bad)
	}
}
