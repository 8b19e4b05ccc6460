package main

import (
	"bufio"
	"bytes"
	"context"
	"embed"
	"errors"
	"io/fs"
	"strings"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/mailstore"
)

// sampleFiles are messages headed by lines of their own: @mailbox NAME, @age
// DURATION, @flags FLAG…; "@date" in a message becomes its date.
//
//go:embed sample/*.eml
var sampleFiles embed.FS

// sampleMessage is one file of the sample mailbox.
type sampleMessage struct {
	mailbox string
	flags   []string
	date    time.Time
	text    []byte // with CRLF line ends
}

// fillSample puts the sample mailbox into an account that has no messages.
func fillSample(ctx context.Context, store *mailstore.Store, id restante.AccountID) error {
	account, err := store.Account(ctx, id)
	if err != nil {
		return err
	}
	defer account.Release()
	if account.State().Usage().Messages > 0 {
		return nil
	}
	files, err := fs.Glob(sampleFiles, "sample/*.eml")
	if err != nil {
		return err
	}
	for _, f := range files {
		data, err := sampleFiles.ReadFile(f)
		if err != nil {
			return err
		}
		m, err := parseSample(data, time.Now())
		if err != nil {
			return err
		}
		if err := m.store(ctx, account); err != nil {
			return err
		}
	}
	return nil
}

func parseSample(data []byte, now time.Time) (sampleMessage, error) {
	m := sampleMessage{mailbox: "INBOX", date: now}
	var text bytes.Buffer
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Scan() {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		switch {
		case text.Len() > 0 || !strings.HasPrefix(word, "@"):
			text.WriteString(strings.ReplaceAll(lines.Text(), "@date", m.date.Format(time.RFC1123Z)) + "\r\n")
		case word == "@mailbox":
			m.mailbox = rest
		case word == "@flags":
			m.flags = strings.Fields(rest)
		case word == "@age":
			age, err := time.ParseDuration(rest)
			if err != nil {
				return m, err
			}
			m.date = now.Add(-age).Truncate(time.Second)
		}
	}
	m.text = text.Bytes()
	return m, lines.Err()
}

func (m sampleMessage) store(ctx context.Context, a *mailstore.Account) error {
	mb := a.State().MailboxByName(m.mailbox)
	if mb == nil {
		var err error
		if mb, err = a.CreateMailbox(ctx, m.mailbox, nil); err != nil && !errors.Is(err, restante.ErrExists) {
			return err
		}
		if err := a.SetSubscribed(ctx, m.mailbox, true); err != nil {
			return err
		}
	}
	p := a.BeginAppend(ctx)
	defer p.Abort()
	w, err := p.Message(mailstore.NewMessage{Flags: m.flags, InternalDate: m.date, Size: int64(len(m.text))})
	if err != nil {
		return err
	}
	if _, err := w.Write(m.text); err != nil {
		return err
	}
	_, err = p.Commit(ctx, mb.ID)
	return err
}
