package pebblekv

import (
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/restante/restante/internal/crashfs"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/kvtest"
)

// open opens a store, small ones so that memtables fill up in tests.
func open(t testing.TB, o Options) *Store {
	t.Helper()
	if o.MemTableBytes == 0 {
		o.MemTableBytes = 1 << 20
	}
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func onDisk(dir string) kvtest.Backing {
	return kvtest.Backing{Open: func(t testing.TB) kv.Store { return open(t, Options{Dir: dir}) }}
}

func inMemory(fs *crashfs.FS) kvtest.Backing {
	return kvtest.Backing{
		Open: func(t testing.TB) kv.Store { return open(t, Options{Dir: "store", FS: fs}) },
		PowerCut: func(testing.TB) kvtest.Backing {
			return inMemory(fs.CrashClone(vfs.CrashCloneCfg{
				UnsyncedDataPercent: rand.IntN(101),
				RNG:                 rand.New(rand.NewPCG(rand.Uint64(), 0)),
			}))
		},
	}
}

func TestStoreOnDisk(t *testing.T) {
	kvtest.Run(t, func(t testing.TB) kvtest.Backing { return onDisk(t.TempDir()) })
}

func TestStoreInMemory(t *testing.T) {
	kvtest.Run(t, func(testing.TB) kvtest.Backing { return inMemory(crashfs.New()) })
}
