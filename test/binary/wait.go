package binary

import (
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
	"time"
)

// Eventually asks again and again until ok answers nil, and fails the test with
// its last error if that takes longer than limit.
func Eventually(t testing.TB, limit time.Duration, what string, ok func() error) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 200*time.Millisecond) {
		err := ok()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v: %v", what, limit, err)
		}
		<-time.After(pause)
	}
}

// FreeAddr answers an address on loopback that nobody listens on, out of the
// range that outgoing connections take their ports from, so that a server can
// come back to it.
func FreeAddr(t testing.TB) string {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(20000+rand.IntN(12000))))
		if err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no free port on 127.0.0.1")
	return ""
}
