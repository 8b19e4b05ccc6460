//go:build unix

package server

import (
	"bytes"
	"compress/flate"
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
	t.Run("plain", func(t *testing.T) {
		measureIdle(t, n, 10<<10, "LOGIN alice secret\r\n", "SELECT INBOX\r\n", "IDLE\r\n")
	})
	// What is left of a compressed connection is what its client has sent.
	t.Run("compressed", func(t *testing.T) {
		measureIdle(t, n, 11<<10, "LOGIN alice secret\r\n", "COMPRESS DEFLATE\r\n",
			deflated(t, "a2 SELECT INBOX\r\n"), deflated(t, "a3 IDLE\r\n"))
	})
}

// deflated gives a stream of its own with a flush: all that refers to nothing
// before it may follow on another.
func deflated(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.DefaultCompression)
	if err == nil {
		_, err = w.Write([]byte(text))
	}
	if err != nil || w.Flush() != nil {
		t.Fatal(err)
	}
	return b.String()
}

// measureIdle measures connections whose clients send these commands.
func measureIdle(t *testing.T, n int, most int64, steps ...string) {
	h := newHost(t, hostOptions{limits: Limits{AccountConnections: n + 1}})
	addr, err := net.ResolveTCPAddr("tcp4", h.address)
	if err != nil {
		t.Fatal(err)
	}
	h.login(t, "alice").do("warm SELECT INBOX")
	before := memory()
	for range n {
		fd := idleClient(t, addr, steps)
		defer syscall.Close(fd)
	}
	each := (memory() - before) / int64(n)
	t.Logf("%d connections in IDLE: %d bytes each", n, each)
	if each > most {
		t.Errorf("%d bytes are more than %d", each, most)
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

// idleClient logs in, selects INBOX and idles: it sends each of the steps with a
// tag, and waits for its answer; those that are compressed have their tag and get
// an answer of which only the length is known.
func idleClient(t *testing.T, addr *net.TCPAddr, steps []string) int {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	sa := &syscall.SockaddrInet4{Port: addr.Port}
	copy(sa.Addr[:], addr.IP.To4())
	if err := syscall.Connect(fd, sa); err != nil {
		t.Fatal(err)
	}
	awaitAnswer(t, fd, "* OK ")
	compressed := false
	for i, step := range steps {
		want := fmt.Sprintf("a%d OK", i)
		switch {
		case compressed:
			want = "\x00\x00\xff\xff"
		case step == "IDLE\r\n":
			want = "+ idling"
			fallthrough
		default:
			step = fmt.Sprintf("a%d %s", i, step)
		}
		if _, err := syscall.Write(fd, []byte(step)); err != nil {
			t.Fatal(err)
		}
		awaitAnswer(t, fd, want)
		compressed = compressed || strings.Contains(step, "COMPRESS")
	}
	return fd
}

// awaitAnswer reads until what was read has want in it.
func awaitAnswer(t *testing.T, fd int, want string) {
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
