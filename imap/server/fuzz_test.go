package server

import (
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// FuzzSession sends a client's whole conversation. Whatever it is, nothing may
// panic, the session must end when the client leaves, and no line may be
// answered twice: there is at most one tagged answer for each line that came.
func FuzzSession(f *testing.F) {
	for _, seed := range conversations(f) {
		f.Add(seed)
	}
	h := newHost(f, hostOptions{limits: Limits{CommandLine: 4096, Literal: 1024, Message: 4096, BadCommands: 1000}})
	f.Fuzz(func(t *testing.T, sent []byte) {
		c, err := h.dial()
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(20 * time.Second))
		go func() {
			// The server may close before it has read all.
			_, _ = c.Write(append([]byte("login LOGIN fuzz secret\r\n"), sent...))
			_ = c.(*net.TCPConn).CloseWrite()
		}()
		got, err := io.ReadAll(c)
		if err != nil && strings.Contains(err.Error(), "timeout") {
			t.Fatalf("the session did not end: %v\n%q", err, got)
		}
		if !bytes.HasPrefix(got, []byte("* OK [CAPABILITY ")) {
			t.Fatalf("greeting %q", got)
		}
		checkAnswers(t, sent, got)
	})
}

// checkAnswers counts tagged answers against lines. Contents of messages that
// were fetched may look like either, so only a conversation without literals in
// its answers is counted.
func checkAnswers(t *testing.T, sent, got []byte) {
	if bytes.Contains(got, []byte("}\r\n")) {
		return
	}
	lines := bytes.Count(sent, []byte("\n")) + 2
	tagged := 0
	for line := range bytes.Lines(got) {
		if !bytes.HasSuffix(line, []byte("\r\n")) {
			t.Fatalf("a line without its end: %q", line)
		}
		if !bytes.HasPrefix(line, []byte("* ")) && !bytes.HasPrefix(line, []byte("+ ")) {
			tagged++
		}
	}
	if tagged > lines {
		t.Fatalf("%d tagged answers to %d lines:\n%q\n%q", tagged, lines, sent, got)
	}
}

// conversations gives what the clients of all transcripts send.
func conversations(f *testing.F) [][]byte {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	var all [][]byte
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		var sent []byte
		for line := range strings.Lines(string(text)) {
			if rest, found := strings.CutPrefix(line, "C: "); found && !strings.Contains(rest, "${") {
				sent = append(append(sent, strings.TrimSuffix(rest, "\n")...), "\r\n"...)
			}
		}
		all = append(all, sent)
	}
	return all
}
