package mailstore_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/mailstore"
)

// step is one random operation: on a store, and on a model of it.
type step struct {
	name    string
	relaxed bool // it changes flags only
	run     func(context.Context, *mailstore.Account) error
	model   func(*model) error
}

// contentParts is what searches of a content look for.
type contentParts struct{ subject, from, body string }

var words = []string{"apples", "pears", "Quitten", "Äpfel", "straße", "メール", "invoice", "lunch"}

func randomWords(rng *rand.Rand, n int) string {
	var list []string
	for range n {
		list = append(list, words[rng.IntN(len(words))])
	}
	return strings.Join(list, " ")
}

// randomContent makes a message, mostly a small one. With large it may be one
// that is staged in chunks.
func randomContent(rng *rand.Rand, large bool) (contentParts, []byte) {
	p := contentParts{subject: randomWords(rng, 2), from: fmt.Sprintf("user%d@example.org", rng.IntN(20)), body: randomWords(rng, 1+rng.IntN(40))}
	header := fmt.Sprintf("From: Someone <%s>\r\nSubject: =?utf-8?B?%s?=\r\nMessage-ID: <%d@x>\r\nReferences: <%d@x>\r\n"+
		"MIME-Version: 1.0\r\nX-Pad: %s\r\n", p.from, base64.StdEncoding.EncodeToString([]byte(p.subject)),
		rng.IntN(300), rng.IntN(300), strings.Repeat("p", rng.IntN(100)))
	body := "Content-Type: text/plain; charset=utf-8\r\n"
	if rng.IntN(2) == 0 {
		body += "Content-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString([]byte(p.body)) + "\r\n"
	} else {
		body += "\r\n" + p.body + "\r\n"
	}
	size := rng.IntN(3000)
	switch k := rng.IntN(60); {
	case k < 6:
		size = rng.IntN(40_000)
	case k < 8:
		size = 200_000 + rng.IntN(200_000)
	case k == 8 && large:
		size = 1_000_000 + rng.IntN(800_000)
	case k < 14:
		return p, []byte(header + body)
	}
	return p, []byte(header + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + body +
		"\r\n--b\r\nContent-Type: application/octet-stream\r\n\r\n" + strings.Repeat("x\r\n", size/3) + "\r\n--b--\r\n")
}

// randomStep makes an operation that fits what the model holds, most times.
func randomStep(rng *rand.Rand, m *model, large bool) step {
	switch k := rng.IntN(100); {
	case k < 35:
		return appendStep(rng, m, large)
	case k < 58:
		return flagStep(rng, m)
	case k < 68:
		return copyStep(rng, m, false)
	case k < 76:
		return copyStep(rng, m, true)
	case k < 85:
		return expungeStep(rng, m)
	}
	return mailboxStep(rng, m)
}

var mailboxNames = []string{"INBOX", "a", "a/b", "a/b/c", "Sent", "日本", "INBOX/x", "z"}

// anyName is the name of a mailbox that is there, or now and then any.
func anyName(rng *rand.Rand, m *model) string {
	for range 20 {
		name := mailboxNames[rng.IntN(len(mailboxNames))]
		if b := m.boxes[name]; b != nil && !b.noSelect {
			return name
		}
	}
	return mailboxNames[rng.IntN(len(mailboxNames))]
}

// idOf answers a mailbox's number, one that is not there for a name that is not.
func idOf(a *mailstore.Account, name string) restante.MailboxID {
	if mb := a.State().MailboxByName(name); mb != nil {
		return mb.ID
	}
	return 1 << 40
}

func randomFlags(rng *rand.Rand) []string {
	all := []string{`\Seen`, `\Deleted`, `\Flagged`, `\Answered`, "$Work", "later", "x1", "x2"}
	var list []string
	for range rng.IntN(4) {
		list = append(list, all[rng.IntN(len(all))])
	}
	return list
}

// randomUIDs picks UIDs that a mailbox has or had.
func randomUIDs(rng *rand.Rand, m *model, name string) mailstore.UIDSet {
	b := m.boxes[name]
	if b == nil || b.uidNext < 2 || rng.IntN(8) == 0 {
		return mailstore.UIDSet{{First: 1, Last: 1<<32 - 1}}
	}
	var ranges []mailstore.UIDRange
	for range 1 + rng.IntN(4) {
		first := restante.UID(1 + rng.IntN(int(b.uidNext)))
		ranges = append(ranges, mailstore.UIDRange{First: first, Last: first + restante.UID(rng.IntN(6))})
	}
	return mailstore.NewUIDSet(ranges)
}

func appendStep(rng *rand.Rand, m *model, large bool) step {
	name := anyName(rng, m)
	var list []modelMessage
	for range 1 + rng.IntN(3)*rng.IntN(3) {
		parts, content := randomContent(rng, large)
		list = append(list, modelMessage{
			flags: applyFlags(nil, mailstore.ReplaceFlags, randomFlags(rng)), content: content, parts: parts,
			internal: time.Unix(1_700_000_000+rng.Int64N(10_000_000), 0).In(time.FixedZone("", (rng.IntN(27)-13)*3600)),
		})
	}
	piece := 1 + rng.IntN(300_000)
	return step{
		name: fmt.Sprintf("append %d to %s", len(list), name),
		run: func(ctx context.Context, a *mailstore.Account) error {
			p := a.BeginAppend(ctx)
			defer p.Abort()
			for _, msg := range list {
				w, err := p.Message(mailstore.NewMessage{Flags: msg.flags, InternalDate: msg.internal})
				if err != nil {
					return err
				}
				for chunk := range slices.Chunk(msg.content, piece) {
					if _, err := w.Write(chunk); err != nil {
						return err
					}
				}
			}
			_, err := p.Commit(ctx, idOf(a, name))
			return err
		},
		model: func(m *model) error { return m.append(name, list) },
	}
}

func flagStep(rng *rand.Rand, m *model) step {
	name := anyName(rng, m)
	uids, op, flags := randomUIDs(rng, m, name), mailstore.FlagOp(rng.IntN(3)), randomFlags(rng)
	return step{
		name: fmt.Sprintf("flags %d %v of %s %v", op, flags, name, uids), relaxed: true,
		run: func(ctx context.Context, a *mailstore.Account) error {
			_, err := a.StoreFlags(ctx, idOf(a, name), uids, op, flags, nil)
			return err
		},
		model: func(m *model) error { return m.store(name, uids, op, flags) },
	}
}

func copyStep(rng *rand.Rand, m *model, move bool) step {
	from, to := anyName(rng, m), anyName(rng, m)
	for move && to == from {
		to = mailboxNames[rng.IntN(len(mailboxNames))]
	}
	uids := randomUIDs(rng, m, from)
	return step{
		name: fmt.Sprintf("copy (move %v) %v from %s to %s", move, uids, from, to),
		run: func(ctx context.Context, a *mailstore.Account) error {
			var err error
			if move {
				_, err = a.Move(ctx, idOf(a, from), uids, idOf(a, to))
			} else {
				_, err = a.Copy(ctx, idOf(a, from), uids, idOf(a, to))
			}
			return err
		},
		model: func(m *model) error { return m.copy(from, uids, to, move) },
	}
}

func expungeStep(rng *rand.Rand, m *model) step {
	name := anyName(rng, m)
	var uids mailstore.UIDSet
	if rng.IntN(3) == 0 {
		uids = randomUIDs(rng, m, name)
	}
	return step{
		name: fmt.Sprintf("expunge %s %v", name, uids),
		run: func(ctx context.Context, a *mailstore.Account) error {
			_, err := a.Expunge(ctx, idOf(a, name), uids)
			return err
		},
		model: func(m *model) error { return m.expunge(name, uids) },
	}
}

func mailboxStep(rng *rand.Rand, m *model) step {
	name, other := mailboxNames[rng.IntN(len(mailboxNames))], mailboxNames[rng.IntN(len(mailboxNames))]
	switch rng.IntN(9) {
	case 0, 1, 2, 3:
		return step{
			name: "create " + name,
			run: func(ctx context.Context, a *mailstore.Account) error {
				_, err := a.CreateMailbox(ctx, name, nil)
				return err
			},
			model: func(m *model) error { return m.create(name) },
		}
	case 4:
		return step{
			name:  "delete " + name,
			run:   func(ctx context.Context, a *mailstore.Account) error { return a.DeleteMailbox(ctx, name) },
			model: func(m *model) error { return m.delete(name) },
		}
	case 5, 6:
		return step{
			name:  "rename " + name + " to " + other,
			run:   func(ctx context.Context, a *mailstore.Account) error { return a.RenameMailbox(ctx, name, other) },
			model: func(m *model) error { return m.rename(name, other) },
		}
	case 7:
		on := rng.IntN(2) == 0
		return step{
			name: fmt.Sprintf("subscribe %s %v", name, on),
			run:  func(ctx context.Context, a *mailstore.Account) error { return a.SetSubscribed(ctx, name, on) },
			model: func(m *model) error {
				delete(m.subs, name)
				if on {
					m.subs[name] = true
				}
				return nil
			},
		}
	}
	q := mailstore.Quota{Messages: int64(rng.IntN(2) * (50 + rng.IntN(400)))}
	return step{
		name:  fmt.Sprintf("quota %v", q),
		run:   func(ctx context.Context, a *mailstore.Account) error { return a.SetQuota(ctx, q) },
		model: func(m *model) error { m.quota = q; return nil },
	}
}

// take runs a step on the account and answers the model afterwards; the old
// one is left alone.
func (s step) take(t testing.TB, ctx context.Context, a *mailstore.Account, m *model) *model {
	t.Helper()
	next := m.clone()
	want := s.model(next)
	if want != nil {
		next = m
	}
	if err := s.run(ctx, a); !errors.Is(err, want) {
		t.Fatalf("%s: %v, want %v", s.name, err, want)
	}
	if err := next.adopt(a.State()); err != nil {
		t.Fatalf("%s: %v", s.name, err)
	}
	return next
}
