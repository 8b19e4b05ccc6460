package auth

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/restante/restante"
)

// What one comparison with an imported hash may take: about ten seconds of a
// processor, and memory that a small machine has.
const (
	mostHashMemory = 1 << 30  // bytes
	mostHashFilled = 16 << 30 // bytes, over all passes
	mostHashRounds = 10_000_000
	mostBcryptCost = 18
)

// checkCost refuses a hash that says of itself that it takes more. The functions
// cannot be interrupted, so that a login by it could stop the server.
func checkCost(hash string) error {
	if scheme, value, ok := strings.Cut(hash, "}"); ok && strings.HasPrefix(scheme, "{") {
		hash = value
	}
	if !affordable(hash) {
		return fmt.Errorf("password hash would take too much time or memory to verify: %w", restante.ErrInvalid)
	}
	return nil
}

// affordable looks at the parameters of a crypt(3) or PHC string; what is none
// takes next to nothing.
func affordable(hash string) bool {
	fields := strings.Split(hash, "$")
	if len(fields) < 3 || fields[0] != "" {
		return true
	}
	function, options, _ := strings.Cut(fields[1], ",")
	parameter := parameters(append(fields[2:], options))
	switch {
	case strings.HasPrefix(function, "argon2"):
		return fits(parameter["m"], 1<<10, parameter["t"])
	case function == "scrypt":
		return parameter["ln"] <= 30 && fits(parameter["r"], 128<<parameter["ln"], parameter["p"])
	case function == "y":
		n, r := yescryptSetting(fields[2])
		return n <= 30 && fits(r, 128<<n, 1)
	case function == "bcrypt-sha256":
		return parameter["r"] <= mostBcryptCost
	case strings.HasPrefix(function, "2"):
		return number(fields[2]) <= mostBcryptCost
	case function == "5", function == "6", function == "md5":
		return parameter["rounds"] <= mostHashRounds
	case function == "1" && len(fields) == 5: // {PBKDF2}; MD5-CRYPT has one field less
		return number(fields[3]) <= mostHashRounds
	case function == "sha1", strings.HasPrefix(function, "pbkdf2"):
		return number(fields[2]) <= mostHashRounds
	}
	return true
}

// fits reports whether blocks of so many bytes, filled so often, are affordable.
func fits(blocks, size, times uint64) bool {
	return blocks <= mostHashMemory/size && blocks*size*times <= mostHashFilled
}

// yescryptSetting reads the binary logarithm of the number of blocks, and their
// size in units of 128 bytes, of a setting such as j9T.
func yescryptSetting(s string) (n, r uint64) {
	const digits = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	if len(s) != 3 {
		return 1 << 32, 1 << 32
	}
	return uint64(strings.IndexByte(digits, s[1]) + 1), uint64(strings.IndexByte(digits, s[2]) + 1)
}

// parameters reads the name=number pairs between the commas of fields.
func parameters(fields []string) map[string]uint64 {
	all := map[string]uint64{}
	for pair := range strings.SplitSeq(strings.Join(fields, ","), ",") {
		if name, value, ok := strings.Cut(pair, "="); ok {
			all[name] = max(all[name], number(value))
		}
	}
	return all
}

// number reads a number; what is none, or has too many digits, is larger than any
// bound.
func number(digits string) uint64 {
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil {
		return 1 << 32
	}
	return n
}
