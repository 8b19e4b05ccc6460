package auth

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/restante/restante"
)

// guess fails to log in with another password each time, and answers how long that
// took.
func (r *rig) guess(t *testing.T, from, name string, n int) time.Duration {
	t.Helper()
	before := r.slept
	c := Conn{Remote: netip.MustParseAddr(from), Secure: true}
	if _, err := r.Login(t.Context(), c, name, fmt.Sprint("wrong", from, name, n)); !errors.Is(err, restante.ErrAuthFailed) {
		t.Fatal(err)
	}
	return r.slept - before
}

// TestFailuresElsewhere: who guesses on many nodes is slowed down as on one.
func TestFailuresElsewhere(t *testing.T) {
	alone := newRig(t, Options{})
	nodes := []*rig{newRig(t, Options{}), newRig(t, Options{}), newRig(t, Options{})}
	exchange := func() {
		for i, n := range nodes {
			var others [][]byte
			for j, o := range nodes {
				if i != j {
					others = append(others, o.FailedLogins())
				}
			}
			n.FailedElsewhere(others)
		}
	}
	for i := range 30 {
		// Their clocks go on together.
		want := alone.guess(t, "192.0.2.1", "alice@example.org", i)
		n := nodes[i%3]
		got := n.guess(t, "192.0.2.1", "alice@example.org", i)
		for _, o := range nodes {
			if o != n {
				o.advance(got)
			}
		}
		exchange()
		if math.Abs((got - want).Seconds()) > want.Seconds()/10+0.1 {
			t.Errorf("attempt %d waits %v, on one node %v", i, got, want)
		}
	}
	// Others are not slowed down, and who was is let in after a while.
	if d := nodes[0].guess(t, "192.0.2.77", "off", 1); d != 0 {
		t.Errorf("somebody else waits %v", d)
	}
	for _, n := range nodes {
		n.advance(3 * time.Hour)
	}
	exchange()
	if d := nodes[0].guess(t, "192.0.2.1", "alice@example.org", 99); d != 0 {
		t.Errorf("after hours %v", d)
	}
	if got := nodes[1].FailedLogins(); len(got) != 0 {
		t.Errorf("%d bytes are told of what is over", len(got))
	}
}

// TestFailedLoginsAreStable: what has not changed is told in the same form, whatever
// the time, and it names nobody.
func TestFailedLoginsAreStable(t *testing.T) {
	called := 0
	r := newRig(t, Options{Failed: func() { called++ }})
	for i := range 20 {
		r.guess(t, fmt.Sprint("192.0.2.", i), fmt.Sprint("user", i), i)
	}
	first := r.FailedLogins()
	r.advance(time.Minute)
	if second := r.FailedLogins(); string(first) != string(second) || len(first) != 40*suspectSize {
		t.Errorf("%d and %d bytes", len(first), len(second))
	}
	if called != 20 {
		t.Errorf("told %d times of 20 failures", called)
	}
}

// TestFailuresElsewhereOfBadForm: no node can stop another's logins by what it tells.
func TestFailuresElsewhereOfBadForm(t *testing.T) {
	r := newRig(t, Options{})
	r.FailedElsewhere([][]byte{nil, []byte("short"), []byte("0123456\xff\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")})
	if d := r.guess(t, "192.0.2.1", "alice@example.org", 1); d != 0 {
		t.Error(d)
	}
}

func TestLoginMetrics(t *testing.T) {
	m := NewMetrics(prometheus.NewRegistry())
	r := newRig(t, Options{Metrics: m})
	c := Conn{Remote: netip.MustParseAddr("192.0.2.1"), Secure: true}
	for range 2 {
		if _, err := r.Login(t.Context(), c, "alice@example.org", "secret"); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 5 {
		r.guess(t, "192.0.2.1", "alice@example.org", i)
	}
	r.users.err = errors.New("down")
	r.Login(t.Context(), c, "alice@example.org", "secret")
	for what, v := range map[string]struct {
		c    prometheus.Counter
		want float64
	}{
		"ok": {m.ok, 2}, "remembered": {m.remembered, 1}, "failed": {m.failed, 5}, "throttled": {m.throttled, 1}, "unavailable": {m.unavailable, 1},
	} {
		if got := testutil.ToFloat64(v.c); got != v.want {
			t.Errorf("%s: %v, want %v", what, got, v.want)
		}
	}
}
