package lmtp_test

import (
	"bufio"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/mailstore"
)

// TestCutOff has the connection end within a message: nothing of it is stored.
func TestCutOff(t *testing.T) {
	for name, sent := range map[string]string{
		"DATA":                 "DATA\r\nSubject: x\r\n\r\npart",
		"BDAT":                 "BDAT 1000\r\nSubject: x\r\n\r\npart",
		"last BDAT":            "BDAT 1000 LAST\r\nSubject: x\r\n\r\npart",
		"last BDAT, no octets": "BDAT 1000 LAST\r\n",
		"second BDAT":          "BDAT 14\r\nSubject: x\r\n\r\nBDAT 100 LAST\r\npart",
		"between two":          "BDAT 14\r\nSubject: x\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			k := s.talk()
			k.say("MAIL FROM:<x@example.org>", "250")
			k.say("RCPT TO:<alice@example.com>", "250")
			if _, err := io.WriteString(k.c, sent); err != nil {
				t.Fatal(err)
			}
			if err := k.c.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, k.r); err != nil {
				t.Fatal(err)
			}
			if got, err := s.messages("alice@example.com", "INBOX"); err != nil || len(got) > 0 {
				t.Errorf("INBOX has %q, %v", got, err)
			}
		})
	}
}

// TestSlowMessage has a message come little by little, in more time than a client may be silent.
func TestSlowMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clients := make(pipeListener)
		engine := memkv.New()
		s := newSiteAt(t, clients, engine, mailstore.Options{KV: engine})
		ours, theirs := net.Pipe()
		clients <- theirs
		k := &talker{t, ours, bufio.NewReader(ours)}
		k.hear("220")
		k.say("LHLO mta.example", "250")
		k.say("MAIL FROM:<x@example.org>", "250")
		k.say("RCPT TO:<alice@example.com>", "250")
		k.say("DATA", "354")
		for range 5 {
			if _, err := io.WriteString(ours, "Subject: x\r\n"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(4 * time.Minute) // of 5
		}
		k.say("\r\n.", "250 2.1.5")
		k.say("MAIL FROM:<x@example.org>", "250")
		k.say("RCPT TO:<alice@example.com>", "250")
		k.say("DATA", "354")
		k.hear("451 4.4.2") // after silence
		ours.Close()
		if got, err := s.messages("alice@example.com", "INBOX"); err != nil || len(got) != 1 {
			t.Errorf("INBOX has %q, %v", got, err)
		}
	})
}

// pipeListener accepts the ends of pipes.
type pipeListener chan net.Conn

func (l pipeListener) Accept() (net.Conn, error) {
	if c, ok := <-l; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (l pipeListener) Close() error {
	close(l)
	return nil
}

func (l pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }
