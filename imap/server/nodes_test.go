package server

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/restante/restante/internal/pgtest"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/kv/pgkv"
	"github.com/restante/restante/mailstore"
)

// mute is an engine of a node that hears nothing of what the others do, as where
// news are late or lost.
type mute struct{ kv.Store }

func (mute) Watch(ctx context.Context) (<-chan kv.Change, error) {
	changes := make(chan kv.Change)
	context.AfterFunc(ctx, func() { close(changes) })
	return changes, nil
}

// freshCase is what one node does and what another one answers right after it.
type freshCase struct {
	name   string
	before string // commands of the second node's client, lines; %d stands for the case's own number
	does   string // commands of the first's
	asks   string // one command of the second's
	want   string // a regular expression: the untagged lines and the tagged one
}

// freshCases are the places where a client may expect news: whatever was answered
// with OK on one node, the next such command on another knows.
func freshCases() []freshCase {
	const message = "APPEND INBOX (keyword%d) {1+}\r\nx"
	return []freshCase{
		{"NOOP tells arrivals", "SELECT INBOX", message, "NOOP", `\* \d+ EXISTS`},
		{"CHECK tells arrivals", "SELECT INBOX", message, "CHECK", `\* \d+ EXISTS`},
		{"any command tells arrivals", "SELECT INBOX", message, "CAPABILITY", `\* \d+ EXISTS`},
		{"FETCH tells arrivals", "SELECT INBOX", message, "UID FETCH 1 FLAGS", `\* \d+ EXISTS`},
		{"FETCH of contents tells arrivals", "SELECT INBOX", message, "FETCH 1 BODY.PEEK[]", `\* \d+ EXISTS`},
		{"FETCH of what has arrived", "CREATE box%d\nAPPEND box%d {1+}\r\nx\nSELECT box%d", "APPEND box%d {1+}\r\ny", "UID FETCH 1:* BODY.PEEK[]", `\{1\}\s+x(.|\n)*\{1\}\s+y`},
		{"FETCH of what may be read no more", "CREATE box%d\nAPPEND box%d {1+}\r\nx\nSELECT box%d", "SETACL box%d alice la", "FETCH 1 BODY.PEEK[]", `\A[^{]*tag NO[^{]*\z`},
		{"SELECT", "CREATE box%d\nSELECT box%d\nUNSELECT", "APPEND box%d {1+}\r\nx", "SELECT box%d", `\* 1 EXISTS`},
		{"EXAMINE", "CREATE box%d\nSELECT box%d\nUNSELECT", "APPEND box%d {1+}\r\nx", "EXAMINE box%d", `\* 1 EXISTS`},
		{"STATUS", "CREATE box%d\nSTATUS box%d (MESSAGES)", "APPEND box%d {1+}\r\nx", "STATUS box%d (MESSAGES UNSEEN UIDNEXT)", `MESSAGES 1 UIDNEXT 2 UNSEEN 1`},
		{"STATUS after COPY", "CREATE box%d", "SELECT INBOX\nUID COPY 1 box%d", "STATUS box%d (MESSAGES)", `MESSAGES 1`},
		{"STATUS after MOVE", "CREATE box%d", "APPEND INBOX {1+}\r\nx\nSELECT INBOX\nMOVE * box%d", "STATUS box%d (MESSAGES)", `MESSAGES 1`},
		{"LIST-STATUS", "CREATE box%d", "APPEND box%d {1+}\r\nx", `LIST "" box%d RETURN (STATUS (MESSAGES))`, `MESSAGES 1`},
		{"LIST after CREATE", `LIST "" *`, "CREATE new%d", `LIST "" *`, `"new%d"\n`},
		{"LIST after RENAME", `CREATE old%d`, "RENAME old%d new%d", `LIST "" *`, `"new%d"\n`},
		{"LSUB", `LSUB "" *`, "SUBSCRIBE new%d", `LSUB "" *`, `"new%d"\n`},
		{"LIST of subscriptions", `LIST (SUBSCRIBED) "" *`, "SUBSCRIBE new%d", `LIST (SUBSCRIBED) "" *`, `"new%d"\n`},
		{"SELECT after DELETE", "CREATE box%d\nSTATUS box%d (MESSAGES)", "DELETE box%d", "SELECT box%d", `tag NO \[NONEXISTENT\]`},
		{"STATUS after DELETE", "CREATE box%d\nSTATUS box%d (MESSAGES)", "DELETE box%d", "STATUS box%d (MESSAGES)", `tag NO \[NONEXISTENT\]`},
		{"SELECT of what was made", "NOOP", "CREATE box%d", "SELECT box%d", `tag OK`},
		{"APPEND to what was made", "NOOP", "CREATE box%d", "APPEND box%d {1+}\r\nx", `tag OK \[APPENDUID`},
		{"COPY to what was made", "SELECT INBOX", "CREATE box%d", "UID COPY 1 box%d", `tag OK \[COPYUID`},
		{"CREATE of what was made", "NOOP", "CREATE box%d", "CREATE box%d", `tag NO \[ALREADYEXISTS\]`},
		{"DELETE of what was deleted", "CREATE box%d", "DELETE box%d", "DELETE box%d", `tag NO \[NONEXISTENT\]`},
		{"RENAME of what was renamed", "CREATE box%d", "RENAME box%d new%d", "RENAME box%d other%d", `tag NO \[NONEXISTENT\]`},
		{"flags", "SELECT INBOX", "SELECT INBOX\nUID STORE 1 +FLAGS (k%d)", "NOOP", `FETCH \(.*k%d`},
		{"keywords", "SELECT INBOX", "SELECT INBOX\nUID STORE 1 +FLAGS (k%d)", "NOOP", `\* FLAGS \(.*k%d`},
		{"expunges", "CREATE box%d\nAPPEND box%d (\\Deleted) {1+}\r\nx\nSELECT box%d", "SELECT box%d\nEXPUNGE", "NOOP", `\* 1 EXPUNGE`},
		{"UNCHANGEDSINCE", "CREATE box%d\nAPPEND box%d {1+}\r\nx\nSELECT box%d (CONDSTORE)", "SELECT box%d\nSTORE 1 +FLAGS (a)", "STORE 1 (UNCHANGEDSINCE 1) +FLAGS (b)", `MODIFIED 1`},
		{"GETMETADATA", `GETMETADATA "" /private/a%d`, `SETMETADATA "" (/private/a%d "new")`, `GETMETADATA "" /private/a%d`, `"?new"?`},
		{"metadata of mailboxes", "NOOP", `SETMETADATA INBOX (/private/a%d "new")`, `GETMETADATA INBOX /private/a%d`, `"?new"?`},
		{"GETACL", "CREATE box%d\nGETACL box%d", "SETACL box%d bob lr", "GETACL box%d", `bob lr`},
		{"GETQUOTA", "NOOP", "APPEND INBOX {1+}\r\nx", `GETQUOTAROOT INBOX`, `tag OK`},
		{"ESEARCH", "CREATE box%d", "APPEND box%d {1+}\r\nx", "ESEARCH IN (mailboxes box%d) RETURN (COUNT) ALL", `COUNT 1`},
		{"FILTER", "SELECT INBOX", `SETMETADATA "" (/private/filters/values/f%d "UID 1")`, "UID SEARCH FILTER f%d", `\* E?SEARCH.* 1`},
		{"NOTIFY STATUS", "CREATE box%d", "APPEND box%d {1+}\r\nx", "NOTIFY SET STATUS (PERSONAL (MessageNew MessageExpunge))", `STATUS "box%d" \(MESSAGES 1`},
		{"QRESYNC", "CREATE box%d\nAPPEND box%d (\\Deleted) {1+}\r\nx\nENABLE QRESYNC\nSELECT box%d\nUNSELECT", "SELECT box%d\nEXPUNGE", "SELECT box%d (QRESYNC (%%u 1))", `VANISHED \(EARLIER\) 1`},
	}
}

// TestOtherNodeIsFresh: what one node has answered with OK is known to the next
// command on another where a client may expect news, though no word of it came there.
func TestOtherNodeIsFresh(t *testing.T) {
	t.Run("memkv", func(t *testing.T) {
		backing := memkv.NewBacking()
		testFresh(t, mute{backing.Open()}, mute{backing.Open()})
	})
	if !pgtest.Required() {
		return
	}
	t.Run("pgkv", func(t *testing.T) {
		url := pgtest.Start(t, "fsync = off").Database(t)
		var nodes [2]kv.Store
		for i := range nodes {
			s, err := pgkv.Open(t.Context(), pgkv.Options{URL: url, Readers: 8, Writers: 4})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			nodes[i] = mute{s}
		}
		testFresh(t, nodes[0], nodes[1])
	})
}

var uidValidity = regexp.MustCompile(`UIDVALIDITY (\d+)`)

func testFresh(t *testing.T, one, two kv.Store) {
	var hosts [2]*host
	for i, engine := range []kv.Store{one, two} {
		hosts[i] = newHost(t, hostOptions{engine: engine, store: mailstore.Options{}})
	}
	hosts[0].login(t, "bob").do("a LOGOUT")
	hosts[0].login(t, "alice").do("a APPEND INBOX {12+}\r\nSubject: 1\r\n")
	for i, c := range freshCases() {
		t.Run(c.name, func(t *testing.T) {
			number := func(s string) string {
				s = strings.ReplaceAll(s, "%d", fmt.Sprint(i))
				return strings.ReplaceAll(s, "%%", "%")
			}
			a, b := hosts[0].login(t, "alice"), hosts[1].login(t, "alice")
			var last []string
			for _, command := range commandLines(number(c.before)) {
				last = append(last, b.do("x "+command)...)
			}
			for _, command := range commandLines(number(c.does)) {
				a.do("y " + command)
			}
			ask := number(c.asks)
			if m := uidValidity.FindStringSubmatch(strings.Join(last, "\n")); m != nil {
				ask = strings.ReplaceAll(ask, "%u", m[1])
			}
			lines, answer := b.try("tag " + ask)
			got := strings.Join(append(lines, answer, ""), "\n")
			if !regexp.MustCompile(number(c.want)).MatchString(got) {
				t.Errorf("%s answers\n%s, want %s", ask, got, number(c.want))
			}
		})
	}
}

// commandLines splits at bare line ends: those of literals have a CR.
func commandLines(s string) []string {
	list := strings.Split(strings.ReplaceAll(s, "\r\n", "\x00"), "\n")
	for i := range list {
		list[i] = strings.ReplaceAll(list[i], "\x00", "\r\n")
	}
	return list
}
