package admin

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"
)

// lines takes log lines of several goroutines.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// take gives the lines that have come since the last time.
func (l *lines) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := strings.TrimSuffix(l.text.String(), "\n")
	l.text.Reset()
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// TestEachOperationIsLoggedOnce calls all operations of a server: those that change
// something or read mail leave one line at level info, others none, and failures one.
func TestEachOperationIsLoggedOnce(t *testing.T) {
	var log lines
	logger := slog.New(slog.NewTextHandler(&log, nil))
	o := openLogged(t, logger)
	c := listenLogged(t, o, logger)
	log.take()
	inbox := Place{"bob", "INBOX"}
	called := map[string]bool{}
	for _, f := range []struct {
		op   string
		in   any
		want string // what the line has; empty: there is none
	}{
		{OpUserAdd, Secret{Name: "bob", Password: "secret"}, "user added"},
		{OpUserAdd, Secret{Name: "bob", Password: "secret"}, "administration failed"},
		{OpUserPasswd, Secret{Name: "bob", Password: "secret"}, "password changed"},
		{OpUserList, struct{}{}, ""},
		{OpUserShow, Name{"bob"}, ""},
		{OpUserQuota, Quota{Name: "bob", Bytes: 1000}, "quota changed"},
		{OpUserAppendLimit, AppendLimit{inbox, 1000}, "append limit changed"},
		{OpUserLock, Lock{"bob", true}, "user may log in"},
		{OpGroupAdd, Group{"staff"}, "group added"},
		{OpGroupJoin, Membership{"bob", "staff"}, "user joined a group"},
		{OpGroupList, struct{}{}, ""},
		{OpGroupMembers, Group{"staff"}, ""},
		{OpGroupLeave, Membership{"bob", "staff"}, "user left a group"},
		{OpGroupRemove, Group{"staff"}, "group removed"},
		{OpBoxCreate, Box{User: "bob", Mailbox: "a"}, "mailbox created"},
		{OpBoxGrant, BoxGrant{Box: Box{User: "bob", Mailbox: "a"}, Identifier: "anyone", Rights: "lr"}, "rights changed"},
		{OpBoxList, Box{User: "bob"}, ""},
		{OpBoxRename, BoxRename{Box: Box{User: "bob", Mailbox: "a"}, To: "b"}, "mailbox renamed"},
		{OpBoxDelete, Box{User: "bob", Mailbox: "b"}, "mailbox deleted"},
		{OpMailbox, Place{"bob", "c"}, "mailbox created"},
		{OpMailbox, Place{"bob", "c"}, ""},
		{OpSubscribe, Place{"bob", "c"}, "mailbox subscribed"},
		{OpAppend, Batch{Place: inbox}, "messages imported"},
		{OpMailboxes, Name{"bob"}, ""},
		{OpMessages, inbox, "mailbox exported"},
		{OpCheck, Check{}, "store checked"},
		{OpUserRemove, Name{"bob"}, "user removed"},
	} {
		called[f.op] = true
		err := c.Call(t.Context(), f.op, f.in, func(json.RawMessage) error { return nil }, nil)
		if (err != nil) != (f.want == "administration failed") {
			t.Errorf("%s: %v", f.op, err)
		}
		got := log.take()
		if f.want == "" && len(got) > 0 || f.want != "" && (len(got) != 1 || !strings.Contains(got[0], f.want)) {
			t.Errorf("%s: logged %q, want %q", f.op, got, f.want)
		}
	}
	for op := range o {
		if !called[op] {
			t.Errorf("%s is not tried", op)
		}
	}
}
