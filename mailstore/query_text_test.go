package mailstore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/mailstore/mailstoretest"
)

var searchedMessages = []string{
	1: "Subject: plain\r\nFrom: a@x\r\nX-Empty:\r\nDate: Mon, 7 Feb 1994 23:52:25 -0800\r\n\r\nHello World\r\n",
	2: "Subject: =?iso-8859-1?Q?Gr=FC=DFe?= aus\r\n\t=?utf-8?B?S8O2bG4=?=\r\nTo: \"Bob B.\" <bob@example.com>\r\n\r\ntwo\r\nlines\r\n",
	3: "From: c@x\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=iso-8859-1\r\n" +
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>Caf=E9 <b>au</b> lait</p><!-- hidden -->\r\n",
	4: "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\ntext part\r\n" +
		"--b\r\nContent-Type: application/octet-stream; name=secret.bin\r\nContent-Transfer-Encoding: base64\r\n\r\naW52aXNpYmxl\r\n" +
		"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: forwarded =?utf-8?Q?r=C3=A9sum=C3=A9?=\r\n\r\ninner text\r\n" +
		"--b\r\nContent-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; e@x\r\n--b--\r\n",
	5: "Subject: twice\r\nSubject: the other\r\nX-Tag: one\r\nX-Tag: two words\r\nX-Tag: three \r\n\t four\r\nCc: white  space <d@x>\r\nBcc: e@x\r\n\r\n",
	6: "Subject: " + strings.Repeat("long ", 60_000) + "needle\r\n\r\nsixth\r\n",
}

func deliver(t testing.TB, a *mailstore.Account, messages ...string) {
	t.Helper()
	p := a.BeginAppend(t.Context())
	for _, m := range messages {
		w, err := p.Message(mailstore.NewMessage{InternalDate: time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(m)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.Commit(t.Context(), a.State().MailboxByName("INBOX").ID); err != nil {
		t.Fatal(err)
	}
}

func TestSearchTexts(t *testing.T) {
	store, a := keepAccount(t, memkv.New(), 0)
	deliver(t, a, searchedMessages[1:]...)
	s, err := a.Snapshot(t.Context(), a.State().MailboxByName("INBOX").ID)
	if err != nil {
		t.Fatal(err)
	}
	day := mailstore.NewDay
	for _, c := range []struct {
		q    mailstore.Query
		want []int
	}{
		{mailstore.Subject{Text: "PLAIN"}, []int{1}},
		{mailstore.Subject{Text: "grüße AUS kÖLN"}, []int{2}},
		{mailstore.Subject{Text: "plaingr"}, nil}, // no match across messages
		{mailstore.Subject{}, []int{1, 2, 5, 6}},
		{mailstore.Subject{Text: "needle"}, []int{6}}, // beyond what is kept of the field
		{mailstore.Header{Field: "subject", Text: "twice"}, []int{5}},
		{mailstore.Header{Field: "Subject", Text: "Other"}, []int{5}}, // in the second of two
		{mailstore.Subject{Text: "other"}, []int{5}},
		{mailstore.To{Text: "bob b."}, []int{2}},
		{mailstore.To{Text: "BOB@example"}, []int{2}},
		{mailstore.From{}, []int{1, 3}},
		{mailstore.Cc{Text: "d@"}, []int{5}},
		{mailstore.Bcc{Text: "E@X"}, []int{5}},
		{mailstore.Header{Field: "X-Empty"}, []int{1}},
		{mailstore.Header{Field: "X-Tag", Text: "two W"}, []int{5}},
		{mailstore.Header{Field: "X-Tag", Text: "three four"}, []int{5}},
		{mailstore.Header{Field: "X-Tag", Text: "three  \tfour"}, []int{5}},
		{mailstore.Cc{Text: "white space <d@"}, []int{5}},
		{mailstore.Text{Text: "three four"}, []int{5}},
		{mailstore.Header{Field: "X-Tag", Text: "onetwo"}, nil},
		{mailstore.Body{Text: "hello world"}, []int{1}},
		{mailstore.Body{Text: "two\r\nlines"}, []int{2}},
		{mailstore.Body{Text: "café au lait"}, []int{3}},
		{mailstore.Body{Text: "plain"}, nil},
		{mailstore.Body{Text: "rfc822; e@x"}, []int{4}},
		{mailstore.Text{Text: "plain"}, []int{1, 4}}, // the subject, a part's type
		{mailstore.Text{Text: "Subject: plain"}, []int{1}},
		{mailstore.Text{Text: "secret.bin"}, []int{4}},
		{mailstore.Body{Text: "secret.bin"}, nil},
		{mailstore.Body{Text: "invisible"}, nil},
		{mailstore.Body{Text: "forwarded résumé"}, []int{4}},
		{mailstore.Body{Text: "inner"}, []int{4}},
		{mailstore.Body{}, []int{1, 2, 3, 4, 5, 6}},
		{mailstore.Text{}, []int{1, 2, 3, 4, 5, 6}},
		{mailstore.Or{mailstore.Body{Text: "lait"}, mailstore.Text{Text: "sixth"}}, []int{3, 6}},
		{mailstore.And{mailstore.Body{Text: "text"}, mailstore.Not{Query: mailstore.Body{Text: "none"}}, mailstore.Text{Text: "inner"}}, []int{4}},
		{mailstore.Not{Query: mailstore.Or{mailstore.Body{Text: "hello"}, mailstore.Body{Text: "lines"}}}, []int{3, 4, 5, 6}},
		{mailstore.SentDate{Since: day(1994, 2, 7), Before: day(1994, 2, 8)}, []int{1}}, // 8 February in UTC
		{mailstore.SentDate{Since: day(2024, 5, 6)}, []int{2, 3, 4, 5, 6}},
		{nil, []int{1, 2, 3, 4, 5, 6}},
	} {
		r, err := a.Search(t.Context(), s, c.q, mailstore.SearchOptions{})
		if err != nil {
			t.Fatalf("%#v: %v", c.q, err)
		}
		if got := slices.Collect(r.All()); !slices.Equal(got, c.want) {
			t.Errorf("%#v: %v, want %v", c.q, got, c.want)
		}
	}
	mailstoretest.MustCheck(t, store)
}

// A snapshot may hold messages that were expunged since: no text matches them.
func TestSearchExpunged(t *testing.T) {
	store, a := keepAccount(t, memkv.New(), 0)
	deliver(t, a, slices.Repeat(searchedMessages[1:3], 40)...)
	inbox := a.State().MailboxByName("INBOX").ID
	old, err := a.Snapshot(t.Context(), inbox)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.StoreFlags(t.Context(), inbox, mailstore.UIDSet{{First: 1, Last: 79}}, mailstore.AddFlags, []string{`\Deleted`}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Expunge(t.Context(), inbox, nil); err != nil {
		t.Fatal(err)
	}
	for range 2 { // with and without columns
		for _, q := range []mailstore.Query{
			mailstore.Subject{Text: "grüße"}, mailstore.Header{Field: "Subject"}, mailstore.Body{Text: "lines"},
		} {
			r, err := a.Search(t.Context(), old, mailstore.And{q, mailstore.To{Text: "bob"}}, mailstore.SearchOptions{})
			if err != nil || r.Count() != 1 || r.Min() != 80 {
				t.Errorf("%#v: %d found, %v", q, r.Count(), err)
			}
		}
	}
	mailstoretest.MustCheck(t, store)
}

// Searches see what is delivered while others search and build columns.
func TestSearchWhileDelivering(t *testing.T) {
	store, a := keepAccount(t, memkv.New(), 0)
	inbox := a.State().MailboxByName("INBOX").ID
	const rounds = 40
	var wg sync.WaitGroup
	for i := range 3 {
		wg.Go(func() {
			for range rounds {
				s, err := a.Snapshot(t.Context(), inbox)
				if err != nil {
					t.Error(err)
					return
				}
				q := []mailstore.Query{mailstore.Subject{Text: "number 1"}, mailstore.SentDate{Since: 1}, mailstore.Body{Text: "hello"}}[i]
				r, err := a.Search(t.Context(), s, q, mailstore.SearchOptions{})
				if err != nil || i > 0 && r.Count() != s.Len() {
					t.Errorf("%d of %d, %v", r.Count(), s.Len(), err)
				}
			}
		})
	}
	for i := range rounds {
		var list []string
		for k := range 20 {
			list = append(list, fmt.Sprintf("Subject: number %d\r\n\r\nhello\r\n", i*20+k))
		}
		deliver(t, a, list...)
	}
	wg.Wait()
	s, err := a.Snapshot(t.Context(), inbox)
	if err != nil {
		t.Fatal(err)
	}
	r, err := a.Search(t.Context(), s, mailstore.Subject{Text: "number 1"}, mailstore.SearchOptions{})
	if err != nil || r.Count() != 111 {
		t.Fatalf("%d found, %v", r.Count(), err)
	}
	mailstoretest.MustCheck(t, store)
}

// A search of texts ends soon after its context does.
func TestSearchInterrupted(t *testing.T) {
	engine := memkv.New()
	_, a := keepAccount(t, engine, 0)
	deliver(t, a, slices.Repeat(searchedMessages[1:2], 300)...)
	s, err := a.Snapshot(t.Context(), a.State().MailboxByName("INBOX").ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []mailstore.Query{mailstore.Body{Text: "x"}, mailstore.Subject{Text: "x"}, mailstore.Header{Field: "X"}} {
		ctx, cancel := context.WithCancel(t.Context())
		reads := 0
		engine.Inject(memkv.Faults{Read: func(kv.Partition, []byte) error {
			if reads++; reads == 20 {
				cancel()
			}
			return nil
		}})
		if _, err := a.Search(ctx, s, q, mailstore.SearchOptions{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%#v: %v", q, err)
		}
		cancel()
		if reads > 400 {
			t.Errorf("%#v: %d reads after the end", q, reads)
		}
	}
}
