package auth

import (
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"strconv"
	"strings"

	"github.com/go-crypt/crypt"

	"github.com/restante/restante"
	"github.com/restante/restante/directory"
)

// verifier reports whether a password, as the client sent it, is the one.
type verifier func(password string) bool

// verifyPassword compares a password with credentials, by the hash if there is
// one, else by SCRAM keys. It takes as long as the hash wants.
func verifyPassword(c directory.Credentials, password string) bool {
	if c.Hash != "" {
		verify, err := parseHash(c.Hash)
		return err == nil && verify(password)
	}
	for _, k := range c.SCRAM {
		got, err := deriveKeys(k.Mechanism, prepare(password), k.Salt, k.Iterations)
		return err == nil && subtle.ConstantTimeCompare(got.StoredKey, k.StoredKey) == 1
	}
	return false
}

// isImported reports whether credentials lack what NewCredentials makes.
func isImported(c directory.Credentials) bool {
	_, sha256 := keysFor(c, scramSHA256)
	_, sha1 := keysFor(c, scramSHA1)
	return !strings.HasPrefix(c.Hash, "$argon2id$") || !sha256 || !sha1
}

// parseHash reads a stored hash: "{SCHEME}value" as Dovecot writes it, or a
// crypt(3) or PHC string without a scheme. Its errors are of kind
// restante.ErrInvalid and do not repeat the hash.
func parseHash(s string) (verifier, error) {
	if !strings.HasPrefix(s, "{") {
		return parseCrypt(s)
	}
	scheme, encoding, value, err := splitScheme(s)
	if err != nil {
		return nil, err
	}
	switch scheme {
	case "ARGON2ID", "ARGON2I", "BLF-CRYPT", "SHA512-CRYPT", "SHA256-CRYPT", "MD5-CRYPT", "MD5", "CRYPT":
		return parseCrypt(value)
	case "PBKDF2":
		return parsePBKDF2(value)
	case "PLAIN-MD5", "LDAP-MD5":
		return parseDigest(md5.New, encoding, value, false)
	case "SMD5":
		return parseDigest(md5.New, encoding, value, true)
	case "SHA", "SHA1":
		return parseDigest(sha1.New, encoding, value, false)
	case "SSHA":
		return parseDigest(sha1.New, encoding, value, true)
	case "SHA256":
		return parseDigest(sha256.New, encoding, value, false)
	case "SSHA256":
		return parseDigest(sha256.New, encoding, value, true)
	case "SHA512":
		return parseDigest(sha512.New, encoding, value, false)
	case "SSHA512":
		return parseDigest(sha512.New, encoding, value, true)
	}
	return nil, fmt.Errorf("password scheme {%.32s} is not known: %w", scheme, restante.ErrInvalid)
}

// splitScheme takes "{SCHEME.encoding}value" apart. encoding is "", "b64" or
// "hex".
func splitScheme(s string) (scheme, encoding, value string, err error) {
	scheme, value, ok := strings.Cut(strings.TrimPrefix(s, "{"), "}")
	if !ok {
		return "", "", "", fmt.Errorf("password scheme has no closing brace: %w", restante.ErrInvalid)
	}
	scheme, encoding, _ = strings.Cut(strings.ToUpper(scheme), ".")
	switch encoding {
	case "", "HEX":
	case "B64", "BASE64":
		encoding = "B64"
	default:
		return "", "", "", fmt.Errorf("password encoding .%.32s is not known: %w", encoding, restante.ErrInvalid)
	}
	return scheme, encoding, value, nil
}

// parseCrypt reads a string that begins with the name of its function, such
// as $argon2id$, $2y$, $6$, $5$, $1$, $y$.
func parseCrypt(s string) (verifier, error) {
	decoder, err := crypt.NewDecoderAll()
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(s, "$") || strings.HasPrefix(s, "$plaintext$") || strings.HasPrefix(s, "$base64$") {
		return nil, fmt.Errorf("password hash is not of a known form: %w", restante.ErrInvalid)
	}
	digest, err := decoder.Decode(s)
	if err != nil {
		return nil, fmt.Errorf("password hash cannot be read: %w", restante.ErrInvalid)
	}
	own := strings.HasPrefix(s, "$argon2")
	return func(password string) bool {
		if digest.Match(password) {
			return true
		}
		// Our own hashes are of the prepared password.
		prepared := prepare(password)
		return own && prepared != password && digest.Match(prepared)
	}, nil
}

// parseDigest reads a plain digest, salted or not: the salt stands behind it.
func parseDigest(newHash func() hash.Hash, encoding, value string, salted bool) (verifier, error) {
	raw, err := decodeDigest(encoding, value, newHash().Size(), salted)
	size := newHash().Size()
	if err != nil || len(raw) < size || !salted && len(raw) != size {
		return nil, fmt.Errorf("password hash cannot be read: %w", restante.ErrInvalid)
	}
	want, salt := raw[:size], raw[size:]
	return func(password string) bool {
		h := newHash()
		h.Write([]byte(password))
		h.Write(salt)
		return subtle.ConstantTimeCompare(h.Sum(nil), want) == 1
	}, nil
}

// decodeDigest decodes base64, or hexadecimal digits where the scheme says so
// or, as Dovecot has it, the length does.
func decodeDigest(encoding, value string, size int, salted bool) ([]byte, error) {
	if encoding == "HEX" || encoding == "" && !salted && len(value) == hex.EncodedLen(size) {
		return hex.DecodeString(value)
	}
	return base64.RawStdEncoding.DecodeString(strings.TrimRight(value, "="))
}

// parsePBKDF2 reads Dovecot's "$1$salt$rounds$hash", PBKDF2 with HMAC-SHA-1 and
// the hash in hexadecimal digits.
func parsePBKDF2(value string) (verifier, error) {
	bad := fmt.Errorf("PBKDF2 hash cannot be read: %w", restante.ErrInvalid)
	parts := strings.Split(value, "$")
	if len(parts) != 5 || parts[0] != "" || parts[1] != "1" {
		return nil, bad
	}
	rounds, err := strconv.Atoi(parts[3])
	if err != nil || rounds < 1 {
		return nil, bad
	}
	want, err := hex.DecodeString(parts[4])
	if err != nil || len(want) == 0 {
		return nil, bad
	}
	return func(password string) bool {
		got, err := pbkdf2.Key(sha1.New, password, []byte(parts[2]), rounds, len(want))
		return err == nil && subtle.ConstantTimeCompare(got, want) == 1
	}, nil
}
