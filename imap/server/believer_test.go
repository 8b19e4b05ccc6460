package server

import (
	"context"
	"fmt"
	"math/rand"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/mailstore"
)

// known is what a client believes of a message. UID 0 and nil flags are what it
// has not been told; ModSeq 0 likewise.
type known struct {
	uid    uint32
	flags  []string // sorted, without \Recent
	modSeq uint64
}

// believer is a client that takes every untagged response at its word, and that
// fails the test at one that cannot be true.
type believer struct {
	*client
	t         *testing.T
	name      string
	rnd       *rand.Rand
	qresync   bool
	condStore bool
	notifies  bool // it has used NOTIFY
	box       []known
	tag       int
	searched  []uint32 // of the last SEARCH response
	found     []uint32 // of the last ESEARCH response with ALL
	follows   map[string]*followed

	validity string // UIDVALIDITY, as SELECT told it
	// high is up to which modification sequence the client knows all, reckoned as
	// RFC 7162 §6 has it, from what it was told since the last tagged response: an
	// explicit HIGHESTMODSEQ, or else the highest MODSEQ item.
	high, explicit, seen uint64

	earlier  imap.NumSet     // of VANISHED (EARLIER)
	told     map[uint32]bool // the UIDs of which FETCH has told, where that is wanted
	modified imap.NumSet     // of the last MODIFIED
	saved    imap.NumSet     // "$" by UID, with what was expunged since
	hasSaved bool            // since the mailbox was selected
	log      []string
}

func (b *believer) failf(format string, args ...any) {
	b.t.Helper()
	from := max(0, len(b.log)-40)
	b.t.Fatalf("%s: %s\n%s", b.name, fmt.Sprintf(format, args...), strings.Join(b.log[from:], "\n"))
}

// command sends a command and believes the answers. It gives the type of the
// tagged answer.
func (b *believer) command(text string) string {
	b.t.Helper()
	return b.pipeline(text)[0]
}

// pipeline sends commands at once and believes the answers, whose types it gives.
func (b *believer) pipeline(commands ...string) []string {
	b.t.Helper()
	first, all := b.tag+1, ""
	for _, text := range commands {
		b.tag++
		line := "t" + strconv.Itoa(b.tag) + " " + text
		b.log = append(b.log, "C: "+line)
		all += line + "\r\n"
	}
	b.send(all)
	var answers []string
	for i, text := range commands {
		answers = append(answers, b.answer("t"+strconv.Itoa(first+i), text))
	}
	return answers
}

// answer believes what is said up to the tagged answer of a command.
func (b *believer) answer(tag, text string) string {
	b.t.Helper()
	word, _, _ := strings.Cut(text, " ")
	mayExpunge := word != "FETCH" && word != "STORE" && word != "SEARCH"
	for {
		l := b.line()
		b.log = append(b.log, "S: "+l)
		switch {
		case strings.HasPrefix(l, tag+" "):
			status, rest, _ := strings.Cut(l[len(tag)+1:], " ")
			if status == "BAD" {
				b.failf("%s answered by %s", text, l)
			}
			b.reckon(rest)
			return status
		case l == "+ idling" && text == "IDLE":
			b.send("DONE\r\n")
		case strings.HasPrefix(l, "+ "):
		case strings.HasPrefix(l, "* "):
			b.believe(l[2:], mayExpunge)
		default:
			b.failf("not a response: %q", l)
		}
	}
}

// reckon works out HIGHESTMODSEQ at a tagged response.
func (b *believer) reckon(text string) {
	b.believe("OK "+text, false)
	switch {
	case b.explicit > 0:
		b.high = b.explicit
	case b.seen > b.high:
		b.high = b.seen
	}
	b.explicit, b.seen = 0, 0
}

// believe takes one untagged response.
func (b *believer) believe(l string, mayExpunge bool) {
	word, rest, _ := strings.Cut(l, " ")
	if n, err := strconv.Atoi(word); err == nil {
		what, data, _ := strings.Cut(rest, " ")
		switch what {
		case "EXISTS":
			b.exists(n)
		case "EXPUNGE":
			b.expunged(n, mayExpunge)
		case "FETCH":
			b.fetched(n, data)
		}
		return
	}
	switch word {
	case "OK":
		if v, ok := strings.CutPrefix(rest, "[UIDVALIDITY "); ok {
			b.validity, _, _ = strings.Cut(v, "]")
		}
		if v, ok := strings.CutPrefix(rest, "[HIGHESTMODSEQ "); ok {
			v, _, _ = strings.Cut(v, "]")
			b.explicit, _ = strconv.ParseUint(v, 10, 64)
		}
		if v, ok := strings.CutPrefix(rest, "[MODIFIED "); ok {
			v, _, _ = strings.Cut(v, "]")
			b.modified, _ = imap.ParseNumSet([]byte(v), 1000)
		}
	case "VANISHED":
		b.vanished(rest, mayExpunge)
	case "ESEARCH":
		b.esearch(rest)
	case "SEARCH":
		b.searched = nil
		for _, f := range strings.Fields(rest) {
			if n, err := strconv.Atoi(f); err == nil {
				b.searched = append(b.searched, uint32(n))
			}
		}
	}
}

func (b *believer) exists(n int) {
	if n < len(b.box) {
		b.failf("EXISTS %d, but there are %d", n, len(b.box))
	}
	b.box = append(b.box, make([]known, n-len(b.box))...)
}

func (b *believer) expunged(n int, may bool) {
	if !may || b.qresync || n < 1 || n > len(b.box) {
		b.failf("EXPUNGE %d of %d", n, len(b.box))
	}
	b.box = slices.Delete(b.box, n-1, n)
	b.renumber(n)
}

// vanished takes a VANISHED response, of messages that the client must all have
// been told of.
func (b *believer) vanished(set string, may bool) {
	if earlier, ok := strings.CutPrefix(set, "(EARLIER) "); ok {
		gone, _ := imap.ParseNumSet([]byte(earlier), 1000)
		b.earlier = b.earlier.Union(gone)
		for _, k := range b.box {
			if gone.Contains(k.uid) {
				b.failf("VANISHED (EARLIER) %s, but UID %d is there", earlier, k.uid)
			}
		}
		return
	}
	gone, err := imap.ParseNumSet([]byte(set), 1000)
	if err != nil || !may || !b.qresync {
		b.failf("VANISHED %s (%v)", set, err)
	}
	for uid := range gone.Numbers() {
		i := slices.IndexFunc(b.box, func(k known) bool { return k.uid == uid })
		if i < 0 {
			// One of those of which only EXISTS has told, before the first that
			// is known to have a higher UID.
			i = slices.IndexFunc(b.box, func(k known) bool { return k.uid > uid })
			if i < 0 {
				i = len(b.box)
			}
			if i--; i < 0 || b.box[i].uid != 0 {
				b.failf("VANISHED %d, which is not known", uid)
			}
		}
		b.box = slices.Delete(b.box, i, i+1)
		b.renumber(i + 1)
	}
}

func (b *believer) fetched(n int, data string) {
	if n < 1 || n > len(b.box) {
		b.failf("FETCH of %d of %d", n, len(b.box))
	}
	k := &b.box[n-1]
	data = strings.TrimSuffix(strings.TrimPrefix(data, "("), ")")
	for data != "" {
		name, rest, _ := strings.Cut(data, " ")
		var value string
		if strings.HasPrefix(rest, "(") {
			value, data, _ = strings.Cut(rest[1:], ")")
			data = strings.TrimPrefix(data, " ")
		} else {
			value, data, _ = strings.Cut(rest, " ")
		}
		switch name {
		case "UID":
			uid, _ := strconv.ParseUint(value, 10, 32)
			if k.uid != 0 && k.uid != uint32(uid) {
				b.failf("message %d has UID %d, not %d", n, k.uid, uid)
			}
			k.uid = uint32(uid)
		case "FLAGS":
			k.flags = flagList(strings.Fields(value))
		case "MODSEQ":
			if !b.condStore {
				b.failf("MODSEQ for a client that does not know of it")
			}
			k.modSeq, _ = strconv.ParseUint(value, 10, 64)
			b.seen = max(b.seen, k.modSeq)
		default:
			b.failf("unasked item %q", name)
		}
	}
	if b.told != nil {
		b.told[k.uid] = true
	}
}

// flagList sorts flags and leaves out \Recent; it is never nil.
func flagList(flags []string) []string {
	list := []string{}
	for _, f := range flags {
		if f != imap.FlagRecent {
			list = append(list, f)
		}
	}
	slices.Sort(list)
	return list
}

// learn asks for what the client does not know of its messages.
func (b *believer) learn() {
	i := slices.IndexFunc(b.box, func(k known) bool { return k.uid == 0 || k.flags == nil })
	if i < 0 {
		return
	}
	items := "(UID FLAGS)"
	if b.condStore {
		items = "(UID FLAGS MODSEQ)"
	}
	b.command(fmt.Sprintf("FETCH %d:* %s", i+1, items))
}

var modelFlags = []string{`\Seen`, `\Flagged`, `\Deleted`, `\Deleted`, `\Answered`, "$Forwarded", "work"}

// store sends a STORE and, where it is silent, takes it as done, as RFC 9051
// §6.4.6 lets clients do; what the server answers overrides that.
func (b *believer) store() {
	n := len(b.box)
	lo := 1 + b.rnd.Intn(n)
	hi := min(n, lo+b.rnd.Intn(4))
	op := []string{"", "+", "-"}[b.rnd.Intn(3)]
	flag := modelFlags[b.rnd.Intn(len(modelFlags))]
	silent := ""
	if b.rnd.Intn(2) == 0 {
		silent = ".SILENT"
		for i := lo - 1; i < hi; i++ {
			b.box[i].apply(op, flag)
		}
	}
	args := fmt.Sprintf("%sFLAGS%s (%s)", op, silent, flag)
	if b.rnd.Intn(2) == 0 || b.box[lo-1].uid == 0 || b.box[hi-1].uid == 0 {
		b.command(fmt.Sprintf("STORE %d:%d %s", lo, hi, args))
	} else {
		b.command(fmt.Sprintf("UID STORE %d:%d %s", b.box[lo-1].uid, b.box[hi-1].uid, args))
	}
}

func (k *known) apply(op, flag string) {
	if k.flags == nil {
		return
	}
	flags := slices.Clone(k.flags)
	i := slices.Index(flags, flag)
	switch {
	case op == "":
		flags = []string{flag}
	case op == "+" && i < 0:
		flags = append(flags, flag)
	case op == "-" && i >= 0:
		flags = slices.Delete(flags, i, i+1)
	}
	k.flags = flagList(flags)
}

// step does something that clients do.
func (b *believer) step() {
	n := len(b.box)
	pick := func() (lo, hi int) {
		lo = 1 + b.rnd.Intn(n)
		return lo, min(n, lo+b.rnd.Intn(3))
	}
	switch op := b.rnd.Intn(20); {
	case op == 0:
		b.command("NOOP")
	case op == 1:
		b.command("IDLE")
	case op == 17:
		b.reselect()
	case op == 2:
		b.command("APPEND INBOX (work) {17+}\r\nSubject: new\r\n\r\n.")
	case n == 0:
		b.command("CHECK")
	case op <= 6:
		b.store()
	case op == 7:
		lo, hi := pick()
		b.command(fmt.Sprintf("FETCH %d:%d (UID FLAGS)", lo, hi))
	case op == 8:
		lo, hi := pick()
		b.command(fmt.Sprintf("COPY %d:%d INBOX", lo, hi))
	case op == 9:
		lo, hi := pick()
		b.command(fmt.Sprintf("MOVE %d:%d %s", lo, hi, []string{"Other", "INBOX"}[b.rnd.Intn(2)]))
	case op == 10:
		b.command("EXPUNGE")
	case op == 11 && b.box[n-1].uid != 0:
		b.command(fmt.Sprintf("UID EXPUNGE 1:%d", b.box[n-1].uid))
	case op == 12:
		b.search()
	case op >= 18:
		b.follow()
	case op == 13:
		b.command("UID FETCH 1:* (FLAGS)")
	case op == 14:
		b.command("UID SEARCH DELETED")
	default:
		b.command(fmt.Sprintf("UID COPY %d Other", 1+b.rnd.Intn(60)))
	}
	if b.rnd.Intn(3) == 0 {
		b.learn()
	}
}

// reselect leaves the mailbox and comes back: with QRESYNC to what the client
// kept of it, else to nothing.
func (b *believer) reselect() {
	if b.notifies {
		b.freeze() // so that nothing is told between what is kept and the answer to SELECT
	}
	b.learn()
	var kept []known
	var uids, match imap.NumSet // match: sequence numbers of every fifth
	var of []string             // and its UIDs
	for i, k := range b.box {
		if k.uid == 0 {
			break // what stands behind it is forgotten, for it is not known behind what
		}
		kept = append(kept, k)
		uids.AddNum(k.uid)
		if i%5 == 4 {
			match.AddNum(uint32(i + 1))
			of = append(of, strconv.Itoa(int(k.uid)))
		}
	}
	b.box, b.earlier, b.follows, b.hasSaved = nil, imap.NumSet{}, nil, false
	if b.rnd.Intn(2) == 0 {
		b.command("UNSELECT")
	}
	if !b.qresync || len(kept) == 0 {
		b.command("SELECT INBOX")
		b.learn()
		return
	}
	args := b.validity + " " + strconv.FormatUint(b.high, 10)
	if b.rnd.Intn(2) == 0 {
		args += " " + uids.String()
		if !match.IsEmpty() && b.rnd.Intn(2) == 0 {
			args += " (" + match.String() + " " + strings.Join(of, ",") + ")"
		}
	}
	b.command("SELECT INBOX (QRESYNC (" + args + "))")
	kept = slices.DeleteFunc(kept, func(k known) bool { return b.earlier.Contains(k.uid) })
	if len(kept) > len(b.box) {
		b.failf("%d messages are left of those kept, there are %d", len(kept), len(b.box))
	}
	for i, k := range kept {
		switch now := &b.box[i]; now.uid {
		case 0:
			*now = k
		case k.uid:
		default:
			b.failf("message %d should have UID %d, and has %d", i+1, k.uid, now.uid)
		}
	}
	b.learn()
}

func (b *believer) search() {
	b.command("SEARCH ALL")
	if len(b.searched) > len(b.box) {
		b.failf("SEARCH gave %v of %d messages", b.searched, len(b.box))
	}
	for i, n := range b.searched {
		if int(n) > len(b.box) || i > 0 && n <= b.searched[i-1] {
			b.failf("SEARCH gave %v of %d messages", b.searched, len(b.box))
		}
	}
}

// verify compares what the client believes with the mailbox, once nothing
// changes any more.
func (b *believer) verify(a *mailstore.Account) {
	b.t.Helper()
	b.command("NOOP")
	if err := a.Refresh(context.Background()); err != nil {
		b.t.Fatal(err)
	}
	s, err := a.Snapshot(context.Background(), a.State().MailboxByName("INBOX").ID)
	if err != nil {
		b.t.Fatal(err)
	}
	if len(b.box) != s.Len() {
		b.failf("believes in %d messages, there are %d", len(b.box), s.Len())
	}
	for i, k := range b.box {
		m := s.At(i + 1)
		set := s.Flags().Set(m.FlagSet)
		real := flagList(strings.Fields(string(set.Wire)))
		if k.uid != 0 && restante.UID(k.uid) != m.UID {
			b.failf("message %d: believes in UID %d, it is %d", i+1, k.uid, m.UID)
		}
		if k.flags != nil && !slices.Equal(k.flags, real) {
			b.failf("message %d (UID %d): believes in %v, it has %v", i+1, m.UID, k.flags, real)
		}
		if b.condStore && k.modSeq != 0 && restante.ModSeq(k.modSeq) != m.ModSeq {
			b.failf("message %d (UID %d): believes in MODSEQ %d, it is %d", i+1, m.UID, k.modSeq, m.ModSeq)
		}
	}
	b.verifyFollowed()
	b.learn()
}
