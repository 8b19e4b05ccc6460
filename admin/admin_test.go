package admin

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/auth"
	"github.com/restante/restante/directory"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/serve"
)

// open makes the operations on a new store.
func open(t *testing.T) Operations {
	t.Helper()
	return openLogged(t, nil)
}

func openLogged(t *testing.T, logger *slog.Logger) Operations {
	t.Helper()
	return openOn(t, memkv.New(), logger)
}

func openOn(t *testing.T, kvs *memkv.Store, logger *slog.Logger) Operations {
	t.Helper()
	ms, err := mailstore.Open(t.Context(), mailstore.Options{KV: kvs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ms.Close(); kvs.Close() })
	d, err := directory.Open(kvs, ms, directory.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return New(Options{Store: ms, Directory: d, Params: auth.Params{Memory: 1 << 10, Passes: 1, Iterations: 4096}, Logger: logger})
}

// listen serves operations on a socket.
func listen(t *testing.T, o Operations) Client {
	t.Helper()
	return listenLogged(t, o, nil)
}

func listenLogged(t *testing.T, o Operations, logger *slog.Logger) Client {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "s")
	s := serve.New(serve.Options{Logger: logger})
	if _, err := s.Listen(serve.Listener{Addr: "unix:" + socket, Protocol: "admin", Handle: o.Handle}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Error(err)
		}
	})
	return Client{Socket: socket}
}

// TestOperations runs the same calls in process and over the socket.
func TestOperations(t *testing.T) {
	for _, remote := range []bool{false, true} {
		o := open(t)
		var c Caller = Local{o}
		if remote {
			c = listen(t, o)
		}
		ctx := t.Context()
		var u User
		if err := c.Call(ctx, OpUserAdd, Secret{Name: "Bob", Password: "secret"}, nil, &u); err != nil ||
			u.Name != "bob" || u.Password != "argon2id, SCRAM-SHA-256, SCRAM-SHA-1" || u.Account == 0 {
			t.Errorf("%+v, %v", u, err)
		}
		for _, test := range []struct {
			op   string
			in   any
			kind error
			text string
		}{
			{OpUserAdd, Secret{Name: "bob", Password: "x"}, restante.ErrExists, `"bob"`},
			{OpUserAdd, Secret{Name: "a b", Password: "x"}, restante.ErrInvalid, "characters"},
			{OpUserAdd, Secret{Name: "x"}, restante.ErrInvalid, "password"},
			{OpUserAdd, Secret{Name: "x", Password: "a", Hash: "b"}, restante.ErrInvalid, "both"},
			{OpUserAdd, Secret{Name: "x", Hash: "{NTLM}x"}, restante.ErrInvalid, "NTLM"},
			{OpUserPasswd, Secret{Name: "x", Password: "a"}, restante.ErrNotFound, `"x"`},
			{OpUserRemove, Name{"x"}, restante.ErrNotFound, `"x"`},
			{OpUserShow, Name{"x"}, restante.ErrNotFound, `"x"`},
			{OpUserQuota, Quota{Name: "bob", Bytes: -1}, restante.ErrInvalid, "negative"},
			{OpCheck, Check{User: "x"}, restante.ErrNotFound, `"x"`},
			{"user.fly", nil, restante.ErrInvalid, "user.fly"},
			{OpUserShow, 1, restante.ErrInvalid, "input"},
		} {
			err := c.Call(ctx, test.op, test.in, nil, nil)
			if test.text == "both" {
				test.text = "a password and a hash"
			}
			if !errors.Is(err, test.kind) || !strings.Contains(err.Error(), test.text) {
				t.Errorf("%s %+v: %v", test.op, test.in, err)
			}
		}
		if err := c.Call(ctx, OpUserAdd, Secret{Name: "eve", Hash: "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="}, nil, &u); err != nil || u.Password != "{SHA}" {
			t.Errorf("%+v, %v", u, err)
		}
		if err := c.Call(ctx, OpUserQuota, Quota{"eve", 1000, 5, 6, 7}, nil, &u); err != nil || u.Quota != (mailstore.Quota{Bytes: 1000, Messages: 5, Mailboxes: 6, Annotations: 7}) {
			t.Errorf("%+v, %v", u, err)
		}
		if err := c.Call(ctx, OpUserLock, Lock{"eve", true}, nil, &u); err != nil || !u.Disabled {
			t.Errorf("%+v, %v", u, err)
		}
		if err := c.Call(ctx, OpUserPasswd, Secret{Name: "eve", Password: "new"}, nil, &u); err != nil || !u.Disabled || !strings.Contains(u.Password, "argon2id") {
			t.Errorf("a new password lets a disabled user in: %+v, %v", u, err)
		}
		var names []string
		each := func(raw json.RawMessage) error {
			var u User
			if err := json.Unmarshal(raw, &u); err != nil {
				return err
			}
			names = append(names, u.Name)
			return nil
		}
		if err := c.Call(ctx, OpUserList, struct{}{}, each, nil); err != nil || strings.Join(names, " ") != "bob eve" {
			t.Errorf("%q, %v", names, err)
		}
		stop := errors.New("enough")
		if err := c.Call(ctx, OpUserList, struct{}{}, func(json.RawMessage) error { return stop }, nil); !errors.Is(err, stop) {
			t.Errorf("%v", err)
		}
		var result CheckResult
		if err := c.Call(ctx, OpCheck, Check{}, nil, &result); err != nil || !result.Clean || result.Accounts != 2 {
			t.Errorf("%+v, %v", result, err)
		}
		if err := c.Call(ctx, OpUserRemove, Name{"BOB"}, nil, nil); err != nil {
			t.Error(err)
		}
		if err := c.Call(ctx, OpCheck, Check{User: "eve", Repair: true}, nil, &result); err != nil || !result.Clean || result.Accounts != 1 {
			t.Errorf("%+v, %v", result, err)
		}
	}
}

// TestClientLeaves: an operation ends when its client does.
func TestClientLeaves(t *testing.T) {
	started, ended := make(chan struct{}), make(chan error, 1)
	c := listen(t, Operations{"wait": func(ctx context.Context, _ json.RawMessage, x Exchange) (any, error) {
		close(started)
		<-ctx.Done()
		ended <- ctx.Err()
		return nil, ctx.Err()
	}})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- c.Call(ctx, "wait", nil, nil, nil) }()
	<-started
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestClientWithoutServer(t *testing.T) {
	c := Client{Socket: filepath.Join(t.TempDir(), "s")}
	if running, err := c.Running(t.Context()); running || err != nil {
		t.Errorf("%v, %v", running, err)
	}
	if err := c.Call(t.Context(), OpUserList, nil, nil, nil); !errors.Is(err, ErrNoServer) {
		t.Error(err)
	}
	listen := listen(t, Operations{})
	if running, err := listen.Running(t.Context()); !running || err != nil {
		t.Errorf("%v, %v", running, err)
	}
}

func TestBadRequests(t *testing.T) {
	c := listen(t, Operations{})
	for _, request := range []string{"x\n", "{}\n", "{\"op\":1}\n", strings.Repeat("x", maxRequest+1)} {
		conn, err := net.Dial("unix", c.Socket)
		if err != nil {
			t.Fatal(err)
		}
		go conn.Write([]byte(request))
		var r response
		if err := json.NewDecoder(conn).Decode(&r); err != nil || r.Kind != "invalid" {
			t.Errorf("%.20q: %+v, %v", request, r, err)
		}
		conn.Close()
	}
}
