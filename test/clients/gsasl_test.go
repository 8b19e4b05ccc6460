package clients_test

import (
	"strings"
	"testing"

	"github.com/restante/restante/test/binary"
)

// TestGSASL logs in with GNU SASL by every mechanism: SCRAM without and with
// channel binding, which it does by tls-exporter (RFC 9266). A wrong password and
// a user who is not there get the same answer.
func TestGSASL(t *testing.T) {
	t.Parallel()
	program := binary.Need(t, "gsasl", "gsasl")
	s := start(t)
	// It ends with 1 where it could not log in.
	login := func(mechanism, user, pass string, more ...string) string {
		t.Helper()
		args := append(strings.Fields(fill(s, "--imap --connect=localhost:{imap} --starttls --x509-ca-file={ca} --no-client-first")),
			"--mechanism="+mechanism, "--authentication-id="+user, "--authorization-id=", "--password="+pass)
		out := run(t, s.Dir, []int{1}, program, append(args, more...)...)
		_, out, _ = strings.Cut(out, "AUTHENTICATE "+mechanism)
		for l := range strings.Lines(out) {
			if answer, tagged := strings.CutPrefix(l, ". "); tagged && answer != "LOGOUT\n" {
				status, code, _ := strings.Cut(strings.TrimSpace(answer), " ")
				code, _, _ = strings.Cut(code, " ")
				return status + " " + code
			}
		}
		return out
	}
	for _, c := range []struct {
		mechanism string
		more      []string
	}{
		{"PLAIN", nil}, {"LOGIN", nil},
		{"SCRAM-SHA-1", []string{"--no-cb"}}, {"SCRAM-SHA-256", []string{"--no-cb"}},
		{"SCRAM-SHA-1-PLUS", nil}, {"SCRAM-SHA-256-PLUS", nil},
	} {
		if got := login(c.mechanism, alice, password, c.more...); got != "OK [CAPABILITY" {
			t.Errorf("%s: %s", c.mechanism, got)
		}
	}
	for _, mechanism := range []string{"PLAIN", "SCRAM-SHA-256-PLUS"} {
		const want = "NO [AUTHENTICATIONFAILED]"
		if got := login(mechanism, alice, "wrong"); got != want {
			t.Errorf("%s with a wrong password: %s", mechanism, got)
		}
		if got := login(mechanism, "nobody@example.org", password); got != want {
			t.Errorf("%s of nobody: %s", mechanism, got)
		}
	}
}
