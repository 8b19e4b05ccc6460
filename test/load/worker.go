package load

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/restante/restante/test/imapclient"
)

// mailboxes are those that workers change. Archive is made with an account, Work
// must be made.
var mailboxes = []string{"INBOX", "Archive", "Work"}

var flagNames = []string{`\Seen`, `\Flagged`, `\Answered`, "$Forwarded", "Work", "Urgent"}

// A Worker is one connection that changes messages of its own in an account that
// it shares with others.
type Worker struct {
	name, user string
	model      model
	random     *rand.Rand
	next       int // number of its next message

	client   *imapclient.Client
	selected string
}

// NewWorker makes a worker without a connection. Its name, which begins no
// other worker's, marks its messages; its choices come from random.
func NewWorker(name, user string, random *rand.Rand) *Worker {
	return &Worker{name: name, user: user, model: model{messages: make(map[place]message)}, random: random}
}

// User is the login name of the worker's account.
func (w *Worker) User() string { return w.user }

// Use has the worker go on over a connection that has logged in.
func (w *Worker) Use(c *imapclient.Client) { w.client, w.selected = c, "" }

// Verify compares what the server has with what it acknowledged to the worker,
// and answers one sentence for each message that is wrong. What the last command
// has done is open if it was not acknowledged, now and later.
func (w *Worker) Verify(all Stored) []string { return w.model.verify(w.name, all) }

// Adopt takes what the server has for what it acknowledged. Nothing may be under way
// any more.
func (w *Worker) Adopt(all Stored) { w.model.adopt(w.name, all) }

// Step does one command. When the connection is gone, what the command may have
// done is in the model; errServer says that the answer makes no sense.
func (w *Worker) Step() error {
	if w.selected == "" || w.random.IntN(12) == 0 {
		mailbox := mailboxes[w.random.IntN(len(mailboxes))]
		if _, err := w.client.Do("SELECT %s", mailbox); err != nil {
			return err
		}
		w.selected = mailbox
	}
	some := w.some()
	if len(some) == 0 {
		return w.append()
	}
	switch n := w.random.IntN(20); {
	case n < 7:
		return w.append()
	case n < 13:
		return w.store(some)
	case n < 15:
		return w.copy(some)
	case n < 18:
		return w.move(some)
	default:
		return w.expunge(some)
	}
}

// some picks up to eight of the worker's messages in the selected mailbox.
func (w *Worker) some() []place {
	var all []place
	for at := range w.model.messages {
		if at.mailbox == w.selected {
			all = append(all, at)
		}
	}
	slices.SortFunc(all, func(a, b place) int { return int(a.uid) - int(b.uid) })
	w.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:min(len(all), 1+w.random.IntN(8))]
}

// letter makes a message of some size, now and then a large one.
func (w *Worker) letter() (token string, text []byte) {
	w.next++
	token = fmt.Sprintf("%s-%d-%d", w.name, w.next, w.random.Uint32())
	size := w.random.IntN(4 << 10)
	switch w.random.IntN(60) {
	case 0:
		size = 2 << 20
	case 1, 2, 3:
		size = 100 << 10
	}
	return token, letter(token, size)
}

func (w *Worker) append() error {
	token, text := w.letter()
	flags := w.flags()
	mailbox := mailboxes[w.random.IntN(len(mailboxes))]
	m := message{token, canonical(flags)}
	w.model.pending = pending{what: "APPEND", more: []extra{{mailbox, m}}}
	_, uid, err := w.client.Append(mailbox, strings.Join(flags, " "), text)
	return w.done(err, func() { w.model.messages[place{mailbox, uid}] = m })
}

func (w *Worker) store(some []place) error {
	flags := w.flags()
	operation := []string{"+FLAGS.SILENT", "-FLAGS.SILENT", "FLAGS.SILENT", "+FLAGS"}[w.random.IntN(4)]
	after := make(map[place]string)
	for _, at := range some {
		have := strings.Fields(w.model.messages[at].flags)
		switch operation[0] {
		case '+':
			have = append(have, flags...)
		case '-':
			have = slices.DeleteFunc(have, func(f string) bool {
				return slices.ContainsFunc(flags, func(g string) bool { return strings.EqualFold(f, g) })
			})
		default:
			have = flags
		}
		after[at] = canonical(have)
	}
	w.model.pending = pending{what: "STORE", flags: after}
	_, err := w.client.Do("UID STORE %s %s (%s)", set(some), operation, strings.Join(flags, " "))
	return w.done(err, func() {
		for at, flags := range after {
			w.model.messages[at] = message{w.model.messages[at].token, flags}
		}
	})
}

func (w *Worker) copy(some []place) error {
	to := w.other()
	w.model.pending = pending{what: "COPY", more: w.extras(some, to)}
	reply, err := w.client.Do("UID COPY %s %s", set(some), to)
	if err != nil {
		return err
	}
	w.model.pending = pending{}
	return w.copied(reply.Text, to, false)
}

func (w *Worker) move(some []place) error {
	to := w.other()
	w.model.pending = pending{what: "MOVE", more: w.extras(some, to), gone: placesOf(some), exclusive: true}
	reply, err := w.client.Do("UID MOVE %s %s", set(some), to)
	if err != nil {
		return err
	}
	w.model.pending = pending{}
	// RFC 9051 §6.4.8: COPYUID comes in an untagged OK.
	for _, line := range reply.Untagged {
		if strings.HasPrefix(line, "OK [COPYUID ") {
			return w.copied(line, to, true)
		}
	}
	return fmt.Errorf("%w: MOVE told no COPYUID: %q", errServer, reply)
}

// expunge marks messages and expunges them; what others have marked stays.
func (w *Worker) expunge(some []place) error {
	after := make(map[place]string)
	for _, at := range some {
		after[at] = canonical(append(strings.Fields(w.model.messages[at].flags), `\Deleted`))
	}
	w.model.pending = pending{what: "STORE Deleted", flags: after}
	if _, err := w.client.Do(`UID STORE %s +FLAGS.SILENT (\Deleted)`, set(some)); err != nil {
		return err
	}
	for at, flags := range after {
		w.model.messages[at] = message{w.model.messages[at].token, flags}
	}
	w.model.pending = pending{what: "EXPUNGE", gone: placesOf(some)}
	_, err := w.client.Do("UID EXPUNGE %s", set(some))
	return w.done(err, func() {
		for _, at := range some {
			delete(w.model.messages, at)
		}
	})
}

// done records what a command has done, if it was acknowledged.
func (w *Worker) done(err error, record func()) error {
	if err == nil {
		w.model.pending = pending{}
		record()
	}
	return err
}

// copied records the new places of copies by [COPYUID validity from to].
func (w *Worker) copied(line, to string, moved bool) error {
	_, code, _ := strings.Cut(line, "[COPYUID ")
	code, _, _ = strings.Cut(code, "]")
	words := strings.Fields(code)
	if len(words) != 3 {
		return fmt.Errorf("%w: no COPYUID in %q", errServer, line)
	}
	from, new := expand(words[1]), expand(words[2])
	if len(from) != len(new) {
		return fmt.Errorf("%w: COPYUID of different lengths: %q", errServer, line)
	}
	for i := range from {
		at := place{w.selected, from[i]}
		m, known := w.model.messages[at]
		if !known {
			return fmt.Errorf("%w: COPYUID of %v, which was not asked for", errServer, at)
		}
		w.model.messages[place{to, new[i]}] = m
		if moved {
			delete(w.model.messages, at)
		}
	}
	return nil
}

func (w *Worker) extras(some []place, to string) []extra {
	var all []extra
	for _, at := range some {
		all = append(all, extra{to, w.model.messages[at]})
	}
	return all
}

// other picks a mailbox besides the selected one.
func (w *Worker) other() string {
	i := slices.Index(mailboxes, w.selected)
	return mailboxes[(i+1+w.random.IntN(len(mailboxes)-1))%len(mailboxes)]
}

func (w *Worker) flags() []string {
	var some []string
	for _, f := range flagNames {
		if w.random.IntN(4) == 0 {
			some = append(some, f)
		}
	}
	return some
}

func canonical(flags []string) string {
	all := strings.Fields(strings.ToLower(strings.Join(flags, " ")))
	slices.Sort(all)
	return strings.Join(slices.Compact(all), " ")
}

func placesOf(some []place) map[place]bool {
	all := make(map[place]bool)
	for _, at := range some {
		all[at] = true
	}
	return all
}

// set writes the UIDs of places in one mailbox.
func set(some []place) string {
	var uids []string
	for _, at := range some {
		uids = append(uids, strconv.FormatUint(uint64(at.uid), 10))
	}
	return strings.Join(uids, ",")
}

// expand reads a UID set of numbers and rising ranges.
func expand(set string) []uint32 {
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

// errServer says that the server answered what it should not.
var errServer = errors.New("wrong answer")

// Wrong reports whether the server refused a command or answered what makes no
// sense, rather than being dead.
func Wrong(err error) bool {
	var refused *imapclient.RefusedError
	return errors.As(err, &refused) || errors.Is(err, errServer)
}
