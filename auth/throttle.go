package auth

import (
	"fmt"
	"math"
	"net/netip"
	"sync"
	"time"

	"github.com/restante/restante"
)

// Throttle bounds how fast passwords can be guessed. Failures are counted by
// address (an IPv6 client by its /64) and by user name, and are forgotten by
// half in each HalfLife. Other nodes' failures count too, where they are told
// (Authenticator.FailedElsewhere); only Waiting is of each node. Nobody is locked
// out: the right password is answered after at most Before. Zero fields have the
// default that is given with each.
type Throttle struct {
	Free     int           // failures that cost nothing. Default: 3
	Before   time.Duration // longest wait before a password is looked at. Default: 2 s
	After    time.Duration // longest wait before a wrong one is answered. Default: 15 s
	HalfLife time.Duration // Default: 10 min
	// Waiting is how many attempts of an address that has failed more than
	// Free times may be under way; others are told to come back later.
	// Default: 16.
	Waiting int
	// Entries is how many addresses and names are kept count of. Default:
	// 65,536.
	Entries int
}

func (t Throttle) withDefaults() Throttle {
	if t.Free == 0 {
		t.Free = 3
	}
	if t.Before == 0 {
		t.Before = 2 * time.Second
	}
	if t.After == 0 {
		t.After = 15 * time.Second
	}
	if t.HalfLife == 0 {
		t.HalfLife = 10 * time.Minute
	}
	if t.Waiting == 0 {
		t.Waiting = 16
	}
	if t.Entries == 0 {
		t.Entries = 1 << 16
	}
	return t
}

// suspect is what failures are counted by: an address or a name.
type suspect struct {
	prefix netip.Prefix
	name   string
}

// count is how often a suspect has failed, as of a moment.
type count struct {
	failures float64
	at       time.Time
}

// ErrBusy answers an address of which too many attempts are under way. It is a
// restante.ErrUnavailable that is no trouble of the server's.
var ErrBusy = fmt.Errorf("too many logins under way: %w", restante.ErrUnavailable)

type throttler struct {
	Throttle
	now     func() time.Time
	metrics *Metrics
	failure func() // called when a failure was counted; must not block

	elsewhere suspects // guarded by mu, but for its key

	mu struct {
		sync.Mutex
		// Two generations, as in memory, bound the table.
		young, old map[suspect]count
		waiting    map[netip.Prefix]int
	}
}

func newThrottler(o Options, secret []byte) *throttler {
	r := &throttler{Throttle: o.Throttle, now: o.Now, metrics: o.Metrics, failure: o.Failed, elsewhere: suspects{key: secret}}
	r.mu.young = map[suspect]count{}
	r.mu.waiting = map[netip.Prefix]int{}
	return r
}

// network is the part of an address that one client is taken to own.
func network(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{} // a Unix socket's client has no address
	}
	return p
}

// enter answers how long to wait before a password of name is looked at. The caller
// calls leave when it has been.
func (r *throttler) enter(remote netip.Addr, name string) (wait time.Duration, leave func(), err error) {
	p := network(remote)
	r.mu.Lock()
	defer r.mu.Unlock()
	byAddress := r.everywhereLocked(suspect{prefix: p})
	if byAddress > float64(r.Free) && r.mu.waiting[p] >= r.Waiting {
		return 0, nil, fmt.Errorf("%v: %w", p, ErrBusy)
	}
	r.mu.waiting[p]++
	wait = r.delay(max(byAddress, r.everywhereLocked(suspect{name: name})), r.Before)
	if wait > 0 {
		r.metrics.throttle()
	}
	return wait, func() { r.leave(p) }, nil
}

func (r *throttler) leave(p netip.Prefix) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.mu.waiting[p]--; r.mu.waiting[p] == 0 {
		delete(r.mu.waiting, p)
	}
}

// failed answers how long to wait before a failure is told, and counts it
// unless the same password was already found wrong: a device with an old
// password does not guess.
func (r *throttler) failed(remote netip.Addr, name string, counts bool) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	most := 0.0
	for _, s := range []suspect{{prefix: network(remote)}, {name: name}} {
		n := r.failuresLocked(s)
		if counts {
			n++
			if len(r.mu.young) >= max(r.Entries/2, 1) {
				r.mu.old, r.mu.young = r.mu.young, map[suspect]count{}
			}
			r.mu.young[s] = count{n, r.now()}
		}
		most = max(most, n+r.everywhereLocked(s)-r.failuresLocked(s))
	}
	if counts && r.failure != nil {
		r.failure()
	}
	return r.delay(most, r.After)
}

func (r *throttler) failuresLocked(s suspect) float64 {
	c, ok := r.mu.young[s]
	if !ok {
		c = r.mu.old[s]
	}
	return r.left(c, r.now())
}

// everywhereLocked is what a suspect has failed on all nodes.
func (r *throttler) everywhereLocked(s suspect) float64 {
	n := r.failuresLocked(s)
	if len(r.elsewhere.counted) > 0 {
		n += r.left(r.elsewhere.counted[r.elsewhere.token(s)], r.now())
	}
	return n
}

// delay doubles from a quarter of a second with each failure that is not free.
func (r *throttler) delay(failures float64, longest time.Duration) time.Duration {
	over := failures - float64(r.Free)
	if over <= 0 {
		return 0
	}
	return min(longest, time.Duration(min(math.Exp2(over-1)*0.25, 3600)*float64(time.Second)))
}
