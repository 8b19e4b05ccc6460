package pebblekv

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/restante/restante/internal/crashfs"
)

// TestUncleanOpens: an opening counts when the store was not closed before.
func TestUncleanOpens(t *testing.T) {
	fs := crashfs.New()
	open := func(fs *crashfs.FS, want uint64) *Store {
		t.Helper()
		s, err := Open(Options{Dir: "/store", FS: fs, Reserve: -1})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.UncleanOpens(); got != want {
			t.Errorf("%d unclean openings, want %d", got, want)
		}
		return s
	}
	finish := func(s *Store) {
		t.Helper()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	finish(open(fs, 0))
	s := open(fs, 0)
	cut := fs.CrashClone(vfs.CrashCloneCfg{})
	finish(s)
	finish(open(fs, 0))
	s = open(cut, 1)
	again := cut.CrashClone(vfs.CrashCloneCfg{})
	finish(s)
	finish(open(cut, 1))
	finish(open(again, 2))
}
