package pebblekv

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/restante/restante/kv"
)

// TestCompression: bodies that compress take less room on the disk than they have
// bytes; rows of lists are kept as they are.
func TestCompression(t *testing.T) {
	const values = 64
	for _, test := range []struct {
		name, files string
		size        int // of a value
		smaller     bool
	}{
		{"bodies", "*.blob", 64 << 10, true},
		{"rows of lists", "*.sst", 1 << 10, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, Options{Dir: dir})
			var b kv.Batch
			for i := range values {
				b.Set([]byte{byte(i)}, bytes.Repeat([]byte("Dear all,\r\n"), test.size/11))
			}
			if _, err := s.Commit(t.Context(), 1, 0, &b, kv.Durable); err != nil {
				t.Fatal(err)
			}
			if err := s.db.Flush(); err != nil {
				t.Fatal(err)
			}
			names, err := filepath.Glob(filepath.Join(dir, test.files))
			if err != nil || len(names) == 0 {
				t.Fatal(names, err)
			}
			var got int64
			for _, name := range names {
				info, err := os.Stat(name)
				if err != nil {
					t.Fatal(err)
				}
				got += info.Size()
			}
			if smaller := got < int64(b.Size())/2; smaller != test.smaller {
				t.Errorf("%d bytes take %d", b.Size(), got)
			}
		})
	}
}
