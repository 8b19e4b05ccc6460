package auth

import (
	"errors"
	"strings"
	"testing"

	"github.com/restante/restante"
)

// TestHashesThatCostTooMuch: whoever wrote the hash must not be able to stop the
// server, by memory that it has not or by time.
func TestHashesThatCostTooMuch(t *testing.T) {
	const bcrypt = "abcdefghijklmnopqrstuuOtNRhKEPbIuuHGkBqMOwhhXzt6/dRDu"
	for _, hash := range []string{
		"{ARGON2ID}$argon2id$v=19$m=4294967295,t=1,p=1$aaaaaaaaaaa$bbbbbbbbbbbbbbbbbbbbbbbb",
		"$argon2id$v=19$m=1048577,t=1,p=1$aaaaaaaaaaa$bbbbbbbbbbbbbbbbbbbbbbbb",
		"$argon2i$v=19$m=65536,t=257,p=1$aaaaaaaaaaa$bbbbbbbbbbbbbbbbbbbbbbbb",
		"{PBKDF2}$1$abcdefgh$2000000000$1a6bd3f6bd3b39ca6a92dd9acc4b33a1ae6b1f7b",
		"$pbkdf2-sha512$10000001$c2FsdHNhbHQ$c2FsdHNhbHRzYWx0c2FsdA",
		strings.Replace(importable()[3], "$6$", "$6$rounds=999999999$", 1),
		"$5$rounds=10000001$saltsalt$0IyaXrmV7.sGNS6tirgqHLqX/G.FBvgkYA.lpPdS5sA",
		"{BLF-CRYPT}$2y$31$" + bcrypt, "$2b$19$" + bcrypt,
		"$md5,rounds=4294967295$saltsalt$$mFFhNgYGxvqSgiJnWwCgF0",
		"$scrypt$ln=40,r=8,p=1$c2FsdHNhbHQ$c2FsdHNhbHRzYWx0c2FsdA", "$scrypt$ln=16,r=8,p=1000$c2FsdHNhbHQ$c2FsdHNhbHRzYWx0c2FsdA",
		"$y$jzT$abcdefgh12345678$5sAznj4WEIGgyua2AXu2NRSCMeWB3V6LpE45tV7hHM8",
		"$y$jHT$abcdefgh12345678$5sAznj4WEIGgyua2AXu2NRSCMeWB3V6LpE45tV7hHM8",
		"{SCRAM-SHA-256}2147483647,te9t65D/rTSNbfbaZp0CVg==,/OeBPbCvkAY9iLbYKHf1EwoLfRzaxNlzLCqQv55FtZA=,OvCfvS4//JIivBssUqjBqLY1ygRo6OwslFW0JW4Ffds=",
	} {
		if _, err := ImportHash(hash, cheap); !errors.Is(err, restante.ErrInvalid) {
			t.Errorf("%.30s is taken: %v", hash, err)
		}
	}
}

// TestHashesThatCostMuch: what careful administrators choose is taken.
func TestHashesThatCostMuch(t *testing.T) {
	for _, hash := range []string{
		"{ARGON2ID}$argon2id$v=19$m=1048576,t=4,p=4$x$y", "{BLF-CRYPT}$2y$14$x", "$6$rounds=656000$x$y", "$y$jFT$x$y",
		"{PBKDF2}$1$x$1000000$y", "$pbkdf2-sha256$600000$x$y", "$scrypt$ln=17,r=8,p=1$x$y", "{MD5-CRYPT}$1$99999999$x", "{SSHA}x",
	} {
		if err := checkCost(hash); err != nil {
			t.Errorf("%s: %v", hash, err)
		}
	}
}
