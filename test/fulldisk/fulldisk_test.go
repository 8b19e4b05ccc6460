// Package fulldisk_test fills the disk under the real program.
package fulldisk_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/restante/restante/test/binary"
	"github.com/restante/restante/test/imapclient"
	"github.com/restante/restante/test/lmtpclient"
)

// restante is the path of the program, set by TestMain.
var restante string

func TestMain(m *testing.M) {
	os.Exit(binary.Main(m, func(path string) { restante = path }))
}

const (
	alice    = "alice@example.org"
	password = "poste-restante"
)

// start starts a server on a small disk, of which it keeps 16 MiB in reserve.
func start(t *testing.T, disk string) (*binary.Server, *imapclient.Client) {
	t.Helper()
	s := binary.Start(t, binary.Options{Path: restante, Data: filepath.Join(disk, "data"),
		Config: "store.reserve = \"16MiB\"\nstore.memtable = \"1MiB\"\n"})
	s.AddUser(t, alice, password)
	c, err := imapclient.Login(s.IMAPS, s.TLS(t), alice, password)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return s, c
}

// letter makes a message of about size bytes that does not shrink when it is
// compressed.
func letter(number, size int) []byte {
	b := fmt.Appendf(nil, "From: a@example.com\r\nSubject: %d\r\n\r\n", number)
	state := uint64(number + 1)
	for len(b) < size {
		for range 70 {
			state = state*6364136223846793005 + 1442695040888963407
			b = append(b, 'A'+byte(state>>59))
		}
		b = append(b, "\r\n"...)
	}
	return b
}

// size is that of the messages: mostly middling, some large, many small.
func size(i int) int { return []int{200 << 10, 1 << 20, 500, 20 << 10}[i%4] }

// fillDisk appends until the server refuses, and answers the messages that it
// acknowledged, by UID.
func fillDisk(t *testing.T, s *binary.Server, c *imapclient.Client, from map[uint32]int) map[uint32]int {
	t.Helper()
	for i := 0; ; i++ {
		_, uid, err := c.Append("INBOX", "", letter(i, size(i)))
		if isRefused(t, s, err) {
			t.Logf("after %d messages: %v", len(from), err)
			return from
		}
		from[uid] = i
		if len(from) > 5000 {
			t.Fatal("the disk does not fill up")
		}
	}
}

// isRefused reports whether a command was answered NO, and fails the test if
// anything else went wrong.
func isRefused(t *testing.T, s *binary.Server, err error) bool {
	t.Helper()
	if err == nil {
		return false
	}
	var refused *imapclient.RefusedError
	if !errors.As(err, &refused) || refused.Status != "NO" {
		t.Fatalf("%v; the server: %v", err, s.Alive())
	}
	return true
}

// verify compares the mailbox with what was acknowledged, byte for byte.
func verify(t *testing.T, c *imapclient.Client, want map[uint32]int) {
	t.Helper()
	messages, err := c.Messages("INBOX", "BODY.PEEK[]")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		i, known := want[m.UID]
		switch {
		case !known:
			t.Errorf("UID %d is there, and should not", m.UID)
		case i == delivered && bytes.HasSuffix([]byte(m.Item), letter(i, 100<<10)):
		case !bytes.Equal([]byte(m.Item), letter(i, size(i))):
			t.Errorf("UID %d has other content, of %d bytes", m.UID, len(m.Item))
		}
	}
	if len(messages) != len(want) {
		t.Errorf("%d messages are there, %d were acknowledged", len(messages), len(want))
	}
}

// fillLMTP delivers until the server answers 452, and adds what it took to
// stored by the UIDs that those messages must have got.
func fillLMTP(t *testing.T, s *binary.Server, c *imapclient.Client, stored map[uint32]int) {
	t.Helper()
	status, err := c.Status("INBOX", "UIDNEXT")
	if err != nil {
		t.Fatal(err)
	}
	for uid := uint32(status["UIDNEXT"]); ; uid++ {
		err := lmtpclient.Deliver(s.LMTP, "a@example.com", alice, letter(delivered, 100<<10))
		var answer *textproto.Error
		switch {
		case err == nil:
			stored[uid] = delivered
		case errors.As(err, &answer) && answer.Code == 452:
			return
		default:
			t.Fatalf("LMTP: %v; the server: %v", err, s.Alive())
		}
	}
}

// delivered is the number of all messages that came by LMTP.
const delivered = 1 << 20

// TestFull fills the disk with mail: what is too much is refused, the rest is
// whole, and an expunge makes room.
func TestFull(t *testing.T) {
	t.Parallel()
	s, c := start(t, binary.SmallDisk(t, 96))
	stored := fillDisk(t, s, c, make(map[uint32]int))
	fillLMTP(t, s, c, stored)
	verify(t, c, stored)

	// Everything but what takes room goes on.
	for _, command := range []string{"SELECT INBOX", `STORE 1:* +FLAGS.SILENT (\Deleted)`, "EXPUNGE", "UNSELECT"} {
		if _, err := c.Do("%s", command); err != nil {
			t.Fatalf("%s on a full disk: %v", command, err)
		}
	}
	verify(t, c, nil)
	again, expunged := make(map[uint32]int), time.Now()
	// It comes back by and by, but all of it: what was expunged leaves nothing
	// behind.
	binary.Eventually(t, "there is room again", func() error {
		again = fillDisk(t, s, c, again)
		if len(again) < len(stored)/2 {
			return fmt.Errorf("only %d messages fit after the expunge of %d", len(again), len(stored))
		}
		return nil
	})
	t.Logf("room came back after %v", time.Since(expunged))
	verify(t, c, again)
	s.Stop(t)
	s.Check(t)
	s.Run(t)
	c, err := imapclient.Login(s.IMAPS, s.TLS(t), alice, password)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	verify(t, c, again)
}

// TestFilledByOthers has somebody else take the disk's last byte, the server's
// reserve too.
func TestFilledByOthers(t *testing.T) {
	t.Parallel()
	disk := binary.SmallDisk(t, 96)
	s, c := start(t, disk)
	stored := make(map[uint32]int)
	for i := range 20 {
		_, uid, err := c.Append("INBOX", "", letter(i, size(i)))
		if err != nil {
			t.Fatal(err)
		}
		stored[uid] = i
	}
	filler := filepath.Join(disk, "filler")
	takeAll(t, filler)
	binary.Eventually(t, "an APPEND is refused", func() error {
		_, uid, err := c.Append("INBOX", "", letter(1, size(1)))
		if isRefused(t, s, err) {
			return nil
		}
		stored[uid] = 1
		return fmt.Errorf("UID %d", uid)
	})
	fillLMTP(t, s, c, stored)
	verify(t, c, stored)
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	binary.Eventually(t, "there is room again", func() error {
		_, uid, err := c.Append("INBOX", "", letter(2, size(2)))
		if !isRefused(t, s, err) {
			stored[uid] = 2
		}
		return err
	})
	verify(t, c, stored)
	s.Check(t)
	if log := s.LogFrom(t, 0); !strings.Contains(log, "level=ERROR") {
		t.Error("the log does not speak of the full disk")
	}
}

// takeAll writes a file until the disk is full.
func takeAll(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 1<<20); len(block) > 0; {
		if _, err := f.Write(block); errors.Is(err, syscall.ENOSPC) {
			block = block[:len(block)/2]
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
