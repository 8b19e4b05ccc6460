package crashfs

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestClonesMeanwhile uses files again, links and locks them while one clone after the other
// is taken: neither waits for the other for ever.
func TestClonesMeanwhile(t *testing.T) {
	for what, step := range map[string]func(fs *FS, i int) error{
		"reuse": func(fs *FS, i int) error {
			f, err := fs.ReuseForWrite(fmt.Sprint("file", i), fmt.Sprint("file", i+1), "")
			if err != nil {
				return err
			}
			return f.Close()
		},
		"link": func(fs *FS, _ int) error {
			if err := fs.Link("file0", "link"); err != nil {
				return err
			}
			return fs.Remove("link")
		},
		"lock": func(fs *FS, _ int) error {
			l, err := fs.Lock("lock")
			if err != nil {
				return err
			}
			return l.Close()
		},
	} {
		t.Run(what, func(t *testing.T) {
			fs := New()
			for i := range 300 { // so that a clone takes its time
				f, err := fs.Create(fmt.Sprint("file", -i), "")
				if err != nil {
					t.Fatal(err)
				}
				if err := f.Close(); err != nil {
					t.Fatal(err)
				}
			}
			root, err := fs.OpenDir("/")
			if err != nil {
				t.Fatal(err)
			}
			if err := root.Sync(); err != nil {
				t.Fatal(err)
			}
			var cloning, working sync.WaitGroup
			stop, done := make(chan struct{}), make(chan struct{})
			for range 2 {
				cloning.Go(func() {
					for range 100 {
						fs.CrashClone(vfs.CrashCloneCfg{})
					}
				})
			}
			working.Go(func() {
				for i := 0; ; i++ {
					select {
					case <-stop:
						return
					default:
					}
					if err := step(fs, i); err != nil {
						t.Error(err)
						return
					}
				}
			})
			go func() {
				cloning.Wait()
				close(stop)
				working.Wait()
				close(done)
			}()
			select {
			case <-done:
			case <-time.After(time.Minute):
				t.Fatal("does not end")
			}
		})
	}
}
