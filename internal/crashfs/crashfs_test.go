package crashfs

import (
	"fmt"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestCloneWhileReusing does both at once.
func TestCloneWhileReusing(t *testing.T) {
	const rounds = 3000
	fs := New()
	f, err := fs.Create("a", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for range rounds {
				fs.CrashClone(vfs.CrashCloneCfg{})
			}
		})
	}
	for i := range rounds {
		names := [2]string{"a", "b"}
		f, err := fs.ReuseForWrite(names[i%2], names[1-i%2], "")
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if err := fs.Link(names[1-i%2], fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
		if err := fs.Remove(fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	wg.Wait()
}
