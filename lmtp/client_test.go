package lmtp_test

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// talker is a client that has said LHLO.
type talker struct {
	t *testing.T
	c net.Conn
	r *bufio.Reader
}

func (s *site) talk() *talker {
	c, err := s.dial()
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(5 * time.Minute))
	k := &talker{s.t, c, bufio.NewReader(c)}
	k.hear("220")
	k.say("LHLO mta.example", "250")
	return k
}

// say sends a line and hears its answer.
func (k *talker) say(line, want string) {
	k.t.Helper()
	if _, err := io.WriteString(k.c, line+"\r\n"); err != nil {
		k.t.Fatal(err)
	}
	k.hear(want)
}

// hear reads a reply, of however many lines, that begins with want.
func (k *talker) hear(want string) {
	k.t.Helper()
	for {
		line, err := k.r.ReadString('\n')
		if err != nil {
			k.t.Fatalf("waiting for %s: %v", want, err)
		}
		if len(line) > 3 && line[3] == '-' {
			continue
		}
		if !strings.HasPrefix(line, want) {
			k.t.Fatalf("got %q, want %s", line, want)
		}
		return
	}
}
