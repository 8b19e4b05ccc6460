package server

import (
	"fmt"
	"sync/atomic"
	"testing"
)

// BenchmarkLogin connects, logs in, selects INBOX and logs out.
func BenchmarkLogin(b *testing.B) {
	h := newHost(b, hostOptions{})
	var users atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		user := fmt.Sprintf("user%d", users.Add(1))
		for pb.Next() {
			c := h.login(b, user)
			c.do("a1 SELECT INBOX")
			c.do("a2 LOGOUT")
			c.Close()
		}
	})
}

// BenchmarkNoop is a round trip of the smallest command.
func BenchmarkNoop(b *testing.B) {
	h := newHost(b, hostOptions{})
	c := h.login(b, "alice")
	b.ReportAllocs()
	for b.Loop() {
		c.do("a1 NOOP")
	}
}

// BenchmarkPipelinedNoop sends commands without waiting for their answers.
func BenchmarkPipelinedNoop(b *testing.B) {
	h := newHost(b, hostOptions{})
	c := h.login(b, "alice")
	b.ReportAllocs()
	go func() {
		for range b.N {
			c.send("a1 NOOP\r\n")
		}
	}()
	for range b.N {
		c.expect("a1 OK")
	}
}

// BenchmarkListStatus lists 500 mailboxes with their status.
func BenchmarkListStatus(b *testing.B) {
	h := newHost(b, hostOptions{})
	c := h.login(b, "alice")
	for i := range 500 {
		c.do(fmt.Sprintf("a1 CREATE box%d", i))
	}
	b.ReportAllocs()
	for b.Loop() {
		c.do(`a2 LIST "" "*" RETURN (STATUS (MESSAGES UNSEEN UIDNEXT UIDVALIDITY HIGHESTMODSEQ))`)
	}
}
