package server

import (
	"context"
	"fmt"
	"math/rand"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/mailstore"
)

// box is what a client believes of a mailbox that it does not select.
type box struct{ messages, uidNext, uidValidity, unseen int }

// observer is a client that knows of its mailboxes what NOTIFY tells it (RFC 5465)
// and what it does itself, and asks for nothing.
type observer struct {
	*client
	t          *testing.T
	boxes      map[string]*box
	subscribed map[string]bool
	tag        int
	log        []string
}

func newObserver(t *testing.T, h *host) *observer {
	o := &observer{client: h.login(t, "alice"), t: t, boxes: map[string]*box{}, subscribed: map[string]bool{}}
	o.command(`NOTIFY SET STATUS (personal (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange))`)
	return o
}

func (o *observer) failf(format string, args ...any) {
	o.t.Helper()
	from := max(0, len(o.log)-120)
	o.t.Fatalf("%s\n%s", fmt.Sprintf(format, args...), strings.Join(o.log[from:], "\n"))
}

// command sends a command and believes the answers; it gives the tagged one.
func (o *observer) command(text string) string {
	o.t.Helper()
	o.tag++
	tag := "t" + strconv.Itoa(o.tag)
	o.log = append(o.log, "C: "+tag+" "+text)
	o.send(tag + " " + text + "\r\n")
	for {
		l := o.line()
		o.log = append(o.log, "S: "+l)
		if rest, mine := strings.CutPrefix(l, tag+" "); mine {
			return rest
		}
		if rest, is := strings.CutPrefix(l, "* LIST ("); is {
			o.listed(rest)
		} else if rest, is := strings.CutPrefix(l, "* STATUS "); is {
			o.status(rest)
		} else {
			o.failf("not expected: %q", l)
		}
	}
}

// listed takes a LIST response.
func (o *observer) listed(l string) {
	attrs, rest, _ := strings.Cut(l, `) "/" "`)
	name, rest, _ := strings.Cut(rest, `"`)
	if old, renamed := strings.CutPrefix(rest, ` ("OLDNAME" ("`); renamed {
		if old, _, _ = strings.Cut(old, `"`); old == "INBOX" {
			o.boxes[name] = &box{uidNext: 1}
		} else {
			o.move(old, name)
		}
	}
	o.subscribed[name] = strings.Contains(attrs, `\Subscribed`)
	if strings.Contains(attrs, `\NonExistent`) {
		delete(o.boxes, name)
	} else if o.boxes[name] == nil {
		o.boxes[name] = &box{uidNext: 1}
	}
}

// move renames a mailbox with all below it.
func (o *observer) move(from, to string) {
	moved := map[string]*box{}
	for name, b := range o.boxes {
		if rest, ok := strings.CutPrefix(name, from); ok && (rest == "" || rest[0] == '/') {
			moved[to+rest] = b
			delete(o.boxes, name)
		}
	}
	for name, b := range moved {
		o.boxes[name] = b
	}
}

// status takes a STATUS response.
func (o *observer) status(l string) {
	name, rest, _ := strings.Cut(l[1:], `" (`)
	b := o.boxes[name]
	if b == nil {
		b = &box{}
		o.boxes[name] = b
	}
	words := strings.Fields(strings.TrimSuffix(rest, ")"))
	for i := 0; i+1 < len(words); i += 2 {
		n, _ := strconv.Atoi(words[i+1])
		switch words[i] {
		case "MESSAGES":
			b.messages = n
		case "UIDNEXT":
			b.uidNext = n
		case "UIDVALIDITY":
			b.uidValidity = n
		case "UNSEEN":
			b.unseen = n
		}
	}
}

// names that mailboxes have, of which many are below another.
func observedName(rnd *rand.Rand) string {
	n := string(rune('a' + rnd.Intn(3)))
	for rnd.Intn(2) == 0 {
		n += "/" + string(rune('a'+rnd.Intn(3)))
	}
	return n
}

// step does something that changes names or messages; the observer knows what it
// has done itself.
func (o *observer) step(rnd *rand.Rand) {
	name := observedName(rnd)
	switch rnd.Intn(6) {
	case 0:
		o.command("NOOP")
	case 1:
		if strings.HasPrefix(o.command("CREATE "+name), "OK") {
			o.boxes[name] = &box{uidNext: 1} // levels above that it made are told
		}
	case 2:
		if strings.HasPrefix(o.command("DELETE "+name), "OK") {
			delete(o.boxes, name)
		}
	case 3:
		if strings.HasPrefix(o.command("SUBSCRIBE "+name), "OK") {
			o.subscribed[name] = true
		}
	case 4:
		if strings.HasPrefix(o.command("UNSUBSCRIBE "+name), "OK") {
			o.subscribed[name] = false
		}
	case 5:
		const text = "Subject: x\r\n\r\n"
		answer := o.command(fmt.Sprintf("APPEND %s {%d+}\r\n%s", name, len(text), text))
		var validity, uid int
		if n, _ := fmt.Sscanf(answer, "OK [APPENDUID %d %d]", &validity, &uid); n == 2 {
			b := o.valid(name, validity)
			if b == nil {
				o.failf("APPEND to %s, which is not known", name)
			}
			if uid >= b.uidNext {
				b.messages, b.uidNext, b.unseen = b.messages+1, uid+1, b.unseen+1
			}
		}
	}
}

// valid gives the mailbox of an UIDVALIDITY, which is of one alone, or else that of a
// name: since the command was sent, the name may have gone to another.
func (o *observer) valid(name string, validity int) *box {
	for _, b := range o.boxes {
		if b.uidValidity == validity {
			return b
		}
	}
	return o.boxes[name]
}

// meddle is what others do to the account.
func meddle(ctx context.Context, h *host, a *mailstore.Account, rnd *rand.Rand) {
	name := observedName(rnd)
	if rnd.Intn(4) == 0 {
		name = "INBOX"
	}
	mb := a.State().MailboxByName(name)
	switch rnd.Intn(9) {
	case 0, 1:
		_, _ = a.CreateMailbox(ctx, name, nil) // what cannot be done is left
	case 2:
		_ = a.DeleteMailbox(ctx, name)
	case 3, 4:
		_ = a.RenameMailbox(ctx, name, observedName(rnd))
	case 5:
		_ = a.SetSubscribed(ctx, name, rnd.Intn(2) == 0)
	case 6, 7:
		_ = h.deliver("alice", name, "Subject: x\r\n\r\n")
	default:
		if mb != nil && mb.Messages > 0 {
			all := mailstore.UIDSet{{First: 1, Last: mb.UIDNext - 1}}
			flag := []string{`\Seen`, `\Deleted`}[rnd.Intn(2)]
			_, _ = a.StoreFlags(ctx, mb.ID, all, mailstore.AddFlags, []string{flag}, nil)
			if rnd.Intn(2) == 0 {
				_, _ = a.Expunge(ctx, mb.ID, nil)
			}
		}
	}
}

// verify compares what the observer believes with the account, whose changes reach it
// in a moment: whoever made one may not have told of it yet.
func (o *observer) verify(a *mailstore.Account) {
	o.t.Helper()
	if err := a.Refresh(context.Background()); err != nil {
		o.t.Fatal(err)
	}
	wrong := ""
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		o.command("NOOP")
		if wrong = o.error(a.State()); wrong == "" {
			return
		}
	}
	o.failf("%s", wrong)
}

// error says what the observer believes wrongly, if anything.
func (o *observer) error(state *mailstore.State) string {
	there := 0
	for _, mb := range state.Mailboxes() {
		if mb.NoSelect {
			continue
		}
		there++
		b := o.boxes[mb.Name]
		if b == nil {
			return mb.Name + " is not known"
		}
		if b.messages != int(mb.Messages) || b.uidNext != int(mb.UIDNext) || b.unseen != int(mb.Unseen) ||
			b.uidValidity != 0 && b.uidValidity != int(mb.UIDValidity) {
			return fmt.Sprintf("%s: believes in %+v, it is %+v", mb.Name, *b, *mb)
		}
	}
	if there != len(o.boxes) {
		return fmt.Sprintf("believes in %d mailboxes, there are %d", len(o.boxes), there)
	}
	for name, on := range o.subscribed {
		if on != slices.Contains(state.Subscriptions(), name) {
			return fmt.Sprintf("%s is subscribed: %v, believes in %v", name, !on, on)
		}
	}
	return ""
}

// TestObservers has clients that believe NOTIFY, while others change names and
// messages and they do so themselves; in the end they know what there is.
func TestObservers(t *testing.T) {
	for seed := range int64(24) {
		t.Run(strconv.FormatInt(seed, 10), func(t *testing.T) {
			backing := memkv.NewBacking()
			h := newHost(t, hostOptions{engine: backing.Open()})
			other := h
			if seed%4 == 3 {
				other = newHost(t, hostOptions{engine: backing.Open()}) // another node
			}
			o := newObserver(t, h)
			a, err := other.account("alice")
			if err != nil {
				t.Fatal(err)
			}
			defer a.Release()
			rnd, theirs := rand.New(rand.NewSource(seed)), rand.New(rand.NewSource(-seed))
			for range 12 {
				done := make(chan struct{})
				go func() {
					defer close(done)
					for range 25 {
						meddle(context.Background(), other, a, theirs)
					}
				}()
				if seed%2 == 0 {
					<-done // one after the other, so that the seed repeats
				}
				for range 10 {
					o.step(rnd)
				}
				<-done
				o.verify(a)
			}
		})
	}
}
