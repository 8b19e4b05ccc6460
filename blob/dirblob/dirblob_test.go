package dirblob

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/restante/restante/blob"
	"github.com/restante/restante/blob/blobtest"
)

func open(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConformance(t *testing.T) {
	blobtest.Run(t, func(t *testing.T) blob.Store { return open(t, filepath.Join(t.TempDir(), "blobs")) })
}

// TestLeftovers has a writer that died: its file is no object, and goes when it is old.
func TestLeftovers(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	old, young := filepath.Join(s.tmp(), "put-old"), filepath.Join(s.tmp(), "put-young")
	for _, path := range []string{old, young} {
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	then := time.Now().Add(-2 * tmpLife)
	if err := os.Chtimes(old, then, then); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	if _, err := os.Stat(old); !os.IsNotExist(err) {
		t.Errorf("an old leftover is still there: %v", err)
	}
	if _, err := os.Stat(young); err != nil {
		t.Errorf("a file that may be in use is gone: %v", err)
	}
	if err := s.List(t.Context(), blob.Name{}, func(o blob.Object) error { t.Errorf("object %v", o); return nil }); err != nil {
		t.Error(err)
	}
}

// TestRemovedWhilePut has a Delete take away the directory that a Put is about to use.
func TestRemovedWhilePut(t *testing.T) {
	s := open(t, t.TempDir())
	a := blob.Name{Account: 1, Email: 1, Token: 1}
	b := blob.Name{Account: 1, Email: 2, Token: 1}
	done := make(chan error)
	go func() {
		var err error
		for i := 0; i < 300 && err == nil; i++ {
			if err = s.Put(t.Context(), a, bytes.NewReader(nil), 0); err == nil {
				err = s.Delete(t.Context(), []blob.Name{a})
			}
		}
		done <- err
	}()
	for range 300 {
		if err := s.Put(t.Context(), b, bytes.NewReader([]byte("b")), 1); err != nil {
			t.Fatal(err)
		}
		if err := s.Delete(t.Context(), []blob.Name{b}); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}
