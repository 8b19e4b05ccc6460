package server

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/restante/restante/internal/pgtest"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/kv/pgkv"
)

// TestCutOff: a node that cannot reach the store says so to whoever asks for
// something that it would have to look up, and knows all again afterwards.
func TestCutOff(t *testing.T) {
	t.Run("memkv", func(t *testing.T) {
		backing := memkv.NewBacking()
		engine := backing.Open()
		cut := errors.New("cut off")
		testCutOff(t, backing.Open(), engine, func() {
			engine.Inject(memkv.Faults{
				Read:         func(kv.Partition, []byte) error { return cut },
				BeforeCommit: func(context.Context, memkv.Commit) error { return cut },
			})
		}, func() { engine.Inject(memkv.Faults{}) })
	})
	if !pgtest.Required() {
		return
	}
	for _, how := range []string{"refused", "silent"} {
		t.Run("pgkv "+how, func(t *testing.T) {
			server := pgtest.Start(t, "fsync = off")
			url := server.Database(t)
			proxy := pgtest.NewProxy(t, server.Port)
			through := strings.Replace(url, fmt.Sprint(":", server.Port, "/"), fmt.Sprint(":", proxy.Port, "/"), 1)
			var nodes [2]kv.Store
			for i, o := range []pgkv.Options{{URL: url, Patience: time.Minute}, {URL: through, Patience: 5 * time.Second}} {
				o.Readers, o.Writers = 8, 4
				s, err := pgkv.Open(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { s.Close() })
				nodes[i] = s
			}
			testCutOff(t, nodes[0], nodes[1], func() {
				if how == "silent" {
					proxy.Mute(true)
					return
				}
				proxy.Down(true)
				proxy.Cut()
			}, func() {
				proxy.Mute(false)
				proxy.Down(false)
				proxy.Cut() // what was held back is not to come late
			})
		})
	}
}

func testCutOff(t *testing.T, one, two kv.Store, cut, heal func()) {
	a, b := newHost(t, hostOptions{engine: one}), newHost(t, hostOptions{engine: two})
	here := a.login(t, "alice")
	here.do("a APPEND INBOX {1+}\r\nx")
	selected, asking, idling, waiting := b.login(t, "alice"), b.login(t, "alice"), b.login(t, "alice"), b.client(t)
	selected.do("a SELECT INBOX")
	asking.do("a SELECT INBOX")
	idling.do("a SELECT INBOX")
	idling.send("i IDLE\r\n")
	idling.expect("+ ")

	cut()
	here.do("a APPEND INBOX {1+}\r\ny")
	for _, command := range []string{
		"STATUS INBOX (MESSAGES)", `LIST "" *`, "FETCH 1 FLAGS", "UID SEARCH ALL", "STORE 1 +FLAGS (x)", "APPEND INBOX {1+}\r\nz", "UID COPY 1 INBOX", "CREATE new", "SELECT INBOX",
	} {
		lines, answer := selected.try("b " + command)
		if !strings.HasPrefix(answer, "b NO [UNAVAILABLE]") {
			t.Errorf("%s: %s", command, answer)
		}
		for _, l := range lines {
			if strings.Contains(l, "EXISTS") || strings.Contains(l, "MESSAGES") {
				t.Errorf("%s tells %s", command, l)
			}
		}
	}
	if _, answer := waiting.try("c LOGIN alice secret"); !strings.HasPrefix(answer, "c NO [UNAVAILABLE]") {
		t.Errorf("LOGIN: %s", answer)
	}
	// NOOP cannot be refused, so that the client is sent away.
	if lines, answer := asking.try("d NOOP"); len(lines) > 0 || !strings.HasPrefix(answer, "d OK") {
		t.Errorf("NOOP: %q, %s", lines, answer)
	}
	asking.expect("* BYE [UNAVAILABLE]")

	heal()
	// Who idled hears of what happened, by itself.
	idling.expect("* 2 EXISTS")
	idling.send("DONE\r\n")
	selected.do("e SELECT INBOX")
	got := strings.Join(selected.do("f STATUS INBOX (MESSAGES)"), "\n")
	if !strings.Contains(got, "MESSAGES 2") {
		t.Errorf("afterwards: %s", got)
	}
	waiting.do("g LOGIN alice secret")
	selected.do("h APPEND INBOX {1+}\r\nz")
	if got := strings.Join(here.do("i STATUS INBOX (MESSAGES)"), "\n"); !strings.Contains(got, "MESSAGES 3") {
		t.Errorf("on the other node: %s", got)
	}
}
