package auth

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/directory"
)

// ImportHash makes credentials of a password hash from another server, such as
// "{SSHA512}…", "{BLF-CRYPT}$2y$…" or a crypt(3) string. "{PLAIN}password" is
// hashed at once, by p; "{SCRAM-SHA-256}…" lets its user log in by SCRAM too.
// Errors are of kind restante.ErrInvalid and do not repeat the hash.
func ImportHash(hash string, p Params) (directory.Credentials, error) {
	hash = strings.TrimSpace(hash)
	if len(hash) > 4<<10 {
		return directory.Credentials{}, fmt.Errorf("password hash of %d octets is too long: %w", len(hash), restante.ErrInvalid)
	}
	if strings.HasPrefix(hash, "{") {
		scheme, encoding, value, err := splitScheme(hash)
		if err != nil {
			return directory.Credentials{}, err
		}
		switch scheme {
		case "PLAIN", "CLEARTEXT", "CLEAR":
			password, err := decodePlain(encoding, value)
			if err != nil {
				return directory.Credentials{}, err
			}
			return NewCredentials(password, p)
		case scramSHA256, scramSHA1:
			keys, err := parseSCRAM(scheme, value)
			if err != nil {
				return directory.Credentials{}, err
			}
			return directory.Credentials{SCRAM: []directory.SCRAMKeys{keys}}, nil
		}
	}
	if _, err := parseHash(hash); err != nil {
		return directory.Credentials{}, err
	}
	if err := checkCost(hash); err != nil {
		return directory.Credentials{}, err
	}
	return directory.Credentials{Hash: hash}, nil
}

func decodePlain(encoding, value string) (string, error) {
	var raw []byte
	var err error
	switch encoding {
	case "HEX":
		raw, err = hex.DecodeString(value)
	case "B64":
		raw, err = base64.StdEncoding.DecodeString(value)
	default:
		return value, nil
	}
	if err != nil {
		return "", fmt.Errorf("password cannot be decoded: %w", restante.ErrInvalid)
	}
	return string(raw), nil
}

// parseSCRAM reads Dovecot's "iterations,salt,StoredKey,ServerKey", the last
// three in base64.
func parseSCRAM(mechanism, value string) (k directory.SCRAMKeys, err error) {
	bad := fmt.Errorf("SCRAM keys cannot be read: %w", restante.ErrInvalid)
	parts := strings.Split(value, ",")
	if len(parts) != 4 {
		return k, bad
	}
	k.Mechanism = mechanism
	if k.Iterations, err = strconv.Atoi(parts[0]); err != nil || k.Iterations < 1 || k.Iterations > mostHashRounds {
		return k, bad
	}
	size := hashOf(mechanism)().Size()
	for i, field := range []*[]byte{&k.Salt, &k.StoredKey, &k.ServerKey} {
		if *field, err = base64.StdEncoding.DecodeString(parts[i+1]); err != nil || i > 0 && len(*field) != size {
			return k, bad
		}
	}
	return k, nil
}
