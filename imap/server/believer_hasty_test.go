package server

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/restante/restante/imap"
)

// hasty does something that a client does which sends commands before others are
// answered, or which depends on modification sequences and saved results.
func (b *believer) hasty() {
	n := len(b.box)
	switch op := b.rnd.Intn(9); {
	case op == 0:
		b.pipeline("IDLE\r\nDONE", "NOOP", "IDLE\r\nDONE")
	case n == 0:
		b.pipeline("NOOP", "CHECK", "UID FETCH 1:* (FLAGS)")
	case op <= 2:
		b.numbered()
	case op <= 4 && b.condStore:
		b.storeUnchanged()
	case op == 5 && b.qresync:
		b.catchUp()
	case op == 6:
		b.save()
	case op == 7 && !b.qresync && len(b.follows) == 0:
		b.awaken()
	default:
		b.refer()
	}
}

// numbered sends commands at once that name messages by number: up to the last of
// them no number may change its meaning.
func (b *believer) numbered() {
	n := len(b.box)
	var all []string
	for range 2 + b.rnd.Intn(3) {
		lo := 1 + b.rnd.Intn(n)
		flag := modelFlags[b.rnd.Intn(len(modelFlags))]
		all = append(all, []string{
			fmt.Sprintf("FETCH %d:%d (UID FLAGS)", lo, n), "SEARCH UNSEEN",
			fmt.Sprintf("STORE %d +FLAGS (%s)", lo, flag), fmt.Sprintf("STORE %d -FLAGS (%s)", n, flag),
		}[b.rnd.Intn(4)])
	}
	all = append(all, []string{"EXPUNGE", "NOOP", "UID FETCH 1:* (FLAGS)", "COPY 1 Other", "APPEND INBOX {17+}\r\nSubject: new\r\n\r\n."}[b.rnd.Intn(5)])
	b.pipeline(all...)
}

// storeUnchanged stores flags of messages unless somebody else has changed them since
// the client last knew all (RFC 7162 §3.1.3), and takes it as done with those that are not
// said to be MODIFIED. Flags that the answer tells are what they are.
func (b *believer) storeUnchanged() {
	lo := 1 + b.rnd.Intn(len(b.box))
	hi := min(len(b.box), lo+b.rnd.Intn(4))
	kept := slices.Clone(b.box[lo-1 : hi])
	var since uint64
	for i, k := range kept {
		if k.uid == 0 || k.flags == nil {
			return
		}
		since = max(since, k.modSeq)
		b.box[lo-1+i].flags = nil // until told
	}
	op, flag := []string{"", "+", "-"}[b.rnd.Intn(3)], modelFlags[b.rnd.Intn(len(modelFlags))]
	args := fmt.Sprintf("(UNCHANGEDSINCE %d) %sFLAGS%s (%s)", since, op, []string{"", ".SILENT"}[b.rnd.Intn(2)], flag)
	uids := fmt.Sprintf("%d:%d", kept[0].uid, kept[len(kept)-1].uid)
	b.modified, b.told = imap.NumSet{}, make(map[uint32]bool)
	byUID := b.rnd.Intn(2) == 0
	if byUID {
		b.command("UID STORE " + uids + " " + args)
	} else {
		b.command(fmt.Sprintf("STORE %d:%d %s", lo, hi, args))
	}
	var answered imap.NumSet // by UID; what is not is gone
	for i, was := range kept {
		failed := b.modified.Contains(uint32(lo+i)) && !byUID || b.modified.Contains(was.uid) && byUID
		if now := b.byUID(was.uid); now != nil && now.flags == nil {
			if now.flags = was.flags; !failed && b.told[was.uid] {
				now.apply(op, flag)
			}
		}
		if failed || b.told[was.uid] {
			answered.AddNum(was.uid)
		}
	}
	believed := slices.Clone(b.box)
	b.command("UID FETCH " + uids + " (FLAGS MODSEQ)")
	for _, k := range kept {
		if b.byUID(k.uid) != nil && !answered.Contains(k.uid) {
			b.failf("UID %d is there and was neither MODIFIED nor told", k.uid)
		}
	}
	for _, k := range believed {
		if now := b.byUID(k.uid); k.uid != 0 && now != nil && now.modSeq == k.modSeq && !slices.Equal(now.flags, k.flags) {
			b.failf("UID %d had %v, believed in %v, with the same MODSEQ %d", k.uid, now.flags, k.flags, k.modSeq)
		}
	}
}

// byUID gives a message that the client knows by its UID; nil for another.
func (b *believer) byUID(uid uint32) *known {
	i := slices.IndexFunc(b.box, func(k known) bool { return k.uid == uid })
	if i < 0 {
		return nil
	}
	return &b.box[i]
}

// catchUp asks what has changed since a modification sequence that the client knew all
// up to (RFC 7162 §3.2.6): each message that it kept is there or has vanished.
func (b *believer) catchUp() {
	b.learn()
	kept, since := slices.Clone(b.box), b.high
	for range b.rnd.Intn(4) {
		b.command([]string{"NOOP", "UID FETCH 1:* (FLAGS)", "EXPUNGE"}[b.rnd.Intn(3)])
	}
	b.earlier = imap.NumSet{}
	before := slices.Clone(b.box)
	b.command("UID FETCH 1:* (FLAGS) (CHANGEDSINCE " + strconv.FormatUint(since, 10) + " VANISHED)")
	for _, k := range kept {
		there := func(l known) bool { return l.uid == k.uid }
		if k.uid != 0 && !slices.ContainsFunc(before, there) && !b.earlier.Contains(k.uid) {
			b.failf("UID %d has vanished since %d and is not told, but %s", k.uid, since, b.earlier.String())
		}
	}
}

// save keeps the result of a search as "$", and uses it at once.
func (b *believer) save() {
	b.learn()
	b.found, b.hasSaved = nil, true
	b.command("UID SEARCH RETURN (SAVE ALL) " + []string{"UNSEEN", "DELETED", "ALL", "NOT KEYWORD work"}[b.rnd.Intn(4)])
	b.saved = imap.NumSet{}
	for _, uid := range b.found {
		b.saved.AddNum(uid)
	}
}

// refer uses "$": it holds what was saved and is still there (RFC 9051 §6.4.4.1).
func (b *believer) refer() {
	if !b.hasSaved {
		return
	}
	b.learn()
	var want []uint32
	for i, k := range b.box {
		if k.uid == 0 {
			return
		}
		if b.saved.Contains(k.uid) {
			want = append(want, uint32(i+1))
		}
	}
	b.found, b.told = nil, make(map[uint32]bool)
	b.pipeline("FETCH $ (UID FLAGS)", "SEARCH RETURN (ALL) $")
	for _, seq := range want { // no number has changed its meaning
		if !b.told[b.box[seq-1].uid] {
			b.failf("FETCH $ has not told message %d of %v", seq, want)
		}
	}
	if !slices.Equal(b.found, want) {
		b.failf("$ is %v, should be %v", b.found, want)
	}
}

// awaken enables CONDSTORE or QRESYNC in the selected state.
func (b *believer) awaken() {
	b.learn()
	which := []string{"CONDSTORE", "QRESYNC"}[b.rnd.Intn(2)]
	b.condStore = true
	if which == "QRESYNC" {
		b.qresync = true
	}
	b.command("ENABLE " + which)
	b.command("FETCH 1:* (UID FLAGS MODSEQ)")
}

// TestHastySessions lets sessions run at once whose clients pipeline, store on
// condition, catch up and use saved results, on one node and on two over one store.
func TestHastySessions(t *testing.T) {
	for name, site := range sites(t) {
		for seed := int64(300); seed < 304; seed++ {
			t.Run(name, func(t *testing.T) { hastySessions(t, seed, site(t)...) })
		}
	}
}

func hastySessions(t *testing.T, seed int64, nodes ...*host) {
	all := believers(t, 6, seed, nodes...)
	a := atOnce(t, nodes, all, 40, func(_ int, b *believer) {
		for range 60 {
			if b.rnd.Intn(2) == 0 {
				b.hasty()
			} else {
				b.step()
			}
		}
	})
	for _, b := range all {
		if !t.Failed() {
			b.verify(a)
		}
	}
}
