package cluster_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/restante/restante/internal/clustertest"
	"github.com/restante/restante/test/imapclient"
)

// TestLoss promotes a standby that lacks commits which were acknowledged, as asynchronous
// replication does. They cannot be had back; but the node that gave them out notices, tells
// the log, and nothing that clients were told gets another meaning on any node.
func TestLoss(t *testing.T) {
	needAll(t)
	c := start(t, clustertest.Options{Nodes: 2, Standby: true, Wait: "1m"})
	const user = "loss@example.org"
	c.AddUser(t, user, password)
	login := func(node int) *imapclient.Client {
		client, err := imapclient.Login(c.Nodes[node].IMAP, nil, user, password)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { client.Close() })
		return client
	}
	do := func(client *imapclient.Client, format string, args ...any) imapclient.Reply {
		t.Helper()
		reply, err := client.Do(format, args...)
		if err != nil {
			t.Fatalf(format+": %v", append(args, err)...)
		}
		return reply
	}
	add := func(client *imapclient.Client, text string) (validity, uid uint32) {
		t.Helper()
		validity, uid, err := client.Append("INBOX", "", letterOf(text, 500))
		if err != nil {
			t.Fatal(err)
		}
		return validity, uid
	}

	client := login(0)
	var validity uint32
	for n := range 5 {
		validity, _ = add(client, fmt.Sprint("kept ", n))
	}
	c.Primary.LeaveBehind(t, c.Standby)
	for n := range 3 {
		add(client, fmt.Sprint("lost ", n))
	}
	do(client, "SELECT INBOX")
	do(client, `UID STORE 2 +FLAGS (\Flagged)`)
	do(client, `UID STORE 3 +FLAGS (\Deleted)`)
	do(client, "UID EXPUNGE 3")
	told, err := client.Status("INBOX", "UIDNEXT HIGHESTMODSEQ")
	if err != nil {
		t.Fatal(err)
	}
	if told["UIDNEXT"] != 9 {
		t.Fatalf("before the loss: %v", told)
	}
	client.Close()

	c.FailOver(t)

	// A client that knows the mailbox as it was comes back to the node that it knows.
	client = login(0)
	do(client, "ENABLE QRESYNC")
	news := do(client, "SELECT INBOX (QRESYNC (%d %d 1:2,4:8))", validity, told["HIGHESTMODSEQ"]).Untagged
	if !slices.Contains(news, "VANISHED (EARLIER) 6:8") {
		t.Errorf("what was lost is not told of as gone: %q", news)
	}
	if !slices.ContainsFunc(news, func(line string) bool { return strings.HasPrefix(line, "2 FETCH (UID 2 FLAGS ()") }) {
		t.Errorf("the flag that was lost is not told of: %q", news)
	}
	if !slices.Contains(news, "5 EXISTS") { // with the one whose expunge was lost
		t.Errorf("after the loss: %q", news)
	}
	if !strings.Contains(c.Nodes[0].Log(), "the store has lost changes of an account") {
		t.Error("the log says nothing")
	}
	other := login(1)
	if _, uid := add(other, "next"); uid != 9 {
		t.Errorf("the next message on another node has UID %d", uid)
	}
	if now, uid := add(client, "next but one"); uid != 10 || now != validity {
		t.Errorf("the next message but one has UID %d, UIDVALIDITY %d, which was %d", uid, now, validity)
	}
	now, err := client.Status("INBOX", "MESSAGES HIGHESTMODSEQ")
	if err != nil {
		t.Fatal(err)
	}
	if now["MESSAGES"] != 7 || now["HIGHESTMODSEQ"] <= told["HIGHESTMODSEQ"] {
		t.Errorf("now %v, once %v", now, told)
	}
	for node, reader := range []*imapclient.Client{client, other} {
		messages, err := reader.Messages("INBOX", "BODY.PEEK[HEADER.FIELDS (SUBJECT)]")
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, m := range messages {
			_, subject, _ := strings.Cut(strings.TrimSpace(m.Item), ": ")
			all = append(all, fmt.Sprint(m.UID, " ", subject))
		}
		if want := []string{"1 kept 0", "2 kept 1", "3 kept 2", "4 kept 3", "5 kept 4", "9 next", "10 next but one"}; !slices.Equal(all, want) {
			t.Errorf("node %d has %q, want %q", node, all, want)
		}
	}
}
