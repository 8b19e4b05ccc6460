package auth

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"math"
	"net/netip"
	"slices"
	"time"
)

// What nodes tell one another of failed logins is a list of suspects, of 16 bytes
// each: what stands for the address or name, how often it has failed (float32), and as
// of when (Unix seconds in 32 bits). Who can read the store learns neither addresses
// nor names from it.

const (
	suspectSize = 16
	// toldSuspects is how many a node tells: those that have failed most.
	toldSuspects = 2048
	// leastTold is how many failures are worth telling.
	leastTold = 0.5
)

// token stands for a suspect, on all nodes of a store the same.
type token uint64

// suspects counts failures on other nodes.
type suspects struct {
	key     []byte
	counted map[token]count
}

func (s *suspects) token(who suspect) token {
	h := hmac.New(sha256.New, s.key)
	if who.name != "" || who.prefix == (netip.Prefix{}) {
		h.Write([]byte("name " + who.name))
	} else {
		h.Write([]byte("network " + who.prefix.String()))
	}
	return token(binary.BigEndian.Uint64(h.Sum(nil)))
}

// FailedLogins answers what other nodes should know of the logins that failed on this
// one, for their Authenticators' FailedElsewhere.
func (a *Authenticator) FailedLogins() []byte { return a.throttle.told() }

// FailedElsewhere takes what the other nodes' Authenticators say of the logins that
// failed there. They count like those that failed here.
func (a *Authenticator) FailedElsewhere(others [][]byte) { a.throttle.hear(others) }

// told answers the list of suspects of this node.
func (r *throttler) told() []byte {
	r.mu.Lock()
	all := maps.Clone(r.mu.old)
	if all == nil {
		all = map[suspect]count{}
	}
	maps.Copy(all, r.mu.young)
	r.mu.Unlock()
	now := r.now()
	type entry struct {
		who suspect
		count
		left float64
	}
	list := make([]entry, 0, len(all))
	for who, c := range all {
		if left := r.left(c, now); left >= leastTold {
			list = append(list, entry{who, c, left})
		}
	}
	if len(list) > toldSuspects {
		slices.SortFunc(list, func(a, b entry) int { return cmp.Compare(b.left, a.left) })
		list = list[:toldSuspects]
	}
	text := make([][suspectSize]byte, len(list))
	for i, e := range list {
		binary.BigEndian.PutUint64(text[i][:], uint64(r.elsewhere.token(e.who)))
		binary.BigEndian.PutUint32(text[i][8:], math.Float32bits(float32(e.failures)))
		binary.BigEndian.PutUint32(text[i][12:], uint32(e.at.Unix()))
	}
	// In an order of its own, so that the same is told in the same form.
	slices.SortFunc(text, func(a, b [suspectSize]byte) int { return slices.Compare(a[:], b[:]) })
	out := make([]byte, 0, suspectSize*len(text))
	for i := range text {
		out = append(out, text[i][:]...)
	}
	return out
}

// hear takes the lists of the other nodes. What is no list is left out.
func (r *throttler) hear(others [][]byte) {
	counted := map[token]count{}
	now := r.now()
	for _, text := range others {
		for ; len(text) >= suspectSize; text = text[suspectSize:] {
			c := count{
				failures: float64(math.Float32frombits(binary.BigEndian.Uint32(text[8:]))),
				at:       time.Unix(int64(binary.BigEndian.Uint32(text[12:])), 0),
			}
			if !(c.failures >= 0 && c.failures < 1e9) {
				continue
			}
			if c.at.After(now) {
				c.at = now // another machine's clock
			}
			key := token(binary.BigEndian.Uint64(text))
			left := r.left(c, now) + r.left(counted[key], now)
			counted[key] = count{left, now}
		}
	}
	r.mu.Lock()
	r.elsewhere.counted = counted
	r.mu.Unlock()
}

// left is what time has left of a count.
func (r *throttler) left(c count, now time.Time) float64 {
	if c.failures == 0 {
		return 0
	}
	return c.failures * math.Exp2(-float64(now.Sub(c.at))/float64(r.HalfLife))
}
