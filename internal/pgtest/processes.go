package pgtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// Pause stops all processes of the server where they are (SIGSTOP): connections
// stay open and nobody answers.
func (s *Server) Pause() { s.signal(syscall.SIGSTOP) }

// Resume lets a paused server go on.
func (s *Server) Resume() { s.signal(syscall.SIGCONT) }

// signal sends a signal to the server's first process and to those that it has
// begun, which are in process groups of their own.
func (s *Server) signal(sig syscall.Signal) {
	if s.cmd == nil {
		return
	}
	pid := s.cmd.Process.Pid
	_ = syscall.Kill(pid, syscall.SIGSTOP) // so that it begins no more of them
	for _, child := range children(pid) {
		_ = syscall.Kill(child, sig) // one that has ended needs none
	}
	_ = syscall.Kill(pid, sig)
}

// children gives the processes that have parent, where there is a /proc.
func children(parent int) []int {
	var all []int
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // has ended
		}
		// pid (name) state ppid …; the name may hold anything.
		_, after, _ := strings.Cut(string(text[strings.LastIndexByte(string(text), ')')+1:]), " ")
		var state string
		var ppid int
		if n, _ := fmt.Sscan(after, &state, &ppid); n == 2 && ppid == parent {
			if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil {
				all = append(all, pid)
			}
		}
	}
	return all
}

// Programs answers the directory of PostgreSQL's own programs, or skips or
// fails the test as [Start] does.
func Programs(t testing.TB) string {
	t.Helper()
	return findBin(t)
}
