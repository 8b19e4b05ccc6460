package countkv

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Count is what an engine was asked for, by words:
//
//	version account, look account, snapshot account, commit account: questions, and
//	the same of "directory", whose partitions are those below the accounts
//	read 30, write 30: rows of accounts by the first octet of their keys, in
//	hexadecimal, and of the directory by its letter
//
// A row that was asked for by its key and is not there was read, and has no bytes.
type Count map[string]Amount

// Amount is how many, and how many bytes of values they have.
type Amount struct{ N, Bytes int }

// Rows is how many rows of some kinds were read, and their bytes; of no kinds, of all.
func (c Count) Rows(kinds ...string) (sum Amount) {
	for word, a := range c {
		kind, read := strings.CutPrefix(word, "read ")
		if read && (len(kinds) == 0 || slices.Contains(kinds, kind)) {
			sum.N, sum.Bytes = sum.N+a.N, sum.Bytes+a.Bytes
		}
	}
	return sum
}

// Questions is how often the engine was asked for something or given something: each
// is a round trip to an engine that is elsewhere.
func (c Count) Questions() (n int) {
	for _, word := range []string{"version", "look", "snapshot", "commit"} {
		n += c[word+" account"].N + c[word+" directory"].N
	}
	return n
}

// String lists what was asked, without bytes.
func (c Count) String() string {
	var b strings.Builder
	for i, word := range slices.Sorted(maps.Keys(c)) {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s: %d", word, c[word].N)
	}
	return b.String()
}
