package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// onTerminal runs a command on a terminal of its own. Each pair of talk is a text
// to wait for, and what is typed then. It answers all that the terminal has shown.
func onTerminal(t *testing.T, args []string, talk ...string) (shown string, status int) {
	t.Helper()
	keyboard, screen := openTerminal(t)
	c := command(t, args...)
	c.Stdin, c.Stdout, c.Stderr = screen, screen, screen
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	keyboard.SetDeadline(time.Now().Add(patience))
	var seen strings.Builder
	for b := make([]byte, 1024); len(talk) > 0; {
		n, err := keyboard.Read(b)
		seen.Write(b[:n])
		if err != nil {
			t.Fatalf("%v after %q", err, seen.String())
		}
		if strings.HasSuffix(seen.String(), talk[0]) {
			keyboard.WriteString(talk[1])
			talk = talk[2:]
		}
	}
	var exit *exec.ExitError
	if err := c.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if mode, err := unix.IoctlGetTermios(int(screen.Fd()), unix.TCGETS); err != nil || mode.Lflag&unix.ECHO == 0 {
		t.Errorf("the terminal does not show what is typed any more: %v", err)
	}
	screen.WriteString("END")
	for b := make([]byte, 1024); !strings.HasSuffix(seen.String(), "END"); {
		n, err := keyboard.Read(b)
		seen.Write(b[:n])
		if err != nil {
			t.Fatal(err)
		}
	}
	return seen.String(), c.ProcessState.ExitCode()
}

// openTerminal answers both ends of a pseudo-terminal.
func openTerminal(t *testing.T) (keyboard, screen *os.File) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	keyboard = os.NewFile(uintptr(fd), "keyboard")
	t.Cleanup(func() { keyboard.Close() })
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	screen, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { screen.Close() })
	return keyboard, screen
}

func TestOnTerminal(t *testing.T) {
	s := newSite(t, "")
	f := "--config=" + s.config
	const ctrlC = "\x03"
	for _, step := range []struct {
		args   string
		talk   []string
		status int
		want   string
	}{
		{"user add bob", []string{"Password: ", "secret\n", "Password again: ", "secret\n"}, 0, "argon2id"},
		{"user add eve", []string{"Password: ", "secret\n", "Password again: ", "Secret\n"}, 1, "the passwords differ"},
		{"user add eve", []string{"Password: ", ctrlC}, 1, "interrupted"},
		{"user passwd bob", []string{"Password: ", "secret\nsecret\n"}, 0, "argon2id"},
		{"user passwd bob", []string{"Password: ", "secret\n", "Password again: ", ctrlC}, 1, "interrupted"},
		{"user remove bob", []string{"name again: ", "eve\n"}, 1, "that is another name: nothing was removed"},
		{"user remove bob", []string{"name again: ", ctrlC}, 1, "restante: interrupted"},
		{"user remove bob", []string{"name again: ", "bob\n"}, 0, ""},
	} {
		shown, status := onTerminal(t, append(strings.Fields(step.args), f), step.talk...)
		if status != step.status || !strings.Contains(shown, step.want) || strings.Contains(strings.ToLower(shown), "secret") {
			t.Errorf("%s, with %q: exit status %d, %q", step.args, step.talk, status, shown)
		}
	}
	if out := good(t, "", "user", "list", f); out != "" {
		t.Errorf("users are left: %s", out)
	}
}
