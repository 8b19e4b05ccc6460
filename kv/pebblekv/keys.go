package pebblekv

import (
	"encoding/binary"
	"fmt"

	"github.com/restante/restante/kv"
)

// The forms of Pebble's keys. Partitions fit in 63 bits, so the first bit tells
// rows from versions:
//
//	partition (8 bytes, big endian) + key            a row
//	partition with the first bit set (8 bytes)       the partition's version (8 bytes)
//	ff ff ff ff ff ff ff ff "schema"                 the schema of all this (8 bytes)
//	ff ff ff ff ff ff ff ff "clean"                  is there while the store is closed (no value)
//	ff ff ff ff ff ff ff ff "unclean"                how often it was opened without that (8 bytes)
const (
	partitionLen = 8
	versionBit   = 1 << 63
	// schema is the version of the forms above. A program opens no store with
	// a higher one.
	schema = 1
)

// The keys of the store's own rows.
func schemaKey() []byte  { return append(appendUint64(nil, ^uint64(0)), "schema"...) }
func cleanKey() []byte   { return append(appendUint64(nil, ^uint64(0)), "clean"...) }
func uncleanKey() []byte { return append(appendUint64(nil, ^uint64(0)), "unclean"...) }

func appendUint64(dst []byte, v uint64) []byte {
	return binary.BigEndian.AppendUint64(dst, v)
}

// appendRow appends the Pebble key of a partition's row.
func appendRow(dst []byte, p kv.Partition, key []byte) []byte {
	return append(appendUint64(dst, uint64(p)), key...)
}

// rowBounds answers the Pebble keys that bound [start, end) in p. Nil is no
// bound, but never leaves the partition.
func rowBounds(p kv.Partition, start, end []byte) (lower, upper []byte) {
	buf := make([]byte, 0, 2*partitionLen+len(start)+len(end))
	buf = appendRow(buf, p, start)
	n := len(buf)
	if end == nil {
		// The last partition ends where the versions begin.
		buf = appendUint64(buf, uint64(p)+1)
	} else {
		buf = appendRow(buf, p, end)
	}
	return buf[:n:n], buf[n:]
}

// versionKey is the Pebble key of a partition's version.
func versionKey(p kv.Partition) [partitionLen]byte {
	var k [partitionLen]byte
	binary.BigEndian.PutUint64(k[:], uint64(p)|versionBit)
	return k
}

// versionBounds are the bounds of all version rows.
func versionBounds() (lower, upper []byte) {
	return appendUint64(nil, versionBit), append(appendUint64(nil, ^uint64(0)), 0)
}

// decodeVersion reads the value of a version row.
func decodeVersion(value []byte) (kv.Version, error) {
	if len(value) != 8 {
		return 0, fmt.Errorf("pebblekv: version row of %d bytes: %w", len(value), kv.ErrCorrupt)
	}
	return kv.Version(binary.BigEndian.Uint64(value)), nil
}

func decodeVersionRow(key, value []byte) (kv.Partition, kv.Version, error) {
	if len(key) != partitionLen {
		return 0, 0, fmt.Errorf("pebblekv: version key of %d bytes: %w", len(key), kv.ErrCorrupt)
	}
	v, err := decodeVersion(value)
	return kv.Partition(binary.BigEndian.Uint64(key) &^ versionBit), v, err
}
