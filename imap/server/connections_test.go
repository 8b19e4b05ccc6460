package server

import (
	"strings"
	"testing"

	"github.com/restante/restante"
)

// TestConnectionsOverNodes: many nodes do not let in many times the limit.
func TestConnectionsOverNodes(t *testing.T) {
	for _, limit := range []int{1, 10, 500} {
		const n = 5
		nodes := make([]Connections, n)
		exchange := func() {
			told := make([][]byte, n)
			for i := range nodes {
				told[i] = nodes[i].Told(limit, n)
			}
			for i := range nodes {
				var others [][]byte
				for j := range told {
					if i != j {
						others = append(others, told[j])
					}
				}
				nodes[i].Hear(others)
			}
		}
		in := 0
		for i := range 10 * limit {
			if nodes[i%n].enter(300, limit) {
				in++
			}
			exchange()
		}
		if in < limit || in > limit+limit/4+1 {
			t.Errorf("limit %d: %d connections", limit, in)
		}
		if !nodes[0].enter(301, limit) {
			t.Error("another account is refused")
		}
		// When they leave, there is room again, on all nodes.
		for i := range nodes {
			for nodes[i].mu.here[300] > 0 {
				nodes[i].leave(300)
			}
		}
		exchange()
		for i := range nodes {
			if !nodes[i].enter(300, limit) {
				t.Errorf("limit %d: node %d has no room", limit, i)
			}
			nodes[i].leave(300)
		}
	}
}

// TestConnectionsTold: of accounts with few connections nothing is told.
func TestConnectionsTold(t *testing.T) {
	crowded := 0
	c := Connections{Crowded: func() { crowded++ }}
	c.Told(500, 3) // from 41 on
	for id := range restante.AccountID(1000) {
		for range 3 {
			c.enter(1000+id, 500)
		}
	}
	if got := c.Told(500, 3); len(got) != 0 || crowded != 0 {
		t.Errorf("%d bytes, %d times", len(got), crowded)
	}
	for range 40 {
		c.enter(1500, 500)
	}
	if got := c.Told(500, 3); len(got) != crowdSize || crowded == 0 {
		t.Errorf("%d bytes, %d times", len(got), crowded)
	}
	if a, b := c.Told(500, 3), c.Told(500, 3); string(a) != string(b) {
		t.Error("what is told changes by itself")
	}
	c.Hear([][]byte{nil, []byte("short")})
	if !c.enter(1, 500) {
		t.Error("refused")
	}
}

// TestServersShareConnections: a server that takes the place of another, as after a
// reload, goes on counting.
func TestServersShareConnections(t *testing.T) {
	shared := new(Connections)
	o := hostOptions{limits: Limits{AccountConnections: 2}, imap: func(o *Options) { o.Connections = shared }}
	first := newHost(t, o)
	first.login(t, "alice")
	account := first.login(t, "alice")
	for id, n := range shared.mu.here {
		if n != 2 {
			t.Errorf("account %d has %d", id, n)
		}
		second := newHost(t, o)
		if second.imap.enter(id) != nil {
			t.Error("a third connection is taken")
		}
	}
	if _, answer := first.client(t).try("a LOGIN alice secret"); !strings.Contains(answer, "[LIMIT]") {
		t.Error(answer)
	}
	account.do("b LOGOUT")
}
