package pgkv

import (
	"strconv"
	"strings"

	"github.com/restante/restante/kv"
)

// messageChanges bounds a message: each change has at most 41 characters, and
// NOTIFY takes less than 8,000.
const messageChanges = 150

// change is a partition's new version.
type change struct {
	partition kv.Partition
	version   kv.Version
}

// message is what nodes tell one another: "NODE SEQUENCE" and for each change
// " PARTITION@VERSION" in hexadecimal digits, or " bye" at the end of a node.
type message struct {
	node     string
	sequence uint64 // 1, 2, … of its node
	changes  []change
	farewell bool
}

// String gives the message's text.
func (m message) String() string {
	b := append(make([]byte, 0, 64+len(m.changes)*24), m.node...)
	b = strconv.AppendUint(append(b, ' '), m.sequence, 16)
	for _, c := range m.changes {
		b = strconv.AppendUint(append(b, ' '), uint64(c.partition), 16)
		b = strconv.AppendUint(append(b, '@'), uint64(c.version), 16)
	}
	if m.farewell {
		b = append(b, " bye"...)
	}
	return string(b)
}

// parseMessage reads a message's text; ok is false for what is none.
func parseMessage(text string) (m message, ok bool) {
	fields := strings.Fields(text)
	if len(fields) < 2 {
		return m, false
	}
	m.node = fields[0]
	var err error
	if m.sequence, err = strconv.ParseUint(fields[1], 16, 64); err != nil {
		return m, false
	}
	for _, f := range fields[2:] {
		if f == "bye" {
			m.farewell = true
			continue
		}
		partition, version, found := strings.Cut(f, "@")
		p, err := strconv.ParseUint(partition, 16, 63)
		v, err2 := strconv.ParseUint(version, 16, 63)
		if !found || err != nil || err2 != nil {
			return m, false
		}
		m.changes = append(m.changes, change{kv.Partition(p), kv.Version(v)})
	}
	return m, true
}
