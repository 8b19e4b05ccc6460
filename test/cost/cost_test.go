package cost_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/restante/restante/internal/pgtest"
	"github.com/restante/restante/test/binary"
	"github.com/restante/restante/test/imapclient"
	"github.com/restante/restante/test/lmtpclient"
)

const password = "poste-restante"

// meter measures what operations cost the database of a node.
type meter struct {
	t     *testing.T
	node  *binary.Server
	db    *pgx.Conn
	trips *trips
	table strings.Builder
	// letters are how many there were.
	letters int
}

// cost is what one operation costs.
// Of a statement that makes commits of several partitions, only the rows of these count as written.
type cost struct{ trips, statements, read, written, log float64 }

// start starts a database and a node on it.
func start(t *testing.T) *meter {
	t.Helper()
	server := pgtest.Start(t, "shared_preload_libraries = 'pg_stat_statements'", "pg_stat_statements.track_utility = off",
		"full_page_writes = off", "synchronous_commit = on", "autovacuum = off")
	url := server.Database(t)
	m := &meter{t: t, trips: countTrips(t, server.Port)}
	var err error
	if m.db, err = pgx.Connect(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.db.Close(context.Background()) })
	m.exec("CREATE EXTENSION pg_stat_statements")
	behind := strings.Replace(url, fmt.Sprintf(":%d/", server.Port), fmt.Sprintf(":%d/", m.trips.port), 1)
	m.node = binary.Start(t, binary.Options{Path: restante, Config: fmt.Sprintf(
		"store.engine = \"postgresql\"\nstore.postgresql.url = %q\nblobs.engine = \"directory\"\n", behind+"?sslmode=disable")})
	fmt.Fprintf(&m.table, "\n| operation | round trips | statements | rows read | rows written | log bytes |\n|---|---|---|---|---|---|\n")
	return m
}

func (m *meter) exec(sql string) {
	m.t.Helper()
	if _, err := m.db.Exec(m.t.Context(), sql); err != nil {
		m.t.Fatal(err)
	}
}

// number asks the database for one number.
func (m *meter) number(sql string) (n float64) {
	m.t.Helper()
	if err := m.db.QueryRow(m.t.Context(), sql).Scan(&n); err != nil {
		m.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// own leaves out this test's statements and what nodes tell each other now and then.
const own = ` FROM pg_stat_statements WHERE query ~ '\m(kv|kv_part|partition)\M' AND query !~ 'pg_stat|relation_size'`

// measure does an operation n times, in rounds, and gives the median of each cost: what
// the node does by itself now and then falls into few of them.
func (m *meter) measure(name string, n int, do func(i int)) cost {
	m.t.Helper()
	rounds := min(n, 5)
	var all []cost
	for r := range rounds {
		all = append(all, m.round(n*r/rounds, n*(r+1)/rounds, do))
	}
	median := func(of func(cost) float64) float64 {
		slices.SortFunc(all, func(a, b cost) int { return cmp.Compare(of(a), of(b)) })
		return of(all[rounds/2])
	}
	c := cost{
		trips:      median(func(c cost) float64 { return c.trips }),
		statements: median(func(c cost) float64 { return c.statements }),
		read:       median(func(c cost) float64 { return c.read }),
		written:    median(func(c cost) float64 { return c.written }),
		log:        median(func(c cost) float64 { return c.log }),
	}
	fmt.Fprintf(&m.table, "| %s | %.1f | %.1f | %.1f | %.1f | %.0f |\n", name, c.trips, c.statements, c.read, c.written, c.log)
	return c
}

// round does an operation from one number up to another, and gives what one costs.
func (m *meter) round(from, to int, do func(i int)) cost {
	m.t.Helper()
	m.exec("SELECT pg_stat_statements_reset()")
	before := m.trips.count.Load()
	for i := from; i < to; i++ {
		do(i)
	}
	per := float64(to - from)
	return cost{
		trips:      float64(m.trips.count.Load()-before) / per,
		statements: m.number("SELECT coalesce(sum(calls), 0)::float8"+own) / per,
		read:       m.number("SELECT coalesce(sum(rows), 0)::float8"+own+" AND query ~ '^SELECT'") / per,
		written:    m.number("SELECT coalesce(sum(rows), 0)::float8"+own+" AND query !~ '^SELECT'") / per,
		log:        m.number("SELECT coalesce(sum(wal_bytes), 0)::float8"+own) / per,
	}
}

func (m *meter) login(user string) *imapclient.Client {
	m.t.Helper()
	c, err := imapclient.Login(m.node.IMAP, nil, user, password)
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { c.Close() })
	return c
}

func (m *meter) do(c *imapclient.Client, format string, args ...any) {
	m.t.Helper()
	if _, err := c.Do(format, args...); err != nil {
		m.t.Fatalf(format+": %v", append(args, err)...)
	}
}

// letter is another message of about so many bytes, none of which can be compressed away
// by chance.
func (m *meter) letter(size int) []byte {
	m.letters++
	i := m.letters
	var b bytes.Buffer
	fmt.Fprintf(&b, "From: Carol <carol@example.net>\r\nTo: bob@example.org\r\nSubject: letter %d\r\nMessage-ID: <%d@example.net>\r\n"+
		"Date: Mon, 5 Oct 2026 10:00:00 +0000\r\nReceived: from a.example.net by b.example.org with ESMTP; Mon, 5 Oct 2026 10:00:01 +0000\r\n"+
		"Content-Type: text/plain; charset=utf-8\r\n\r\n", i, i)
	for n := 0; b.Len() < size; n++ {
		fmt.Fprintf(&b, "%d: line %d of a letter that says nothing much but takes its room.\r\n", i, n)
	}
	return b.Bytes()
}

const (
	letterSize = 20 << 10
	largeSize  = 520 << 10 // an object
)

func TestCost(t *testing.T) {
	m := start(t)
	accounts := m.size()
	const users = 50
	for i := range users {
		m.node.AddUser(t, fmt.Sprintf("user%d@example.org", i), password)
	}
	perAccount := (m.size() - accounts) / users
	c := m.login("user0@example.org")
	m.do(c, "CREATE Large")
	m.do(c, "SELECT INBOX")
	empty := m.size()
	const filled = 1000
	for range filled {
		if _, _, err := c.Append("INBOX", "", m.letter(letterSize)); err != nil {
			t.Fatal(err)
		}
	}
	perMessage := (m.size() - empty) / filled

	const n = 50
	before := m.size() // before anything is deleted, whose room would be used again
	large := m.measure("APPEND of 520 KiB, an object", n, func(int) {
		if _, _, err := c.Append("Large", "", m.letter(largeSize)); err != nil {
			t.Fatal(err)
		}
	})
	perLarge := (m.size() - before) / n
	appended := m.measure("APPEND of 20 KiB, into 1,000 messages", n, func(int) {
		if _, _, err := c.Append("INBOX", "", m.letter(letterSize)); err != nil {
			t.Fatal(err)
		}
	})
	delivered := m.measure("delivery of 20 KiB over LMTP, account in use", n, func(int) {
		if err := lmtpclient.Deliver(m.node.LMTP, "carol@example.net", "user0@example.org", m.letter(letterSize)); err != nil {
			t.Fatal(err)
		}
	})
	m.measure("delivery of 20 KiB, account first seen", n-1, func(i int) {
		if err := lmtpclient.Deliver(m.node.LMTP, "carol@example.net", fmt.Sprintf("user%d@example.org", i+1), m.letter(letterSize)); err != nil {
			t.Fatal(err)
		}
	})
	noop := m.measure("NOOP", n, func(int) { m.do(c, "NOOP") })
	m.measure("SELECT again", n, func(int) { m.do(c, "SELECT INBOX") })
	m.measure("STATUS", n, func(int) { m.do(c, "STATUS Drafts (MESSAGES UNSEEN)") })
	flags := m.measure("FETCH 1:* FLAGS", n, func(int) { m.do(c, "FETCH 1:* (FLAGS)") })
	m.measure("FETCH of one body", n, func(i int) { m.do(c, "FETCH %d (BODY.PEEK[])", i+1) })
	m.measure("FETCH of 100 envelopes", n, func(int) { m.do(c, "FETCH 1:100 (ENVELOPE)") })
	stored := m.measure("STORE of one flag", n, func(i int) { m.do(c, `STORE %d +FLAGS (\Flagged)`, i*7+1) })
	m.measure("COPY of one message", n, func(i int) { m.do(c, "COPY %d Archive", i+1) })
	m.measure("EXPUNGE of one message", n, func(int) {
		m.do(c, `STORE 1 +FLAGS (\Deleted)`)
		m.do(c, "EXPUNGE")
	})
	m.measure("LOGIN, SELECT, LOGOUT, account in use", n, func(int) {
		d := m.login("user0@example.org")
		m.do(d, "SELECT INBOX")
		m.do(d, "LOGOUT")
	})
	m.do(c, "SELECT Large")
	m.measure("FETCH of its body", n, func(i int) { m.do(c, "FETCH %d (BODY.PEEK[])", i+1) })
	m.node.Stop(t)
	m.node.Run(t)
	cold := m.measure("LOGIN, SELECT of 1,000 messages, first after a start", 1, func(int) {
		d := m.login("user0@example.org")
		m.do(d, "SELECT INBOX")
	})
	fmt.Fprintf(&m.table, "\nA new account takes %.0f bytes of tables and indexes, a message of %d bytes %.0f, one of %d bytes as an object %.0f.\n",
		perAccount, letterSize, perMessage, largeSize, perLarge)
	t.Log(m.table.String())

	// What docs/capacity.md builds on, with room for change.
	for name, holds := range map[string]bool{
		"an append is one commit and little more":       appended.trips <= 5 && appended.log < 2*letterSize,
		"so is a delivery":                              delivered.trips <= 8 && delivered.log < 2*letterSize,
		"NOOP costs a round trip at most":               noop.trips <= 1.1 && noop.log == 0,
		"flags are read from memory":                    flags.trips <= 1.1 && flags.read < 3,
		"a flag is one small commit":                    stored.trips <= 5 && stored.log < 64<<10,
		"a mailbox is opened by few round trips":        cold.trips < 60,
		"a message takes little more than its own size": perMessage < 1.5*letterSize,
		"an account takes little":                       perAccount < 64<<10,
		"an object leaves little in the database":       perLarge < 32<<10 && large.log < 64<<10,
	} {
		if !holds {
			t.Errorf("not any more: %s", name)
		}
	}
}

// size is what the tables take, with their indexes, once garbage is reused.
func (m *meter) size() float64 {
	m.t.Helper()
	m.exec("VACUUM kv")
	m.exec("VACUUM partition")
	return m.number("SELECT (pg_total_relation_size('kv') + pg_total_relation_size('kv_part') + pg_total_relation_size('partition'))::float8")
}
