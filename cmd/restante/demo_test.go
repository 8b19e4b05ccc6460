package main

import (
	"strings"
	"testing"
)

// TestGreetingCanBeTyped: the commands that the demonstration shows work as they stand.
func TestGreetingCanBeTyped(t *testing.T) {
	addresses := map[string][]string{"imap": {"127.0.0.1:1"}, "imaps": {"127.0.0.1:2"}, "lmtp": {"127.0.0.1:3"}}
	for password, want := range map[string][]string{
		"demo":     {"a login alice demo\n", "--user alice:demo imaps://127.0.0.1:2/\n"},
		`it's "a"`: {`a login alice "it's \"a\""` + "\n", `--user 'alice:it'\''s "a"' imaps://127.0.0.1:2/` + "\n"},
		`\{$x}`:    {`a login alice "\\{$x}"` + "\n", `--user 'alice:\{$x}' imaps`},
	} {
		var out strings.Builder
		greet(&out, "store", password, addresses)
		for _, line := range want {
			if !strings.Contains(out.String(), line) {
				t.Errorf("%s: no %q in\n%s", password, line, out.String())
			}
		}
	}
}
