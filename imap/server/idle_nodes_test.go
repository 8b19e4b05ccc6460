package server

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/restante/restante/internal/pgtest"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/kv/pgkv"
)

// TestIdleHearsOtherNode: IDLE on one node hears of a delivery on another.
func TestIdleHearsOtherNode(t *testing.T) {
	backing := memkv.NewBacking()
	listen, deliver := idleOnNodes(t, backing.Open(), backing.Open())
	for i := range 20 {
		deliver()
		listen(i + 1)
	}
}

// TestNotifyMetadataOtherNode: a client on one node is told at once of metadata that is set
// on another (RFC 5465 §5.6, §5.7), in one's own account and in somebody else's.
func TestNotifyMetadataOtherNode(t *testing.T) {
	backing := memkv.NewBacking()
	a, b := newHost(t, hostOptions{engine: backing.Open()}), newHost(t, hostOptions{engine: backing.Open()})
	owner, guest := b.login(t, "alice"), a.login(t, "bob")
	own := a.login(t, "alice")
	owner.do("a SETACL INBOX bob lr")
	const events = "(MailboxMetadataChange)"
	guest.do(`a NOTIFY SET (mailboxes "Other Users/alice/INBOX" ` + events + ")")
	own.do("a NOTIFY SET (personal (MailboxMetadataChange ServerMetadataChange))")
	for range 3 {
		owner.do(`b SETMETADATA INBOX (/shared/comment "x")`)
		guest.expect(`* METADATA "Other Users/alice/INBOX" /shared/comment`)
		own.expect(`* METADATA "INBOX" /shared/comment`)
		owner.do(`c SETMETADATA "" (/private/comment "x")`)
		own.expect(`* METADATA "" /private/comment`)
		owner.do(`b SETMETADATA INBOX (/shared/comment NIL)`)
		guest.expect(`* METADATA "Other Users/alice/INBOX" /shared/comment`)
		own.expect(`* METADATA "INBOX" /shared/comment`)
		owner.do(`c SETMETADATA "" (/private/comment NIL)`)
		own.expect(`* METADATA "" /private/comment`)
	}
}

// BenchmarkIdleOtherNode measures the time from the OK of an APPEND on one node to the
// EXISTS of an IDLE on another, over PostgreSQL.
func BenchmarkIdleOtherNode(b *testing.B) {
	url := pgtest.Start(b).Database(b)
	var nodes [2]kv.Store
	for i := range nodes {
		s, err := pgkv.Open(b.Context(), pgkv.Options{URL: url, Readers: 8, Writers: 4})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { s.Close() })
		nodes[i] = s
	}
	listen, deliver := idleOnNodes(b, nodes[0], nodes[1])
	var all []time.Duration
	for b.Loop() {
		deliver()
		began := time.Now()
		listen(len(all) + 1)
		all = append(all, time.Since(began))
	}
	slices.Sort(all)
	b.ReportMetric(all[len(all)/2].Seconds()*1000, "ms/median")
	b.ReportMetric(all[len(all)*99/100].Seconds()*1000, "ms/p99")
}

// idleOnNodes gives what waits for the EXISTS of the nth message on the first node, and
// what delivers one on the second.
func idleOnNodes(t testing.TB, one, two kv.Store) (listen func(n int), deliver func()) {
	a, b := newHost(t, hostOptions{engine: one}), newHost(t, hostOptions{engine: two})
	waits, adds := a.login(t, "alice"), b.login(t, "alice")
	waits.do("a SELECT INBOX")
	waits.send("i IDLE\r\n")
	waits.expect("+ ")
	listen = func(n int) {
		t.Helper()
		waits.expect(fmt.Sprintf("* %d EXISTS", n))
		waits.expect("* ") // RECENT
	}
	return listen, func() { adds.do("b APPEND INBOX {1+}\r\nx") }
}
