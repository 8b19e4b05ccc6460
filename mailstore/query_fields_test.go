package mailstore_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/mailstore/mailstoretest"
	"github.com/restante/restante/message"
	"github.com/restante/restante/search"
)

// TestSearchFields compares searches of the header fields that have columns, by every
// comparator, with what the headers themselves say.
func TestSearchFields(t *testing.T) {
	fields := []string{"Subject", "From", "To", "Cc", "Bcc"}
	values := []string{
		"Plan A", "plan a", "", " ", "=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "=?utf-8?q?GR=C3=9CSSE?=", "Gr\xfc\xdfe", "=?x-none?q?Plan_A?=",
		"Plan\r\n\tA", "Plan\tA", "\"Plan A\" <plan@example.org>, b@example.org",
	}
	// One is too long to be kept whole.
	headers := []string{"X-None: 1\r\n\r\n", "Subject: " + strings.Repeat("long ", 60_000) + "Plan A\r\n\r\n"}
	for _, f := range fields {
		for _, v := range values {
			headers = append(headers, f+": "+v+"\r\n\r\n")
		}
	}
	store, a := keepAccount(t, memkv.New(), 0)
	deliver(t, a, headers...)
	s, err := a.Snapshot(t.Context(), a.State().MailboxByName("INBOX").ID)
	if err != nil {
		t.Fatal(err)
	}
	has := func(header, field, text string, by search.Comparator) bool {
		fold := func(b []byte, by search.Comparator) string {
			return strings.ReplaceAll(string(by.Append(nil, b)), "\t", " ")
		}
		for value, decoded := range message.HeaderTexts([]byte(header), field) {
			by := by
			if !decoded {
				by = search.Octet
			}
			if strings.Contains(fold(value, by), fold([]byte(text), by)) {
				return true
			}
		}
		return false
	}
	for _, field := range fields {
		for _, text := range []string{"", "Plan A", "plan a", "PLAN", "Grüße", "grüsse", "\xfc", "long Plan", "example.org"} {
			for _, by := range []search.Comparator{search.UnicodeCasemap, search.ASCIICasemap, search.Octet} {
				var want []int
				for i, h := range headers {
					if has(h, field, text, by) {
						want = append(want, i+1)
					}
				}
				r, err := a.Search(t.Context(), s, mailstore.Header{Field: field, Text: text, By: by}, mailstore.SearchOptions{})
				if err != nil {
					t.Fatal(err)
				}
				if got := slices.Collect(r.All()); !slices.Equal(got, want) {
					t.Errorf("%s %q by %v: %v, want %v", field, text, by, got, want)
				}
			}
		}
	}
	mailstoretest.MustCheck(t, store)
}

// TestSearchEnvelopeAddresses finds addresses as the envelope has them, whatever stands between
// their parts in the header (RFC 9051 §6.4.4).
func TestSearchEnvelopeAddresses(t *testing.T) {
	_, a := keepAccount(t, memkv.New(), 0)
	deliver(t, a, "From: Ann <ann@\r\n x.example>\r\nTo: \"bob.b\"@x.example\r\nCc: carol (home) @ x.example\r\nBcc: a@y\r\n\r\n")
	s, err := a.Snapshot(t.Context(), a.State().MailboxByName("INBOX").ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		query mailstore.Query
		found int
	}{
		{mailstore.From{Text: "ANN@x.example"}, 1},
		{mailstore.From{Text: "ann@ x.example"}, 1},
		{mailstore.From{Text: "bob.b@x.example"}, 0},
		{mailstore.To{Text: "bob.b@x.example"}, 1},
		{mailstore.To{Text: `"bob.b"@x`}, 1},
		{mailstore.Cc{Text: "carol@x.example"}, 1},
		{mailstore.Bcc{Text: "a@y"}, 1},
		{mailstore.Header{Field: "Cc", Text: "(home)"}, 1},
	} {
		r, err := a.Search(t.Context(), s, c.query, mailstore.SearchOptions{})
		if err != nil || r.Count() != c.found {
			t.Errorf("%#v: %d found, want %d (%v)", c.query, r.Count(), c.found, err)
		}
	}
}
