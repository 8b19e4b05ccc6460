package auth

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"fmt"
	"hash"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/go-crypt/crypt/algorithm/argon2"
	"github.com/xdg-go/stringprep"

	"github.com/restante/restante"
	"github.com/restante/restante/directory"
)

// Params are the costs of the hashes made for new passwords. Zero fields have
// the default that is given with each.
type Params struct {
	Memory     int // of argon2id, in KiB. Default: 19,456, as OWASP recommends
	Passes     int // of argon2id over that memory. Default: 2
	Iterations int // of SCRAM keys (RFC 7677 §4). Default: 32,768
}

func (p Params) withDefaults() Params {
	if p.Memory == 0 {
		p.Memory = 19 << 10
	}
	if p.Passes == 0 {
		p.Passes = 2
	}
	if p.Iterations == 0 {
		p.Iterations = 32 << 10
	}
	return p
}

func (p Params) validate() error {
	if p.Memory < 1<<10 || p.Memory > 4<<20 {
		return fmt.Errorf("argon2id memory of %d KiB is not between 1 MiB and 4 GiB: %w", p.Memory, restante.ErrInvalid)
	}
	if p.Passes < 1 || p.Passes > 100 {
		return fmt.Errorf("%d argon2id passes are not between 1 and 100: %w", p.Passes, restante.ErrInvalid)
	}
	if p.Iterations < 4096 || p.Iterations > math.MaxInt32/100 {
		return fmt.Errorf("%d SCRAM iterations are not between 4096 and 21 million: %w", p.Iterations, restante.ErrInvalid)
	}
	return nil
}

// MaxPassword is the longest password, in octets.
const MaxPassword = 1024

// NewCredentials makes what verifies password: an argon2id hash (RFC 9106) and
// the keys of both SCRAM mechanisms (RFC 5802 §3). It answers an error of kind
// restante.ErrInvalid for a password that no client could send.
func NewCredentials(password string, p Params) (directory.Credentials, error) {
	p = p.withDefaults()
	var c directory.Credentials
	if err := p.validate(); err != nil {
		return c, err
	}
	if password == "" || len(password) > MaxPassword || !utf8.ValidString(password) || strings.ContainsRune(password, 0) {
		return c, fmt.Errorf("a password is 1 to %d octets of UTF-8 without NUL: %w", MaxPassword, restante.ErrInvalid)
	}
	password = prepare(password)
	hasher, err := argon2.New(argon2.WithVariantID(), argon2.WithMemoryInKiB(uint32(p.Memory)),
		argon2.WithIterations(p.Passes), argon2.WithParallelism(1))
	if err != nil {
		return c, fmt.Errorf("argon2id: %w", err)
	}
	digest, err := hasher.Hash(password)
	if err != nil {
		return c, fmt.Errorf("argon2id: %w", err)
	}
	c.Hash = digest.Encode()
	for _, mechanism := range []string{scramSHA256, scramSHA1} {
		salt := make([]byte, 16)
		if _, err := rand.Read(salt); err != nil {
			return c, err
		}
		keys, err := deriveKeys(mechanism, password, salt, p.Iterations)
		if err != nil {
			return c, err
		}
		c.SCRAM = append(c.SCRAM, keys)
	}
	return c, nil
}

// prepare brings a password into the form that SCRAM clients use (SASLprep,
// RFC 4013), so that the same password verifies however it was typed. One that
// SASLprep refuses, such as one with an emoji, is taken as it is.
func prepare(password string) string {
	if prepared, err := stringprep.SASLprep.Prepare(password); err == nil && prepared != "" {
		return prepared
	}
	return password
}

// deriveKeys computes SCRAM keys (RFC 5802 §3) from a prepared password.
func deriveKeys(mechanism, password string, salt []byte, iterations int) (directory.SCRAMKeys, error) {
	newHash := hashOf(mechanism)
	salted, err := pbkdf2.Key(newHash, password, salt, iterations, newHash().Size())
	if err != nil {
		return directory.SCRAMKeys{}, fmt.Errorf("%s: %w", mechanism, err)
	}
	stored := newHash()
	stored.Write(mac(newHash, salted, "Client Key"))
	return directory.SCRAMKeys{Mechanism: mechanism, Iterations: iterations, Salt: salt,
		StoredKey: stored.Sum(nil), ServerKey: mac(newHash, salted, "Server Key")}, nil
}

// hashOf answers the hash function of a SCRAM mechanism.
func hashOf(mechanism string) func() hash.Hash {
	if mechanism == scramSHA1 {
		return sha1.New
	}
	return sha256.New
}

func mac(newHash func() hash.Hash, key []byte, text string) []byte {
	m := hmac.New(newHash, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

// keysFor answers the keys of one SCRAM mechanism.
func keysFor(c directory.Credentials, mechanism string) (directory.SCRAMKeys, bool) {
	for _, k := range c.SCRAM {
		if k.Mechanism == mechanism {
			return k, true
		}
	}
	return directory.SCRAMKeys{}, false
}
