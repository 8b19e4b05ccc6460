package server

import (
	"strings"
	"testing"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/convert"
)

// TestConvertFailsForNow holds that a conversion that takes too long says so, and
// that it may be tried again (RFC 5259 §9): "NO [TEMPFAIL]".
func TestConvertFailsForNow(t *testing.T) {
	h := newHost(t, hostOptions{limits: Limits{Convert: convert.Limits{Time: time.Nanosecond}}})
	c := h.login(t, "alice")
	if err := h.deliver("alice", "INBOX", "Subject: x\r\n\r\ntext\r\n"); err != nil {
		t.Fatal(err)
	}
	c.do("a SELECT INBOX")
	lines, answer := c.try(`b002 CONVERT 1 ("text/plain") BINARY[1]`)
	if want := `* 1 CONVERTED (TAG "b002") (BINARY[1] (ERROR "This takes too long now" TEMPFAIL 1))`; len(lines) != 1 || lines[0] != want {
		t.Errorf("got %q", lines)
	}
	if !strings.HasPrefix(answer, "b002 NO [TEMPFAIL] ") {
		t.Errorf("got %q", answer)
	}
}

func TestConversionCache(t *testing.T) {
	c := newConversionCache(10_000)
	key := func(n int) conversionKey { return conversionKey{account: 1, email: restante.EmailID(n)} }
	for n := range 100 {
		c.put(key(n), convert.Result{Body: make([]byte, 1500)})
		c.get(key(0))
	}
	c.put(key(200), convert.Result{Body: make([]byte, 6000)})
	c.put(key(99), convert.Result{})
	for n, want := range map[int]bool{0: true, 1: false, 99: true, 98: true, 200: false} {
		if _, got := c.get(key(n)); got != want {
			t.Errorf("%d: %v", n, got)
		}
	}
	if c.mu.used > c.most || c.mu.order.Len() != len(c.mu.entries) {
		t.Errorf("%d bytes, %d and %d entries", c.mu.used, c.mu.order.Len(), len(c.mu.entries))
	}
	if _, got := c.get(conversionKey{account: 2}); got {
		t.Error("another account's")
	}
}
