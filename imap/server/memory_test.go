//go:build unix

package server

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestIdleMemory measures what a connection in IDLE costs. The clients are bare
// descriptors, which take nothing of the process's own memory, so that what is
// measured is the server's. RESTANTE_IDLE sets how many there are.
func TestIdleMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("opens many connections")
	}
	if raceDetector() {
		t.Skip("the race detector's own memory would be measured")
	}
	n := 1000
	if v, err := strconv.Atoi(os.Getenv("RESTANTE_IDLE")); err == nil {
		n = v
	}
	h := newHost(t, hostOptions{limits: Limits{AccountConnections: n + 1}})
	addr, err := net.ResolveTCPAddr("tcp4", h.address)
	if err != nil {
		t.Fatal(err)
	}
	h.login(t, "alice").do("warm SELECT INBOX")
	before := memory()
	for range n {
		fd := idleClient(t, addr)
		defer syscall.Close(fd)
	}
	each := (memory() - before) / int64(n)
	t.Logf("%d connections in IDLE: %d bytes each", n, each)
	if each > 10<<10 {
		t.Errorf("%d bytes are more than 10 KiB", each)
	}
	began := time.Now()
	if err := h.deliver("alice", "INBOX", "Subject: hello\r\n\r\nHi.\r\n"); err != nil {
		t.Fatal(err)
	}
	t.Logf("delivery with as many to be told: %v", time.Since(began))
}

// raceDetector reports whether the test was built with -race.
func raceDetector() bool {
	info, found := debug.ReadBuildInfo()
	return found && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// memory gives what the heap and the stacks hold.
func memory() int64 {
	for range 4 { // stacks are halved once a collection
		runtime.GC()
	}
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

// idleClient logs in, selects INBOX and idles.
func idleClient(t *testing.T, addr *net.TCPAddr) int {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	sa := &syscall.SockaddrInet4{Port: addr.Port}
	copy(sa.Addr[:], addr.IP.To4())
	if err := syscall.Connect(fd, sa); err != nil {
		t.Fatal(err)
	}
	for i, step := range []string{"", "LOGIN alice secret", "SELECT INBOX", "IDLE"} {
		want := "* OK "
		if step != "" {
			if _, err := syscall.Write(fd, fmt.Appendf(nil, "a%d %s\r\n", i, step)); err != nil {
				t.Fatal(err)
			}
			want = fmt.Sprintf("a%d OK", i)
		}
		if step == "IDLE" {
			want = "+ idling"
		}
		var got strings.Builder
		buf := make([]byte, 4096)
		for !strings.Contains(got.String(), want) {
			k, err := syscall.Read(fd, buf)
			if err != nil || k == 0 {
				t.Fatalf("reading: %v, after %q", err, got.String())
			}
			got.Write(buf[:k])
		}
	}
	return fd
}
