package server

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
)

// TestUntoldChanges has the store fail while a client is told what others did: nothing of
// that is taken for told, nor for a reason to tell a HIGHESTMODSEQ, and it is told once the
// store answers again.
func TestUntoldChanges(t *testing.T) {
	h := newHost(t, hostOptions{})
	a, b := h.login(t, "alice"), h.login(t, "alice")
	for range 4 {
		b.do("b APPEND INBOX {3+}\r\nnew")
	}
	a.do("a ENABLE QRESYNC")
	told := a.do("a SELECT INBOX (ANNOTATE)")
	account, err := h.account("alice")
	if err != nil {
		t.Fatal(err)
	}
	defer account.Release()
	if err := account.Refresh(context.Background()); err != nil {
		t.Fatal(err)
	}
	high := highest(told)
	b.do("b SELECT INBOX")
	b.do(`b STORE 4 ANNOTATION (/comment (value.priv "read me"))`)
	b.do(`b STORE 3 +FLAGS.SILENT (\Deleted)`)
	b.do(`b STORE 1 +FLAGS.SILENT (\Flagged)`)
	b.do("b EXPUNGE")
	b.do(`b STORE 2 +FLAGS.SILENT (\Deleted)`)

	const annotation = 0x13 // the kind of their rows
	var committed atomic.Bool
	h.kv.Inject(memkv.Faults{
		AfterCommit: func(context.Context, memkv.Commit) error { committed.Store(true); return nil },
		Read: func(p kv.Partition, key []byte) error {
			if committed.Load() && p == kv.Partition(account.ID()) && len(key) > 0 && key[0] == annotation {
				return restante.ErrUnavailable
			}
			return nil
		},
	})
	stored := a.do(`a STORE 1 +FLAGS (\Answered)`)
	committed.Store(false)
	lines, answer := a.try("a EXPUNGE")
	if !committed.Load() || !strings.HasPrefix(answer, "a OK ") {
		t.Fatalf("not expunged: %s", answer)
	}
	if got := highest(append(lines, "* "+strings.TrimPrefix(answer, "a "))); got != "" && got != high && !has(lines, "VANISHED") {
		t.Errorf("HIGHESTMODSEQ %s after %s, but nothing of it was told: %q %q", got, high, lines, answer)
	}
	h.kv.Inject(memkv.Faults{})
	lines = slices.Concat(stored, lines, a.do("a NOOP"))
	for _, want := range []string{"VANISHED 2:3", `FETCH (UID 1 FLAGS (\Answered \Flagged `, "FETCH (UID 4 ", "ANNOTATION (/comment"} {
		if !has(lines, want) {
			t.Errorf("%s is never told: %q", want, lines)
		}
	}
}

// has reports whether one of the lines holds a text.
func has(lines []string, text string) bool {
	return slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, text) })
}

// highest gives the last HIGHESTMODSEQ of the lines; "" is none.
func highest(lines []string) (n string) {
	for _, l := range lines {
		if _, v, is := strings.Cut(l, "[HIGHESTMODSEQ "); is {
			n, _, _ = strings.Cut(v, "]")
		}
	}
	return n
}
