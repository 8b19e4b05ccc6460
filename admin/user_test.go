package admin

import (
	"testing"

	"github.com/restante/restante/directory"
)

func TestDescribeCredentials(t *testing.T) {
	for hash, want := range map[string]string{
		"": "",
		"$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA": "argon2id",
		"{SSHA512}aGFzaHNhbHQ=":                        "{SSHA512}",
		"{SHA512-CRYPT}$6$salt$hash":                   "{SHA512-CRYPT}",
		"$6$salt$hash":                                 "{CRYPT}",
		"$2y$05$saltandhash":                           "{CRYPT}",
		"saZPxJ6bC5.Do":                                "{CRYPT}",
	} {
		if got := describeCredentials(directory.Credentials{Hash: hash}); got != want {
			t.Errorf("%s: %q, want %q", hash, got, want)
		}
	}
	keys := directory.Credentials{SCRAM: []directory.SCRAMKeys{{Mechanism: "SCRAM-SHA-256"}}}
	if got := describeCredentials(keys); got != "SCRAM-SHA-256" {
		t.Errorf("keys alone: %q", got)
	}
}
