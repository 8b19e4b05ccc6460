package load

import (
	"fmt"
	"slices"
	"strings"

	"github.com/restante/restante/test/imapclient"
)

// place is where a message is.
type place struct {
	mailbox string
	uid     uint32
}

// message is what a worker knows of a message of its own.
type message struct {
	token string // in its header, unique but for copies
	flags string // sorted, lower case, with spaces between
}

// model is what the server acknowledged to one worker, which alone changes the
// messages whose token begins with its name.
type model struct {
	messages map[place]message
	pending  pending
}

// pending is the command that was sent and not answered when the server died:
// it may have been done or not.
type pending struct {
	what      string
	gone      map[place]bool   // messages that may be gone
	flags     map[place]string // flags that messages may have instead
	more      []extra          // messages that may be there in addition
	exclusive bool             // a message is either gone from its place or not there in addition
}

type extra struct {
	mailbox string
	message
}

// Stored is the messages of an account as the server has them.
type Stored map[place]message

// FetchAll reads all messages of the mailboxes that workers and deliverers write to.
func FetchAll(c *imapclient.Client) (Stored, error) {
	all := make(Stored)
	for _, mailbox := range mailboxes {
		messages, err := c.Messages(mailbox, "BODY.PEEK[HEADER.FIELDS (X-TOKEN)]")
		if err != nil {
			return nil, fmt.Errorf("%s: %w", mailbox, err)
		}
		for _, m := range messages {
			_, token, _ := strings.Cut(m.Item, ": ")
			at := place{mailbox, m.UID}
			if _, twice := all[at]; twice {
				return nil, fmt.Errorf("UID %d is in %s twice", m.UID, mailbox)
			}
			all[at] = message{strings.TrimSpace(token), strings.Join(m.Flags, " ")}
		}
	}
	return all, nil
}

// verify compares what the server has of a worker's messages with what it
// acknowledged. It answers one sentence for each message that is wrong.
func (m *model) verify(name string, all Stored) []string {
	var wrong []string
	addf := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	gone := make(map[string]bool) // tokens
	for at, want := range m.messages {
		got, there := all[at]
		other, open := m.pending.flags[at]
		switch {
		case !there && m.pending.gone[at]:
			gone[want.token] = true
		case !there:
			addf("%s at %v is lost", want.token, at)
		case got.token != want.token:
			addf("%v is %s and was %s", at, got.token, want.token)
		case got.flags != want.flags && (!open || got.flags != other):
			addf("%s at %v has the flags %q, not %q", want.token, at, got.flags, want.flags)
		}
	}
	found, open := make(map[string]bool), m.pending.more
	for at, got := range all {
		if _, known := m.messages[at]; known || !strings.HasPrefix(got.token, name+"-") {
			continue
		}
		i := slices.Index(open, extra{at.mailbox, got})
		if i < 0 {
			addf("%s at %v is there, and should not", got.token, at)
			continue
		}
		open = slices.Delete(slices.Clone(open), i, i+1)
		found[got.token] = true
	}
	if m.pending.exclusive {
		for at := range m.pending.gone {
			if token := m.messages[at].token; gone[token] != found[token] {
				addf("%s was moved by half: gone from its place: %v, arrived: %v", token, gone[token], found[token])
			}
		}
	}
	if len(wrong) > 0 {
		addf("the command under way was %q", m.pending.what)
	}
	return wrong
}

// adopt takes what the server has for what it acknowledged.
func (m *model) adopt(name string, all Stored) {
	m.messages, m.pending = make(map[place]message), pending{}
	for at, got := range all {
		if strings.HasPrefix(got.token, name+"-") {
			m.messages[at] = got
		}
	}
}

// Each calls f for every message.
func (s Stored) Each(f func(mailbox string, uid uint32, token string)) {
	for at, m := range s {
		f(at.mailbox, at.uid, m.token)
	}
}
