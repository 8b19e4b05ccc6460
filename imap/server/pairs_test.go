package server

import (
	"bytes"
	"compress/flate"
	"fmt"
	"maps"
	"net"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/restante/restante/mailstore"
)

// deflatedConn compresses what is written.
type deflatedConn struct {
	net.Conn
	w   *flate.Writer
	out *bytes.Buffer
}

func (c *deflatedConn) Write(b []byte) (int, error) {
	if _, err := c.w.Write(b); err != nil {
		return 0, err
	}
	if err := c.w.Flush(); err != nil {
		return 0, err
	}
	_, err := c.out.WriteTo(c.Conn)
	return len(b), err
}

// TestPairsDeclared holds that every row of the table has a form and every
// capability a use.
func TestPairsDeclared(t *testing.T) {
	written := map[string]bool{}
	for _, f := range forms {
		written[f.name] = true
	}
	for _, r := range table() {
		if !written[strings.TrimPrefix(r.name, "UID ")] {
			t.Errorf("%s: no form says how it is written", r.name)
		}
	}
	declared := uses()
	for _, l := range []Limits{{}, {CommandMessages: 3}} {
		_, all := fixedCapabilities(table(), l.filled())
		for _, name := range append(all, "STARTTLS") {
			name, _, _ = cutLimit(name)
			if _, is := declared[name]; !is {
				t.Errorf("%s: no use says what it changes", name)
			}
		}
	}
}

// cutLimit takes the number from a capability that tells one.
func cutLimit(name string) (string, string, bool) {
	if strings.HasPrefix(name, "APPENDLIMIT=") || strings.HasPrefix(name, "MESSAGELIMIT=") {
		return strings.Cut(name, "=")
	}
	return name, "", false
}

// TestPairs drives every two extensions that touch the same command together, in
// one session of an account of its own: each command that both touch is sent with
// what both add to it, and its answer must be right for both.
func TestPairs(t *testing.T) {
	declared := uses()
	names := slices.Sorted(maps.Keys(declared))
	users := make([]string, len(names)*len(names))
	for i := range users {
		users[i] = fmt.Sprintf("p%d", i)
	}
	options := hostOptions{
		imap: func(o *Options) {
			o.GmailExtensions, o.Administrators = true, users
			o.Referrals.Mailboxes = []MailboxReferral{{Prefix: "REMOTE", URLs: []string{"IMAP://user;AUTH=*@SERVER2/REMOTE"}}}
		},
		store: mailstore.Options{
			Mailboxes: []mailstore.NewMailbox{{Name: "Sent", SpecialUse: []string{`\Sent`}}},
			Limits:    mailstore.Limits{Quota: mailstore.Quota{Bytes: 1 << 20, Messages: 1000}},
		},
	}
	h := newHost(t, options)
	options.limits.CommandMessages = 3
	limited := newHost(t, options)
	for i, first := range names {
		for j, second := range names[:i] {
			a, b := declared[first], declared[second]
			if len(shared(a, b)) == 0 || a.login != "" && b.login != "" && a.login != "STARTTLS" && b.login != "STARTTLS" {
				continue
			}
			t.Run(first+" with "+second, func(t *testing.T) {
				on := h
				if a.limited || b.limited {
					on = limited
				}
				pair(t, on, users[i*len(names)+j], a, b)
			})
		}
	}
}

// touches reports whether an extension adds to a command or changes it.
func (u use) touches(r row) bool { return u.everywhere || len(u.of(r)) > 0 }

// of gives what an extension adds to a command.
func (u use) of(r row) (of []fill) {
	for _, f := range u.fills {
		if f.command == r.name || "UID "+f.command == r.name {
			of = append(of, f)
		}
	}
	return of
}

// shared gives the rows that both touch.
func shared(a, b use) (rows []row) {
	for _, r := range table() {
		if a.touches(r) && b.touches(r) {
			rows = append(rows, r)
		}
	}
	return rows
}

// pair drives two extensions together.
func pair(t *testing.T, h *host, user string, a, b use) {
	before := h.login(t, user)
	for range 6 {
		if err := h.deliver(user, "INBOX", pairedText); err != nil {
			t.Fatal(err)
		}
	}
	before.do("b1 SELECT INBOX")
	before.do(`b2 STORE 1 +FLAGS (\Deleted)`)
	before.do("b3 EXPUNGE") // so that numbers are not UIDs
	before.do("b4 LOGOUT")
	before.Close()

	p := &paired{client: h.client(t), t: t, user: user}
	defer p.Close()
	p.enter(a, b)
	rows := shared(a, b)
	if !slices.ContainsFunc(rows, func(r row) bool { return r.name == "CREATE" }) {
		p.must("CREATE "+made(a, b), false)
	}
	p.open(a, b)
	for i, u := range []use{a, b} {
		for _, text := range u.selected {
			tagged, _, _ := strings.Cut(text, "%K ")
			text = strings.ReplaceAll(text, "%K", fmt.Sprintf("own%d", i))
			if p.uidOnly && tagged == "" {
				text = strings.Replace(text, " ", " UID ", 1)
			}
			p.must(text, p.uidOnly)
		}
	}
	ended := false
	for _, f := range forms {
		for _, r := range rows {
			if f.text == "" || strings.TrimPrefix(r.name, "UID ") != f.name {
				continue
			}
			if f.name == "EXAMINE" {
				p.command("NOOP", false)
			}
			p.drive(f, r, a.of(r), b.of(r))
			ended = ended || f.name == "CLOSE" || f.name == "UNSELECT"
		}
	}
	if ended {
		p.open(a, b)
	}
	p.verify(h)
	if len(p.faults) > 0 {
		t.Errorf("%s\n\nfaults:\n%s", strings.Join(p.log, "\n"), strings.Join(p.faults, "\n"))
	}
}

// made gives the mailbox that commands about mailboxes name.
func made(all ...use) string {
	for _, u := range all {
		for _, f := range u.fills {
			if f.slot == "made" {
				return f.text
			}
		}
	}
	return slots["made"]
}

// drive sends one command with what two extensions add to it, or one after the
// other where only one has its place.
func (p *paired) drive(f form, r row, a, b []fill) {
	filled := map[string][]string{}
	for _, of := range append(slices.Clone(a), b...) {
		have := filled[of.slot]
		if one[of.slot] && len(have) > 0 && have[0] != of.text {
			p.drive(f, r, a, nil)
			p.drive(f, r, nil, b)
			return
		}
		if !slices.Contains(have, of.text) {
			filled[of.slot] = append(have, of.text)
		}
	}
	text, sent := f.write(r.uid(), filled)
	if !sent {
		return
	}
	lines, answer := p.command(text, r.uid())
	switch {
	case p.uidOnly && r.sequence:
		if !strings.HasPrefix(answer, "BAD [UIDREQUIRED]") {
			p.faultf("%s: %s, want BAD [UIDREQUIRED]", text, answer)
		}
		return
	case p.limited && strings.Contains(answer, "[MESSAGELIMIT "):
		return
	case !strings.HasPrefix(answer, "OK"):
		p.faultf("%s: %s", text, answer)
		return
	}
	all := strings.Join(append(lines, answer), "\n")
	for _, of := range append(slices.Clone(a), b...) {
		if of.want != "" && !regexp.MustCompile(of.want).MatchString(all) {
			p.faultf("%s: want %s, got %s", text, of.want, all)
		}
	}
}
