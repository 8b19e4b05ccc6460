package server

import (
	"fmt"
	"strings"
	"testing"

	"github.com/restante/restante/internal/pgtest"
	"github.com/restante/restante/kv/pgkv"
)

// TestCatenateOverOneConnection puts large messages together where reading has one connection:
// storing what is read does not wait for a second one.
func TestCatenateOverOneConnection(t *testing.T) {
	engine, err := pgkv.Open(t.Context(), pgkv.Options{URL: pgtest.Start(t, "fsync = off").Database(t), Readers: 1, Writers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	c := newHost(t, hostOptions{engine: engine}).login(t, "alice")
	text := letter(0) + strings.Repeat("0123456789\r\n", 200_000)
	c.do(fmt.Sprintf("a APPEND INBOX {%d}\r\n%s", len(text), text))
	c.do("a APPEND INBOX CATENATE (URL /INBOX/;UID=1 URL /INBOX/;UID=1)")
	c.do("a SELECT INBOX")
	if lines := c.do("a FETCH 2 RFC822.SIZE"); lines[0] != fmt.Sprintf("* 2 FETCH (RFC822.SIZE %d)", 2*len(text)) {
		t.Errorf("%q", lines)
	}
}
