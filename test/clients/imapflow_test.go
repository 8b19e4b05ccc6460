package clients_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/restante/restante/test/binary"
)

// TestImapflow runs imapflow, once as IMAP4rev2 and once as IMAP4rev1; it
// delivers by LMTP while it waits in IDLE.
func TestImapflow(t *testing.T) {
	t.Parallel()
	node := binary.Need(t, "node", "nodejs")
	if _, err := os.Stat("imapflow/node_modules/imapflow"); err != nil {
		binary.Missing(t, "imapflow is not installed (npm ci --prefix test/clients/imapflow)")
	}
	script, err := filepath.Abs("imapflow/session.mjs")
	if err != nil {
		t.Fatal(err)
	}
	for _, revision := range []string{"rev2", "rev1"} {
		t.Run(revision, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			if out, err := s.Command(t, "", "user", "quota", alice, "1MiB", "1000"); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			t.Log(run(t, s.Dir, nil, node, script, revision, fill(s, "{imaps}"), fill(s, "{imap}"), fill(s, "{lmtp}"), s.CA, alice, password))
			if !strings.Contains(s.LogFrom(t, 0), "name=COMPRESS") {
				t.Error("it did not compress")
			}
		})
	}
}
