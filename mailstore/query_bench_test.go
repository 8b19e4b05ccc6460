package mailstore_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/kv/pebblekv"
	"github.com/restante/restante/mailstore"
)

// fillForSearch puts n messages of about 6 KB into INBOX of a new account on
// the embedded engine.
func fillForSearch(b *testing.B, n int) (*pebblekv.Store, restante.AccountID) {
	b.Helper()
	engine, err := pebblekv.Open(pebblekv.Options{Dir: b.TempDir(), Reserve: -1})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = engine.Close() })
	store, a := openAccount(b, engine, 0)
	inbox := a.State().MailboxByName("INBOX").ID
	for done := 0; done < n; done += 500 {
		p := a.BeginAppend(b.Context())
		for i := done; i < done+500; i++ {
			at := time.Unix(1_600_000_000+int64(i)*900, 0)
			w, err := p.Message(mailstore.NewMessage{InternalDate: at, Flags: []string{`\Seen`, `\Flagged`, "$Work"}[:i%4]})
			if err != nil {
				b.Fatal(err)
			}
			fmt.Fprintf(w, "Return-Path: <u%d@example.org>\r\nReceived: from mx%d.example.net (mx.example.net [192.0.2.7])\r\n\tby mail.example.com (Postfix) with ESMTPS id %08X\r\n\tfor <alice@example.com>; %s\r\n"+
				"From: \"User Number %d\" <u%d@example.org>\r\nTo: Alice Adams <alice@example.com>, bob%d@example.com\r\nCc: team@example.com\r\n"+
				"Subject: Re: quarterly report %d about topic %d\r\nDate: %s\r\nMessage-ID: <%d.%d@example.org>\r\nIn-Reply-To: <%d.x@example.org>\r\nMIME-Version: 1.0\r\n"+
				"Content-Type: multipart/alternative; boundary=\"b1\"\r\n\r\n--b1\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n%s\r\n--b1\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>%s</p>\r\n--b1--\r\n",
				i%500, i%7, i, at.Format(time.RFC1123Z), i%500, i%500, i%50, i%100, i%1000, at.Format(time.RFC1123Z), i, i%13, i-1,
				strings.Repeat("some words of the plain text =E2=80=94 and more\r\n", 50), strings.Repeat("some <b>words</b> of the text and more<br>\r\n", 60))
		}
		if _, err := p.Commit(b.Context(), inbox); err != nil {
			b.Fatal(err)
		}
	}
	a.Release()
	if err := store.Close(); err != nil {
		b.Fatal(err)
	}
	return engine, a.ID()
}

// BenchmarkSearchEngine searches 20,000 messages on the embedded engine: first
// is what the first search of an account costs, when nothing is in memory.
func BenchmarkSearchEngine(b *testing.B) {
	engine, id := fillForSearch(b, 20000)
	search := func(b *testing.B, store *mailstore.Store, q mailstore.Query) {
		a, err := store.Account(b.Context(), id)
		if err != nil {
			b.Fatal(err)
		}
		defer a.Release()
		s, err := a.Snapshot(b.Context(), a.State().MailboxByName("INBOX").ID)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := a.Search(b.Context(), s, q, mailstore.SearchOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	for _, c := range []struct {
		name string
		q    mailstore.Query
	}{
		{"flags", mailstore.And{mailstore.Not{Query: mailstore.HasFlag{Flag: `\Seen`}}, mailstore.Not{Query: mailstore.HasFlag{Flag: `\Deleted`}}}},
		{"since+smaller", mailstore.And{mailstore.InternalDate{Since: mailstore.NewDay(2021, 1, 1)}, mailstore.Smaller{Size: 7000}}},
		{"subject", mailstore.Subject{Text: "topic 77"}},
		{"from", mailstore.From{Text: "u42@"}},
		{"header", mailstore.Header{Field: "X-Mailer", Text: "x"}},
		{"body-rare", mailstore.Body{Text: "nowhere to be found"}},
		{"body-common", mailstore.Body{Text: "words"}},
		{"text", mailstore.Text{Text: "nowhere to be found"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			store, a := openAccount(b, engine, id)
			defer func() { a.Release(); _ = store.Close() }()
			search(b, store, c.q)
			b.ReportAllocs()
			for b.Loop() {
				search(b, store, c.q)
			}
		})
	}
	b.Run("subject-first", func(b *testing.B) {
		for b.Loop() {
			store, a := openAccount(b, engine, id)
			search(b, store, mailstore.Subject{Text: "topic 77"})
			a.Release()
			_ = store.Close()
		}
	})
	b.Run("check", func(b *testing.B) {
		store, a := openAccount(b, engine, id)
		defer func() { a.Release(); _ = store.Close() }()
		for b.Loop() {
			r, err := store.Check(context.Background(), mailstore.CheckOptions{})
			if err != nil || !r.Clean() {
				b.Fatal(err, r.Findings)
			}
			b.SetBytes(r.Bytes)
		}
	})
}
