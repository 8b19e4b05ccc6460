package directory

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/restante/restante"
)

// User is what the directory knows of a login name.
type User struct {
	Name        string             // in canonical form
	Account     restante.AccountID // the account that it opens
	Credentials Credentials
	Created     time.Time // whole seconds
	Disabled    bool      // may not log in; mail is still taken
}

// Credentials are what a user's password is verified against. They never hold
// the password itself.
type Credentials struct {
	// Hash verifies a password that the client sends: an argon2id string in
	// PHC form, or a hash that came from another server, with its {SCHEME}.
	// It is empty where only SCRAM keys are known, or nobody may log in.
	Hash string `json:"hash,omitempty"`
	// SCRAM holds the keys of each SCRAM mechanism, at most one of a name.
	SCRAM []SCRAMKeys `json:"scram,omitempty"`
}

// Equal reports whether both verify exactly the same.
func (c Credentials) Equal(o Credentials) bool {
	return c.Hash == o.Hash && slices.EqualFunc(c.SCRAM, o.SCRAM, func(a, b SCRAMKeys) bool {
		return a.Mechanism == b.Mechanism && a.Iterations == b.Iterations && bytes.Equal(a.Salt, b.Salt) &&
			bytes.Equal(a.StoredKey, b.StoredKey) && bytes.Equal(a.ServerKey, b.ServerKey)
	})
}

// SCRAMKeys are what a server keeps for a SCRAM mechanism (RFC 5802 §3).
type SCRAMKeys struct {
	Mechanism  string // "SCRAM-SHA-256" or "SCRAM-SHA-1"
	Iterations int
	Salt       []byte
	StoredKey  []byte
	ServerKey  []byte
}

// MarshalText writes the keys in the form of RFC 5803 §1:
// "SCRAM-SHA-256$4096:salt$StoredKey:ServerKey", the last three in base64.
func (k SCRAMKeys) MarshalText() ([]byte, error) {
	b64 := base64.StdEncoding
	b := append([]byte(k.Mechanism), '$')
	b = strconv.AppendInt(b, int64(k.Iterations), 10)
	b = b64.AppendEncode(append(b, ':'), k.Salt)
	b = b64.AppendEncode(append(b, '$'), k.StoredKey)
	return b64.AppendEncode(append(b, ':'), k.ServerKey), nil
}

// UnmarshalText reads what MarshalText writes. Its errors are of kind
// restante.ErrInvalid.
func (k *SCRAMKeys) UnmarshalText(text []byte) error {
	bad := func(what string) error {
		return fmt.Errorf("SCRAM keys have a bad %s: %w", what, restante.ErrInvalid)
	}
	parts := strings.Split(string(text), "$")
	if len(parts) != 3 {
		return bad("form")
	}
	iterations, salt, ok1 := strings.Cut(parts[1], ":")
	stored, server, ok2 := strings.Cut(parts[2], ":")
	if !ok1 || !ok2 || parts[0] == "" {
		return bad("form")
	}
	n, err := strconv.Atoi(iterations)
	if err != nil || n <= 0 {
		return bad("iteration count")
	}
	*k = SCRAMKeys{Mechanism: parts[0], Iterations: n}
	if k.Salt, err = base64.StdEncoding.DecodeString(salt); err != nil {
		return bad("salt")
	}
	if k.StoredKey, err = base64.StdEncoding.DecodeString(stored); err != nil {
		return bad("stored key")
	}
	if k.ServerKey, err = base64.StdEncoding.DecodeString(server); err != nil {
		return bad("server key")
	}
	return nil
}

// record is a user as stored, in JSON so that later programs can add fields.
type record struct {
	Account     restante.AccountID `json:"account"`
	Credentials Credentials        `json:"credentials"`
	Created     int64              `json:"created"`
	Disabled    bool               `json:"disabled,omitempty"`
}

func (u User) encode() ([]byte, error) {
	return json.Marshal(record{u.Account, u.Credentials, u.Created.Unix(), u.Disabled})
}

func decodeUser(name string, value []byte) (User, error) {
	var r record
	if err := json.Unmarshal(value, &r); err != nil {
		return User{Name: name}, fmt.Errorf("directory: entry of %q cannot be read: %v: %w", name, err, restante.ErrCorrupt)
	}
	return User{Name: name, Account: r.Account, Credentials: r.Credentials,
		Created: time.Unix(r.Created, 0).UTC(), Disabled: r.Disabled}, nil
}
