package server

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
)

// paired is a client of two extensions that takes what it is told at its word, and
// finds what cannot be.
type paired struct {
	*client
	t    *testing.T
	user string
	log  []string
	tag  int
	// What its extensions make of the answers.
	rev2, condStore, qresync, uidOnly, notified, limited bool

	box    []uint32 // UIDs of the selected mailbox; 0: not told yet
	faults []string
}

func (p *paired) faultf(format string, args ...any) {
	p.faults = append(p.faults, fmt.Sprintf(format, args...))
}

// command sends a command with a tag of its own, or that before it in the text, and
// gives its answers, the tagged one last without its tag. uid says that FETCH data
// must tell UIDs.
func (p *paired) command(text string, uid bool) (lines []string, answer string) {
	p.tag++
	tag := "t" + strconv.Itoa(p.tag)
	if own, rest, found := strings.Cut(text, " "); found && strings.HasPrefix(own, "own") {
		tag, text = own, rest
	}
	text = strings.ReplaceAll(text, "%U", p.user+"@localhost")
	p.log = append(p.log, "C: "+tag+" "+text)
	lines, answer = p.try(tag + " " + text)
	for _, l := range append(slices.Clone(lines), answer) {
		p.log = append(p.log, "S: "+l)
	}
	if strings.HasPrefix(text, "SELECT") || strings.HasPrefix(text, "EXAMINE") {
		p.box = nil
	}
	for _, l := range lines {
		p.believe(text, l, uid)
	}
	return lines, strings.TrimPrefix(answer, tag+" ")
}

var (
	numbered = regexp.MustCompile(`^\* (\d+) (\w+)(?: (.*))?$`)
	toldUID  = regexp.MustCompile(`\bUID (\d+)`)
)

// believe takes one untagged response to a command.
func (p *paired) believe(command, l string, uid bool) {
	switch {
	case p.rev2 && (strings.HasPrefix(l, "* SEARCH ") || strings.HasSuffix(l, " RECENT")):
		p.faultf("%s: not of IMAP4rev2: %s", command, l)
	case !p.condStore && strings.Contains(l, "MODSEQ (") && !strings.Contains(l, "HIGHESTMODSEQ"):
		p.faultf("%s: MODSEQ for a client that does not know of it: %s", command, l)
	case strings.HasPrefix(l, "* BYE"):
		p.faultf("%s: %s", command, l)
	}
	if set, is := strings.CutPrefix(l, "* VANISHED "); is && !strings.HasPrefix(set, "(EARLIER)") {
		p.vanished(command, set)
	}
	m := numbered.FindStringSubmatch(l)
	if m == nil {
		return
	}
	n, _ := strconv.Atoi(m[1])
	switch m[2] {
	case "EXISTS":
		if n < len(p.box) {
			p.faultf("%s: EXISTS %d after %d", command, n, len(p.box))
			return
		}
		p.box = append(p.box, make([]uint32, n-len(p.box))...)
	case "EXPUNGE":
		if p.qresync || p.uidOnly || n < 1 || n > len(p.box) {
			p.faultf("%s: %s of %d", command, l, len(p.box))
			return
		}
		p.box = slices.Delete(p.box, n-1, n)
	case "CONVERTED":
		if !p.uidOnly { // else it is the UID
			p.fetched(command, l, n, m[3], uid)
		}
	case "FETCH":
		p.fetched(command, l, n, m[3], uid)
	case "UIDFETCH":
		if !p.uidOnly || !slices.Contains(p.box, uint32(n)) && !slices.Contains(p.box, 0) {
			p.faultf("%s: %s, which is not known", command, l)
		}
		p.changed(command, l)
	}
}

// fetched takes data of message n.
func (p *paired) fetched(command, l string, n int, data string, uid bool) {
	if p.uidOnly || n < 1 || n > len(p.box) {
		p.faultf("%s: %s of %d", command, l, len(p.box))
		return
	}
	told := toldUID.FindStringSubmatch(data)
	if told == nil {
		if uid {
			p.faultf("%s: without UID: %s", command, l)
		}
	} else if v, _ := strconv.ParseUint(told[1], 10, 32); p.box[n-1] != 0 && p.box[n-1] != uint32(v) {
		p.faultf("%s: message %d has UID %d: %s", command, n, p.box[n-1], l)
	} else {
		p.box[n-1] = uint32(v)
	}
	p.changed(command, l)
}

// changed holds that who knows of CONDSTORE is told of a change with its MODSEQ
// (RFC 7162 §3.1).
func (p *paired) changed(command, l string) {
	store := strings.HasPrefix(command, "STORE") || strings.HasPrefix(command, "UID STORE") || command == "NOOP"
	if p.condStore && store && !strings.Contains(l, "MODSEQ (") {
		p.faultf("%s: without MODSEQ: %s", command, l)
	}
}

// vanished takes VANISHED of messages that were there.
func (p *paired) vanished(command, set string) {
	gone, err := imap.ParseNumSet([]byte(set), 1000)
	if err != nil || !p.qresync && !p.uidOnly {
		p.faultf("%s: VANISHED %s", command, set)
		return
	}
	for uid := range gone.Numbers() {
		i := slices.Index(p.box, uid)
		if i < 0 {
			i = slices.Index(p.box, 0)
		}
		if i < 0 {
			p.faultf("%s: VANISHED %d, which was not there", command, uid)
			return
		}
		p.box = slices.Delete(p.box, i, i+1)
	}
}

// enter logs in as the uses want it.
func (p *paired) enter(all ...use) {
	how := "LOGIN"
	for _, u := range all {
		switch u.login {
		case "STARTTLS":
			p.startTLS(tls.VersionTLS13)
		case "":
		default:
			how = u.login
		}
	}
	if how == "UNAUTHENTICATE" {
		p.command("LOGIN "+p.user+" secret", false)
		p.command("ENABLE QRESYNC UIDONLY IMAP4rev2 UTF8=ACCEPT", false)
		p.command("UNAUTHENTICATE", false)
	}
	if how == "SASL-IR" {
		p.command("AUTHENTICATE PLAIN "+base64.StdEncoding.EncodeToString([]byte("\x00"+p.user+"\x00secret")), false)
	} else {
		p.command("LOGIN "+p.user+" secret", false)
	}
	for _, u := range all {
		if u.always != nil {
			u.always(p)
		}
		p.limited = p.limited || u.limited
		for _, on := range u.on {
			if on == "COMPRESS DEFLATE" {
				var out bytes.Buffer
				w := p.compressed(&out)
				p.Conn = &deflatedConn{p.Conn, w, &out}
				continue
			}
			p.must(on, false)
		}
	}
}

// must sends a command that is to be answered with OK.
func (p *paired) must(text string, uid bool) {
	if _, answer := p.command(text, uid); !strings.HasPrefix(answer, "OK") {
		p.faultf("%s: %s", text, answer)
	}
}

// open selects the mailbox as the uses want it.
func (p *paired) open(all ...use) {
	var with []string
	for _, u := range all {
		if u.open != "" {
			with = append(with, u.open)
		}
	}
	text := "SELECT INBOX"
	if with != nil {
		text += " (" + strings.Join(with, " ") + ")"
	}
	p.must(text, false)
}

// verify delivers a message, takes it away, and compares what the client believes
// with what is there.
func (p *paired) verify(h *host) {
	if err := h.deliver(p.user, "INBOX", pairedText); err != nil {
		p.t.Fatal(err)
	}
	before := len(p.box)
	p.must("NOOP", false)
	if len(p.box) != before+1 {
		p.faultf("%d messages after a delivery to %d", len(p.box), before)
	}
	p.must(`UID STORE * +FLAGS (\Deleted)`, true)
	p.must("UID EXPUNGE *", true)
	p.must("UID FETCH * FLAGS", true)
	p.must("NOOP", false)
	ctx := context.Background()
	a, err := h.account(p.user)
	if err != nil {
		p.t.Fatal(err)
	}
	defer a.Release()
	snap, err := a.Snapshot(ctx, a.State().MailboxByName("INBOX").ID)
	if err != nil {
		p.t.Fatal(err)
	}
	if snap.Len() != len(p.box) {
		p.faultf("believes in %d messages, there are %d", len(p.box), snap.Len())
		return
	}
	for i, uid := range p.box {
		if !p.uidOnly && uid != 0 && snap.UIDAt(i+1) != restante.UID(uid) {
			p.faultf("message %d: believes in UID %d, it is %d", i+1, uid, snap.UIDAt(i+1))
		}
	}
}
