package main

import (
	"strings"
	"testing"
)

// TestSharing makes public mailboxes and groups while no server runs, and while one
// does.
func TestSharing(t *testing.T) {
	s := newSite(t, "")
	run := func(args ...string) string { return good(t, "", append(args, "--config", s.config)...) }
	good(t, "secret\n", "user", "add", "alice", "--password-stdin", "--config", s.config)
	good(t, "secret\n", "user", "add", "bob", "--password-stdin", "--config", s.config)
	all := func() {
		run("mailbox", "create", "News/Local")
		run("mailbox", "grant", "News", "group:staff", "lrswite")
		if got := run("mailbox", "acl", "News"); got != "anyone\tlrs\ngroup:staff\tlrswite\n" {
			t.Errorf("list of News: %q", got)
		}
		if got := run("mailbox", "list"); got != "News\nNews/Local\n" {
			t.Errorf("public mailboxes: %q", got)
		}
		run("group", "add", "staff")
		run("group", "join", "staff", "alice")
		run("group", "join", "staff", "bob")
		run("group", "leave", "staff", "bob")
		if got := run("group", "members", "staff"); got != "alice\n" {
			t.Errorf("members: %q", got)
		}
		if got := run("group", "list"); got != "staff\n" {
			t.Errorf("groups: %q", got)
		}
		run("mailbox", "grant", "INBOX", "bob", "lr", "--user", "alice")
		run("user", "remove", "bob", "--yes")
		if got := run("mailbox", "acl", "INBOX", "--user", "alice"); !strings.HasPrefix(got, "alice\t") || strings.Contains(got, "bob") {
			t.Errorf("list of INBOX once bob is removed: %q", got)
		}
		good(t, "secret\n", "user", "add", "bob", "--password-stdin", "--config", s.config)
		run("group", "remove", "staff")
		if got := run("mailbox", "acl", "News"); got != "anyone\tlrs\n" {
			t.Errorf("list of News once its group is removed: %q", got)
		}
		run("mailbox", "rename", "News", "Old")
		run("mailbox", "revoke", "Old", "anyone")
		run("mailbox", "delete", "Old/Local")
		run("mailbox", "delete", "Old")
		run("check")
		bad(t, exitFailed, "not found", "mailbox", "acl", "Old", "--config", s.config)
		bad(t, exitFailed, "not found", "group", "members", "staff", "--config", s.config)
		bad(t, exitFailed, "invalid", "mailbox", "create", "Shared/x", "--user", "alice", "--config", s.config)
	}
	all()
	_, _, stop := s.serve(t)
	defer stop()
	all()
}
