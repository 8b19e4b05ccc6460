package clients_test

import (
	"path/filepath"
	"testing"

	"github.com/restante/restante/test/binary"
)

// TestImaplib calls every method of Python's imaplib.
func TestImaplib(t *testing.T) {
	t.Parallel()
	python := binary.Need(t, "python3", "python3")
	s := start(t)
	script, err := filepath.Abs("testdata/imaplib_test.py")
	if err != nil {
		t.Fatal(err)
	}
	t.Log(run(t, s.Dir, nil, python, script, fill(s, "{imap}"), fill(s, "{imaps}"), s.CA, alice, password))
}
