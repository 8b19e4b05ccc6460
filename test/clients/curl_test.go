package clients_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/restante/restante/test/binary"
)

// TestCurl runs what README.md shows of curl, and an upload.
func TestCurl(t *testing.T) {
	t.Parallel()
	program := binary.Need(t, "curl", "curl")
	s := start(t)
	c := login(t, s)
	curl := func(port string, args ...string) string {
		t.Helper()
		for i, arg := range args {
			args[i] = strings.ReplaceAll(arg, "{url}", fill(s, port))
		}
		return run(t, s.Dir, nil, program, append([]string{"-sS", "--cacert", s.CA, "--user", alice + ":" + password}, args...)...)
	}
	const tls, startTLS = "imaps://localhost:{imaps}", "imap://localhost:{imap}"
	file := filepath.Join(s.Dir, "letter.eml")
	write(t, file, string(letter("curl", "text")))
	curl(tls, "--upload-file", file, "{url}/INBOX")
	curl(startTLS, "--ssl-reqd", "--upload-file", file, "{url}/INBOX")
	if out := curl(tls, "{url}/"); !strings.Contains(out, `"/" "INBOX"`) {
		t.Errorf("list: %s", out)
	}
	if out := curl(tls, "{url}/INBOX;UID=1"); out != string(letter("curl", "text")) {
		t.Errorf("fetch: %q", out)
	}
	if out := curl(tls, "{url}/INBOX;MAILINDEX=2;SECTION=TEXT"); out != "text\r\n" {
		t.Errorf("fetch of a section: %q", out)
	}
	if out := curl(tls, "{url}/INBOX?SUBJECT%20curl"); strings.TrimSpace(out) != "* SEARCH 1 2" {
		t.Errorf("search: %q", out)
	}
	if out := curl(tls, "{url}/INBOX", "-X", "UID SEARCH UNSEEN"); strings.TrimSpace(out) != "* SEARCH" {
		t.Errorf("search for what is unseen: %q", out)
	}
	curl(tls, "{url}/INBOX", "-X", `STORE 1 +FLAGS (\Flagged \Deleted)`)
	if status, err := c.Status("INBOX", "MESSAGES DELETED"); err != nil || status["MESSAGES"] != 2 || status["DELETED"] != 1 {
		t.Errorf("INBOX: %v, %v", status, err)
	}
}
