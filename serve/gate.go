package serve

import "sync"

// Gate bounds how many of something may be inside at once for each key, such
// as the connections of an account. Its size follows what is inside.
type Gate[K comparable] struct {
	max int
	mu  struct {
		sync.Mutex
		inside map[K]int
	}
}

// NewGate answers a gate that lets max in for each key; 0 or less: any number.
func NewGate[K comparable](max int) *Gate[K] {
	g := &Gate[K]{max: max}
	g.mu.inside = map[K]int{}
	return g
}

// Enter counts one in, or answers false if no more may be. Each Enter that
// answered true is followed by one Leave.
func (g *Gate[K]) Enter(k K) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.max > 0 && g.mu.inside[k] >= g.max {
		return false
	}
	g.mu.inside[k]++
	return true
}

// Leave counts one out.
func (g *Gate[K]) Leave(k K) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.mu.inside[k]--; g.mu.inside[k] <= 0 {
		delete(g.mu.inside, k)
	}
}
