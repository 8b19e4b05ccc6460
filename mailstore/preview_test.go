package mailstore_test

import (
	"fmt"
	"testing"

	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/mailstore/mailstoretest"
	"github.com/restante/restante/message"
)

// TestOlderSummaries holds that summaries of version 1 are read, are no fault to
// Check, and are made anew by Repair.
func TestOlderSummaries(t *testing.T) {
	ctx := t.Context()
	engine := memkv.New()
	s, err := mailstore.Open(ctx, mailstore.Options{KV: engine})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	id, err := s.CreateAccount(ctx, "alice")
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.Account(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Release()
	p := a.BeginAppend(ctx)
	w, err := p.Message(mailstore.NewMessage{})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(w, "Subject: x\r\n\r\nHello\r\nyou\r\n")
	if _, err := p.Commit(ctx, a.State().Mailboxes()[0].ID); err != nil {
		t.Fatal(err)
	}
	look := func(version int) {
		t.Helper()
		r, err := a.Reader(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		sum, err := r.Summary(1)
		if err != nil {
			t.Fatal(err)
		}
		text, ok := sum.Preview()
		if sum.Version() != version || string(sum.Subject()) != "x" || ok != (version > 1) || ok && string(text) != "Hello you" {
			t.Fatalf("version %d, subject %q, preview %q %v", sum.Version(), sum.Subject(), text, ok)
		}
		if text, err = r.Preview(1); err != nil || string(text) != "Hello you" {
			t.Fatalf("made anew: %q, %v", text, err)
		}
	}
	look(message.SummaryVersion)
	if err := mailstoretest.OldSummaries(ctx, engine, id, 0); err != nil {
		t.Fatal(err)
	}
	if err := a.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	look(1)
	mailstoretest.MustCheck(t, s)
	report, err := s.Repair(ctx, mailstore.RepairOptions{})
	if err != nil || report.Fixed != 1 || !report.Clean() {
		t.Fatalf("repair: %+v, %v", report, err)
	}
	look(message.SummaryVersion)
	mailstoretest.MustCheck(t, s)
}
