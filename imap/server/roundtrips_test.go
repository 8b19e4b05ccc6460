package server

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante/internal/pgtest"
	"github.com/restante/restante/kv/pgkv"
)

// TestRoundTrips counts what a command of a session that is under way costs in
// round trips to PostgreSQL.
func TestRoundTrips(t *testing.T) {
	url := pgtest.Start(t, "fsync = off").Database(t)
	engine, err := pgkv.Open(t.Context(), pgkv.Options{URL: url, Readers: 2, Writers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	h := newHost(t, hostOptions{engine: engine})
	c := h.login(t, "alice")
	for i := range 20 {
		c.do(fmt.Sprintf("a APPEND INBOX {%d+}\r\n%s", len(letter(i)), letter(i)))
	}
	c.do("a CREATE Other")
	c.do("a SELECT INBOX")
	for _, test := range []struct {
		command string
		most    uint64
	}{
		{"NOOP", 1},
		{"FETCH 1:* FLAGS", 1},
		{"UID FETCH 1:* (FLAGS)", 1},
		{"STATUS INBOX (MESSAGES UNSEEN UIDNEXT)", 1},
		{"STATUS Other (MESSAGES)", 1},
		{"SELECT INBOX", 1},
		{"EXAMINE Other", 1},
		{"SELECT INBOX", 1},
		{`LIST "" "*"`, 1}, // also who shares something with the user
		{`LIST "" "*" RETURN (STATUS (MESSAGES UNSEEN))`, 1},
		{`LSUB "" "*"`, 1},
		{"SEARCH UNSEEN", 1},
		{"SORT (ARRIVAL) UTF-8 ALL", 1},
		{"GETQUOTAROOT INBOX", 1},
		{"CHECK", 1},
		{"STORE 1 -FLAGS.SILENT (\\Deleted)", 1},
		{"STORE 1:3 FLAGS (x%d)", 2},
		{"COPY 1 Other", 3},
		{"FETCH 1 (ENVELOPE BODYSTRUCTURE)", 1},
		{"FETCH 1:* (ENVELOPE BODYSTRUCTURE)", 1},
		{"FETCH 1 BODY.PEEK[]", 1},
		{"FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])", 1},
		{"UID FETCH 1:* (UID BODY.PEEK[] BODY.PEEK[TEXT]<0.4>)", 1},
		{"FETCH 1 BODY.PEEK[1]", 1},
		{"APPEND INBOX {%l+}\r\n%m", 2},
	} {
		for n := range 4 { // the first ones prepare statements and fill caches
			message := letter(100 + n)
			command := strings.NewReplacer("%d", fmt.Sprint(n), "%l", fmt.Sprint(len(message)), "%m", message).Replace(test.command)
			quiet(engine)
			before := engine.Stats().RoundTrips
			c.do("a " + command)
			quiet(engine)
			cost := engine.Stats().RoundTrips - before
			if n < 3 {
				continue
			}
			t.Logf("%2d  %s", cost, test.command)
			if cost > test.most {
				t.Errorf("%s: %d round trips, more than %d", test.command, cost, test.most)
			}
		}
	}
}

// quiet waits until no connection of the engine is in use.
func quiet(engine *pgkv.Store) {
	for st := engine.Stats(); st.Readers.Used+st.Writers.Used > 0; st = engine.Stats() {
		time.Sleep(time.Millisecond) // between questions
	}
}

func letter(n int) string {
	return fmt.Sprintf("From: a@example.org\r\nMessage-ID: <%d@example.org>\r\nSubject: letter %d\r\n\r\nhello\r\n", n, n)
}
