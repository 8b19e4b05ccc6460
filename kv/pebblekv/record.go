package pebblekv

import (
	"encoding/binary"
	"errors"
	"io"
	"io/fs"

	"github.com/cespare/xxhash/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/restante/restante/kv"
)

// record is one Relaxed commit in a relaxedLog. Its form, all numbers big
// endian:
//
//	checksum of all that follows (8, XXH64)
//	the file's seq (8) and salt (8)
//	partition (8), version that the commit makes (8)
//	length of the batch (4), batch in Pebble's form
type record struct {
	partition kv.Partition
	version   kv.Version
	batch     []byte
}

const recordHeader = 8 + 8 + 8 + 8 + 8 + 4

func (r record) append(dst []byte, seq, salt uint64) []byte {
	start := len(dst)
	dst = appendUint64(dst, 0)
	dst = appendUint64(dst, seq)
	dst = appendUint64(dst, salt)
	dst = appendUint64(dst, uint64(r.partition))
	dst = appendUint64(dst, uint64(r.version))
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(r.batch)))
	dst = append(dst, r.batch...)
	binary.BigEndian.PutUint64(dst[start:], xxhash.Sum64(dst[start+8:]))
	return dst
}

// logReader reads a file's last round of records. It ends where they end: at
// a record of an earlier round, or at one that a crash has cut.
type logReader struct {
	data      []byte
	seq, salt uint64
}

// readLog reads the file, which need not be there.
func readLog(fsys vfs.FS, name string) (*logReader, error) {
	f, err := fsys.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return new(logReader), nil
	}
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	l := &logReader{data: data}
	if len(data) >= recordHeader {
		l.seq = binary.BigEndian.Uint64(data[8:])
		l.salt = binary.BigEndian.Uint64(data[16:])
	}
	return l, nil
}

// next answers the next record, whose batch points into the file's bytes.
func (l *logReader) next() (record, bool) {
	d := l.data
	if len(d) < recordHeader {
		return record{}, false
	}
	n := uint64(binary.BigEndian.Uint32(d[40:]))
	if n > uint64(len(d)-recordHeader) {
		return record{}, false
	}
	end := recordHeader + int(n)
	if binary.BigEndian.Uint64(d) != xxhash.Sum64(d[8:end]) ||
		binary.BigEndian.Uint64(d[8:]) != l.seq || binary.BigEndian.Uint64(d[16:]) != l.salt {
		return record{}, false
	}
	l.data = d[end:]
	return record{
		partition: kv.Partition(binary.BigEndian.Uint64(d[24:])),
		version:   kv.Version(binary.BigEndian.Uint64(d[32:])),
		batch:     d[recordHeader:end],
	}, true
}
