package pebblekv

import (
	"bytes"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/restante/restante/kv"
)

// readBack reads records that a file holds.
func readBack(data []byte, seq, salt uint64) (got []record) {
	l := &logReader{data: data, seq: seq, salt: salt}
	for r, ok := l.next(); ok; r, ok = l.next() {
		got = append(got, r)
	}
	return got
}

func TestRecords(t *testing.T) {
	var data []byte
	for i := range 5 {
		data = record{partition: 7, version: kv.Version(i), batch: bytes.Repeat([]byte{byte(i)}, i*10)}.append(data, 3, 4)
	}
	if got := readBack(data, 3, 4); len(got) != 5 || got[4].version != 4 || !bytes.Equal(got[4].batch, bytes.Repeat([]byte{4}, 40)) {
		t.Errorf("read %v", got)
	}
	// What an earlier round has left behind is not read.
	older := record{partition: 7, version: 9}.append(nil, 1, 2)
	if got := readBack(append(bytes.Clone(data), older...), 3, 4); len(got) != 5 {
		t.Errorf("read %d records with one of an earlier round", len(got))
	}
	// A file that is cut anywhere gives the whole records before the cut.
	for n := range data {
		for i, r := range readBack(data[:n], 3, 4) {
			if r.version != kv.Version(i) || len(r.batch) != i*10 {
				t.Fatalf("cut at %d: record %d is %v", n, i, r)
			}
		}
	}
	// So does one with a wrong byte.
	for n := range data {
		damaged := bytes.Clone(data)
		damaged[n] ^= 1
		for i, r := range readBack(damaged, 3, 4) {
			if r.version != kv.Version(i) || len(r.batch) != i*10 {
				t.Fatalf("damaged at %d: record %d is %v", n, i, r)
			}
		}
	}
}

// FuzzReplay opens a store over a log of any bytes: it must open.
func FuzzReplay(f *testing.F) {
	f.Add([]byte(nil), []byte(nil))
	f.Add(record{partition: 1, version: 1, batch: []byte("no batch")}.append(nil, 1, 2), []byte("x"))
	f.Add(bytes.Repeat([]byte{0}, recordHeader), bytes.Repeat([]byte{0xff}, 100))
	f.Fuzz(func(t *testing.T, one, two []byte) {
		fs := vfs.NewMem()
		if err := fs.MkdirAll("store", 0o700); err != nil {
			t.Fatal(err)
		}
		for i, name := range relaxedNames(fs, "store") {
			w, err := fs.Create(name, "test")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([][]byte{one, two}[i]); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
		}
		s, err := Open(Options{Dir: "store", FS: fs, MemTableBytes: 256 << 10, CacheBytes: 1 << 20})
		if err != nil {
			t.Skip(err) // a checksum that holds over a batch that does not
		}
		commit(t, s, 1, 0, "k", nil)
		closeStore(t, s)
	})
}

// TestReplay gives a store the records that a killed process has left: those
// that it has, those that it lacks, and one that does not follow.
func TestReplay(t *testing.T) {
	fs := vfs.NewMem()
	s := open(t, Options{Dir: "store", FS: fs})
	commit(t, s, 1, 0, "k", []byte("1"))
	batchOf := func(v kv.Version, value string) []byte {
		pb := s.db.NewBatch()
		defer pb.Close()
		var b kv.Batch
		b.Set([]byte("k"), []byte(value))
		if err := fill(pb, 1, v, &b); err != nil {
			t.Fatal(err)
		}
		return bytes.Clone(pb.Repr())
	}
	newer := record{1, 1, batchOf(1, "other")}.append(nil, 9, 1)
	newer = record{1, 3, batchOf(3, "3")}.append(newer, 9, 1)
	newer = record{1, 7, batchOf(7, "7")}.append(newer, 9, 1)
	older := record{1, 2, batchOf(2, "2")}.append(nil, 8, 1)
	closeStore(t, s)
	for i, name := range relaxedNames(fs, "store") {
		w, err := fs.Create(name, "test")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([][]byte{newer, older}[i]); err != nil {
			t.Fatal(err)
		}
		w.Close()
	}
	for range 2 {
		s = open(t, Options{Dir: "store", FS: fs})
		value, closer, err := s.db.Get(appendRow(nil, 1, []byte("k")))
		if err != nil || string(value) != "3" {
			t.Errorf("after replay: %q, %v", value, err)
		} else {
			closer.Close()
		}
		if v, err := readVersion(s.db, 1); err != nil || v != 3 {
			t.Errorf("after replay: version %d, %v", v, err)
		}
		closeStore(t, s)
	}
}

func TestKeyForms(t *testing.T) {
	lower, upper := rowBounds(0x0102, []byte("a"), nil)
	version := versionKey(0x0102)
	for _, c := range []struct{ got, want string }{
		{string(lower), "\x00\x00\x00\x00\x00\x00\x01\x02a"},
		{string(upper), "\x00\x00\x00\x00\x00\x00\x01\x03"},
		{string(version[:]), "\x80\x00\x00\x00\x00\x00\x01\x02"},
		{string(schemaKey()), "\xff\xff\xff\xff\xff\xff\xff\xffschema"},
	} {
		if c.got != c.want {
			t.Errorf("key is %q, not %q", c.got, c.want)
		}
	}
}
