package cluster_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/restante/restante/test/imapclient"
)

// registry holds which message each UID was ever seen to be.
type registry struct {
	mu struct {
		sync.Mutex
		messages map[string]string // tokens, by user, mailbox and UID
	}
}

// saw answers an error if the UID was seen to be another message.
func (r *registry) saw(user, mailbox string, uid uint32, token string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mu.messages == nil {
		r.mu.messages = make(map[string]string)
	}
	key := fmt.Sprintf("%s %s %d", user, mailbox, uid)
	if before, ok := r.mu.messages[key]; ok && before != token {
		return fmt.Errorf("%w: UID %s was %s and is %s", errObserved, key, before, token)
	}
	r.mu.messages[key] = token
	return nil
}

// errObserved says that a client was told what cannot be.
var errObserved = errors.New("what was told cannot be")

// observer is a client that keeps the INBOX over all its connections, by QRESYNC
// (RFC 7162), and believes what it is told.
type observer struct {
	user string
	log  *registry

	client   *imapclient.Client
	validity uint64
	box      map[uint32]observed
	last     uint32 // the highest UID it has known
	exists   int
	// high is up to which modification sequence it knows all. heard is what RFC 7162
	// §6 reckons, of which high is short while there are messages of which only EXISTS
	// has told. told and seen are of the command under way.
	high, heard, told, seen uint64
}

type observed struct {
	modSeq uint64
	flags  string
	token  string
}

func newObserver(user string, log *registry) *observer {
	return &observer{user: user, log: log, box: make(map[uint32]observed)}
}

// use takes the mailbox up again over a new connection, and compares what it then
// believes with a fresh read.
func (o *observer) use(c *imapclient.Client) error {
	o.client, o.told, o.seen, o.heard = c, 0, 0, o.high
	if _, err := c.Do("ENABLE QRESYNC"); err != nil {
		return err
	}
	before := o.high
	command := "SELECT INBOX"
	if o.validity > 0 {
		command = fmt.Sprintf("SELECT INBOX (QRESYNC (%d %d))", o.validity, o.high)
	}
	reply, err := c.Do("%s", command)
	if err != nil {
		return err
	}
	if err := o.believe(reply); err != nil {
		return err
	}
	if o.heard < before {
		return fmt.Errorf("%w: HIGHESTMODSEQ went back from %d to %d", errObserved, before, o.heard)
	}
	return o.compare()
}

// compare reads the whole mailbox: what has not changed since the
// resynchronization must be as that has told.
func (o *observer) compare() error {
	synced, believed, last := o.heard, o.box, o.last
	o.box = make(map[uint32]observed)
	gone, err := o.fetch("1:*")
	if err != nil {
		o.box = believed
		return err
	}
	for uid, m := range o.box {
		b, known := believed[uid]
		switch {
		case last == 0: // this is the first time
		case !known && uid <= last:
			return fmt.Errorf("%w: UID %d is new, and %d was there before", errObserved, uid, last)
		case m.modSeq > synced:
		case !known:
			return fmt.Errorf("%w: UID %d at %d was not told of up to %d", errObserved, uid, m.modSeq, synced)
		case b.modSeq != m.modSeq || b.flags != m.flags:
			return fmt.Errorf("%w: UID %d is %+v after resynchronization, and %+v afresh", errObserved, uid, b, m)
		}
	}
	for uid, b := range believed {
		if _, there := o.box[uid]; !there && !slices.Contains(gone, uid) {
			return fmt.Errorf("%w: UID %d (%+v) is there after resynchronization to %d, and is not afresh", errObserved, uid, b, synced)
		}
	}
	return nil
}

// step waits a while for news and learns of new messages.
func (o *observer) step() error {
	reply, err := o.client.Idle(300 * time.Millisecond)
	if err != nil {
		return err
	}
	if err := o.believe(reply); err != nil {
		return err
	}
	if o.exists > len(o.box) {
		_, err = o.fetch(fmt.Sprintf("%d:*", o.last+1))
	}
	return err
}

// fetch learns of messages. It answers those that vanished meanwhile.
func (o *observer) fetch(set string) (gone []uint32, err error) {
	reply, err := o.client.Do("UID FETCH %s (FLAGS MODSEQ BODY.PEEK[HEADER.FIELDS (X-TOKEN)])", set)
	if err != nil {
		return nil, err
	}
	for _, line := range reply.Untagged {
		if set, ok := strings.CutPrefix(line, "VANISHED "); ok {
			gone = append(gone, numbers(set)...)
		}
	}
	return gone, o.believe(reply)
}

var (
	uidItem    = regexp.MustCompile(`\bUID (\d+)`)
	modSeqItem = regexp.MustCompile(`\bMODSEQ \((\d+)\)`)
	flagsItem  = regexp.MustCompile(`\bFLAGS \(([^)]*)\)`)
	tokenItem  = regexp.MustCompile(`X-Token: (\S+)`)
	codeItem   = regexp.MustCompile(`\[(UIDVALIDITY|HIGHESTMODSEQ) (\d+)\]`)
)

// believe takes what an answer tells.
func (o *observer) believe(reply imapclient.Reply) error {
	for _, line := range append(reply.Untagged, reply.Status+" "+reply.Text) {
		if err := o.line(line); err != nil {
			return err
		}
	}
	switch {
	case o.told > 0:
		o.heard = o.told
	case o.seen > o.heard:
		o.heard = o.seen
	}
	o.told, o.seen = 0, 0
	if o.exists == len(o.box) {
		o.high = o.heard
	}
	return nil
}

func (o *observer) line(line string) error {
	if found := codeItem.FindStringSubmatch(line); found != nil && strings.HasPrefix(line, "OK ") {
		n, err := strconv.ParseUint(found[2], 10, 64)
		if err != nil {
			return err
		}
		if found[1] == "HIGHESTMODSEQ" {
			o.told = n
		} else if o.validity != 0 && o.validity != n {
			return fmt.Errorf("%w: UIDVALIDITY was %d and is %d", errObserved, o.validity, n)
		} else {
			o.validity = n
		}
		return nil
	}
	if set, ok := strings.CutPrefix(line, "VANISHED "); ok {
		earlier, isEarlier := strings.CutPrefix(set, "(EARLIER) ")
		for _, uid := range numbers(earlier) {
			delete(o.box, uid)
			if !isEarlier {
				o.exists--
			}
		}
		return nil
	}
	word, rest, _ := strings.Cut(line, " ")
	if rest == "EXISTS" {
		n, err := strconv.Atoi(word)
		o.exists = n
		return err
	}
	if strings.HasPrefix(rest, "FETCH ") {
		return o.message(rest)
	}
	return nil
}

// message takes a FETCH response.
func (o *observer) message(line string) error {
	uids, modSeqs, flags := uidItem.FindStringSubmatch(line), modSeqItem.FindStringSubmatch(line), flagsItem.FindStringSubmatch(line)
	if uids == nil || modSeqs == nil || flags == nil {
		return fmt.Errorf("%w: FETCH without UID, MODSEQ or FLAGS: %q", errObserved, line)
	}
	n, err := strconv.ParseUint(uids[1], 10, 32)
	if err != nil {
		return err
	}
	uid := uint32(n)
	modSeq, err := strconv.ParseUint(modSeqs[1], 10, 64)
	if err != nil {
		return err
	}
	words := slices.DeleteFunc(strings.Fields(strings.ToLower(flags[1])), func(f string) bool { return f == `\recent` })
	slices.Sort(words)
	m := observed{modSeq: modSeq, flags: strings.Join(words, " ")}
	old, known := o.box[uid]
	switch {
	case known && modSeq < old.modSeq:
		return fmt.Errorf("%w: the modification sequence of UID %d went back from %d to %d", errObserved, uid, old.modSeq, modSeq)
	case known && modSeq == old.modSeq && m.flags != old.flags:
		return fmt.Errorf("%w: UID %d has changed from %q to %q without its modification sequence", errObserved, uid, old.flags, m.flags)
	}
	m.token = old.token
	if found := tokenItem.FindStringSubmatch(line); found != nil {
		m.token = found[1]
		if err := o.log.saw(o.user, "INBOX", uid, m.token); err != nil {
			return err
		}
	}
	o.box[uid], o.last, o.seen = m, max(o.last, uid), max(o.seen, modSeq)
	return nil
}

// numbers reads a set of numbers and ranges.
func numbers(set string) []uint32 {
	var all []uint32
	for part := range strings.SplitSeq(set, ",") {
		var first, last uint32
		if n, _ := fmt.Sscanf(part, "%d:%d", &first, &last); n == 1 {
			last = first
		}
		for uid := first; uid <= last; uid++ {
			all = append(all, uid)
		}
	}
	return all
}
