package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/restante/restante/internal/clustertest"
	"github.com/restante/restante/test/binary"
	"github.com/restante/restante/test/imapclient"
)

// TestLinearizable has clients on all nodes read and change one mailbox while a node is
// killed, another one cut off, and the primary replaced by its standby, and looks for
// one order of all commands in which every answer is true.
func TestLinearizable(t *testing.T) {
	c := start(t, clustertest.Options{Standby: true})
	const user = "linear@example.org"
	c.AddUser(t, user, password)
	h := &history{start: time.Now()}
	ctx, end := context.WithCancel(t.Context())
	var all sync.WaitGroup
	defer all.Wait()
	defer end()
	for client := range 6 {
		all.Go(func() { h.client(ctx, t, c, client, user) })
	}
	h.await(t, 40)
	c.Nodes[1].Kill(t)
	h.await(t, 40)
	c.Nodes[1].Run(t)
	c.Nodes[2].CutOff(false)
	h.await(t, 40)
	c.Nodes[2].Reconnect()
	h.await(t, 20)
	c.Nodes[0].CutOff(true)
	h.await(t, 20)
	c.Nodes[0].Reconnect()
	h.await(t, 20)
	c.FailOver(t)
	h.await(t, 60)
	end()
	all.Wait()
	for i, n := range c.Nodes {
		conn, err := imapclient.Login(n.IMAP, nil, user, password)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := h.read(conn, 6+i); err != nil {
			t.Fatal(err)
		}
	}
	h.check(t)
}

// history is what clients asked of a mailbox and were told.
type history struct {
	start time.Time
	mu    struct {
		sync.Mutex
		operations []porcupine.Operation
		unknown    int
		tokens     int
	}
}

// The operations. Each is one command, but for reading, which is two that show one
// moment.
type (
	appending struct{ token string }
	flagging  struct {
		uid uint32
		set bool
	}
	moving  struct{ uid uint32 } // out of the mailbox
	reading struct{}
)

// noAnswer is the output of a command that was not acknowledged.
type noAnswer struct{}

// contents is a mailbox: its messages, written one behind another, and the last UID
// that was given.
type contents struct {
	last uint32
	text string
}

func entry(uid uint32, token string, flagged bool) string {
	return fmt.Sprintf("%d %s %v;", uid, token, flagged)
}

// client is one client, who goes to another node whenever something breaks.
func (h *history) client(ctx context.Context, t *testing.T, c *clustertest.Cluster, client int, user string) {
	for ctx.Err() == nil {
		node := rand.IntN(len(c.Nodes))
		conn, err := imapclient.Login(c.Nodes[node].IMAP, nil, user, password)
		if err != nil {
			pause(ctx, 50*time.Millisecond)
			continue
		}
		conn.Timeout = 15 * time.Second
		for ctx.Err() == nil && err == nil {
			err = h.step(conn, client)
			pause(ctx, 10*time.Millisecond) // so that the history is of the faults, and not of the time between
		}
		conn.Close()
		var refused *imapclient.RefusedError
		if errors.As(err, &refused) && !strings.HasPrefix(refused.Text, "[UNAVAILABLE]") {
			t.Error(err)
			return
		}
	}
}

// step does one operation, after a look at what there is.
func (h *history) step(c *imapclient.Client, client int) error {
	now, err := h.read(c, client)
	if err != nil {
		return err
	}
	if len(now) < 3 || len(now) < 8 && rand.IntN(3) == 0 {
		return h.add(c, client)
	}
	uid := now[rand.IntN(len(now))]
	if _, err := c.Do("SELECT INBOX"); err != nil {
		return err
	}
	if rand.IntN(3) == 0 {
		return h.do(client, moving{uid}, func() (any, error) {
			_, err := c.Do("UID MOVE %d Trash", uid)
			return nil, err
		})
	}
	set := rand.IntN(2) == 0
	return h.do(client, flagging{uid, set}, func() (any, error) {
		_, err := c.Do(`UID STORE %d %sFLAGS.SILENT (\Flagged)`, uid, map[bool]string{true: "+", false: "-"}[set])
		return nil, err
	})
}

// add appends a message.
func (h *history) add(c *imapclient.Client, client int) error {
	h.mu.Lock()
	h.mu.tokens++
	token := fmt.Sprintf("m%d", h.mu.tokens)
	h.mu.Unlock()
	return h.do(client, appending{token}, func() (any, error) {
		_, uid, err := c.Append("INBOX", "", fmt.Appendf(nil, "Subject: %s\r\nX-Token: %s\r\n\r\nText.\r\n", token, token))
		return uid, err
	})
}

var readItem = regexp.MustCompile(`^\d+ FETCH \(UID (\d+) FLAGS \(([^)]*)\) BODY\[HEADER\.FIELDS \(X-TOKEN\)\] \{\d+\}\n*X-Token: (\S+)`)

// read reads the whole mailbox as it is at one moment, and answers its UIDs. If news come
// in while it does, it begins again.
func (h *history) read(c *imapclient.Client, client int) (uids []uint32, err error) {
	for again := true; again; {
		again = false
		err = h.do(client, reading{}, func() (any, error) {
			if _, err := c.Do("EXAMINE INBOX"); err != nil {
				return noAnswer{}, err
			}
			reply, err := c.Do("UID FETCH 1:* (UID FLAGS BODY.PEEK[HEADER.FIELDS (X-TOKEN)])")
			if err != nil {
				return noAnswer{}, err
			}
			uids = nil
			var text strings.Builder
			for _, line := range reply.Untagged {
				found := readItem.FindStringSubmatch(line)
				if found == nil {
					again = true
					return noAnswer{}, nil
				}
				uid := numbers(found[1])[0]
				uids = append(uids, uid)
				text.WriteString(entry(uid, found[3], slices.Contains(strings.Fields(found[2]), `\Flagged`)))
			}
			return text.String(), nil
		})
		if err != nil {
			return nil, err
		}
	}
	return uids, nil
}

// do does one operation and records it.
func (h *history) do(client int, input any, f func() (any, error)) error {
	call := int64(time.Since(h.start))
	output, err := f()
	end := int64(time.Since(h.start))
	if _, isRead := input.(reading); isRead && (err != nil || output == noAnswer{}) {
		return err // has told nothing and done nothing
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil {
		output, end = noAnswer{}, math.MaxInt64 // it may yet be done
		h.mu.unknown++
	}
	h.mu.operations = append(h.mu.operations, porcupine.Operation{ClientId: client, Input: input, Call: call, Output: output, Return: end})
	return err
}

// await waits for so many more operations.
func (h *history) await(t *testing.T, more int) {
	t.Helper()
	count := func() int {
		h.mu.Lock()
		defer h.mu.Unlock()
		return len(h.mu.operations)
	}
	goal := count() + more
	binary.Eventually(t, "the clients go on", func() error {
		if missing := goal - count(); missing > 0 {
			return fmt.Errorf("%d operations are missing", missing)
		}
		return nil
	})
}

// check fails the test unless the history is linearizable.
func (h *history) check(t *testing.T) {
	t.Helper()
	all, unknown := h.settled()
	before := time.Now()
	switch porcupine.CheckOperationsTimeout(mailbox.ToModel(), all, 2*binary.Patience) {
	case porcupine.Unknown:
		t.Errorf("no order of %d operations, %d of unknown outcome, was found or excluded", len(all), unknown)
	case porcupine.Illegal:
		t.Errorf("%d operations, %d of unknown outcome, are not linearizable", len(all), unknown)
		for _, o := range all {
			t.Logf("client %d, %v to %v: %T%+v: %v", o.ClientId, time.Duration(o.Call), time.Duration(o.Return), o.Input, o.Input, o.Output)
		}
	default:
		t.Logf("%d operations, %d of unknown outcome, are linearizable, found in %v", len(all), unknown, time.Since(before))
	}
}

// settled leaves out appends that were not answered and whose message nobody has ever
// seen: had they been done before the end, the last reads would show it.
func (h *history) settled() (all []porcupine.Operation, unknown int) {
	seen := make(map[string]bool)
	for _, o := range h.mu.operations {
		if text, ok := o.Output.(string); ok {
			for message := range strings.SplitSeq(text, ";") {
				if words := strings.Fields(message); len(words) == 3 {
					seen[words[1]] = true
				}
			}
		}
	}
	for _, o := range h.mu.operations {
		in, isAppend := o.Input.(appending)
		if o.Output == (noAnswer{}) {
			if isAppend && !seen[in.token] {
				continue
			}
			unknown++
		}
		all = append(all, o)
	}
	return all, unknown
}

// mailbox is the model. UIDs are given without gaps.
var mailbox = porcupine.NondeterministicModel{
	Init: func() []any { return []any{contents{}} },
	Step: func(state, input, output any) []any {
		is := state.(contents)
		next := is
		switch in := input.(type) {
		case reading:
			if output != is.text {
				return nil
			}
		case appending:
			next.last++
			next.text += entry(next.last, in.token, false)
			if uid, known := output.(uint32); known && uid != next.last {
				return nil
			}
		case moving:
			next.text = is.replace(in.uid, func(string) string { return "" })
		case flagging:
			next.text = is.replace(in.uid, func(token string) string { return entry(in.uid, token, in.set) })
		}
		if output == (noAnswer{}) && next != is {
			return []any{is, next}
		}
		return []any{next}
	},
}

// replace writes another entry in place of that of the UID, if it is there.
func (c contents) replace(uid uint32, with func(token string) string) string {
	begin := fmt.Sprintf("%d ", uid)
	at := 0
	for message := range strings.SplitAfterSeq(c.text, ";") {
		if strings.HasPrefix(message, begin) {
			return c.text[:at] + with(strings.Fields(message)[1]) + c.text[at+len(message):]
		}
		at += len(message)
	}
	return c.text
}

// TestHistory holds the model to what a mailbox may do.
func TestHistory(t *testing.T) {
	op := func(input any, call int64, output any, end int64) porcupine.Operation {
		return porcupine.Operation{Input: input, Call: call, Output: output, Return: end}
	}
	one, two := op(appending{"a"}, 1, uint32(1), 2), op(appending{"b"}, 3, uint32(2), 4)
	const never = math.MaxInt64
	for name, test := range map[string]struct {
		want bool
		all  []porcupine.Operation
	}{
		"in order":             {true, []porcupine.Operation{one, two, op(flagging{1, true}, 5, nil, 6), op(reading{}, 7, "1 a true;2 b false;", 8)}},
		"lost":                 {false, []porcupine.Operation{one, two, op(reading{}, 5, "2 b false;", 6)}},
		"a UID twice":          {false, []porcupine.Operation{one, op(appending{"b"}, 3, uint32(1), 4)}},
		"stale":                {false, []porcupine.Operation{one, op(reading{}, 3, "", 4)}},
		"moved and back":       {false, []porcupine.Operation{one, op(moving{1}, 3, nil, 4), op(reading{}, 5, "1 a false;", 6)}},
		"unanswered, done":     {true, []porcupine.Operation{one, op(moving{1}, 3, noAnswer{}, never), op(reading{}, 5, "1 a false;", 6), op(reading{}, 7, "", 8)}},
		"unanswered, not done": {true, []porcupine.Operation{one, op(moving{1}, 3, noAnswer{}, never), op(reading{}, 5, "1 a false;", 6)}},
	} {
		if got := porcupine.CheckOperations(mailbox.ToModel(), test.all); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
