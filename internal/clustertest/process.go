package clustertest

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// Process is a program that runs beside the nodes, such as HAProxy. It ends with the
// test.
type Process struct {
	path string
	args []string
	log  *os.File
	cmd  *exec.Cmd
	gone chan struct{} // closed when cmd has ended
}

// startProcess starts a program.
func startProcess(t testing.TB, path string, args ...string) *Process {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	p := &Process{path: path, args: args, log: log}
	t.Cleanup(func() {
		p.Kill()
		log.Close()
		if text, err := os.ReadFile(log.Name()); t.Failed() && err == nil {
			t.Logf("%s: %s", filepath.Base(path), text)
		}
	})
	p.Run(t)
	return p
}

// Run starts the program, which must not be running.
func (p *Process) Run(t testing.TB) {
	t.Helper()
	cmd := exec.Command(p.path, p.args...)
	cmd.Stdout, cmd.Stderr = p.log, p.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	go func() {
		_ = cmd.Wait() // it is killed in the end
		close(gone)
	}()
	p.cmd, p.gone = cmd, gone
}

// Kill ends the program at once, if it runs.
func (p *Process) Kill() {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Kill() // else it has ended
	<-p.gone
	p.cmd = nil
}

// Pause stops the program where it is (SIGSTOP).
func (p *Process) Pause() { _ = p.cmd.Process.Signal(syscall.SIGSTOP) }

// Resume lets a paused program go on.
func (p *Process) Resume() { _ = p.cmd.Process.Signal(syscall.SIGCONT) }
