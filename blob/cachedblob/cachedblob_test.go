package cachedblob

import (
	"bytes"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/blob"
	"github.com/restante/restante/blob/blobtest"
	"github.com/restante/restante/blob/memblob"
)

func open(t *testing.T, s blob.Store, dir string, bytes int64) *Store {
	t.Helper()
	c, err := Open(s, Options{Dir: dir, Bytes: bytes})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConformance(t *testing.T) {
	for name, size := range map[string]int64{"roomy": 1 << 30, "narrow": 600_000, "none": 1} {
		t.Run(name, func(t *testing.T) {
			blobtest.Run(t, func(t *testing.T) blob.Store { return open(t, memblob.New(nil), t.TempDir(), size) })
		})
	}
}

// TestDamage has files of the cache changed in all ways: readers get the right octets.
func TestDamage(t *testing.T) {
	inner, dir := memblob.New(nil), t.TempDir()
	name := blob.Name{Account: 1, Email: 2, Token: 3}
	body := blobtest.Body(1, 900_000)
	c := open(t, inner, dir, 1<<30)
	if err := c.Put(t.Context(), name, bytes.NewReader(body), int64(len(body))); err != nil {
		t.Fatal(err)
	}
	if st := c.Stats(); st.Blocks != 4 || st.Bytes != int64(len(body))+4*headSize {
		t.Errorf("after Put: %+v", st)
	}
	for _, damage := range []struct {
		name string
		do   func(path string, data []byte) error
	}{
		{"bit", func(path string, data []byte) error {
			data[rand.IntN(len(data))] ^= 1 << rand.IntN(8)
			return os.WriteFile(path, data, 0o600)
		}},
		{"short", func(path string, data []byte) error { return os.WriteFile(path, data[:rand.IntN(len(data))], 0o600) }},
		{"empty", func(path string, data []byte) error { return os.WriteFile(path, nil, 0o600) }},
		{"long", func(path string, data []byte) error {
			return os.WriteFile(path, append(data, make([]byte, 300_000)...), 0o600)
		}},
		{"gone", func(path string, _ []byte) error { return os.Remove(path) }},
		{"directory", func(path string, _ []byte) error {
			if err := os.Remove(path); err != nil {
				return err
			}
			return os.Mkdir(path, 0o700)
		}},
	} {
		n := 0
		eachFile(t, dir, func(path string) {
			data, err := os.ReadFile(path)
			if err == nil {
				err = damage.do(path, data)
			}
			if err != nil {
				t.Fatal(err)
			}
			n++
		})
		if n != 4 && damage.name != "directory" {
			t.Errorf("%s: %d files", damage.name, n)
		}
		before := c.Stats()
		c.pause.Store(0)
		got := make([]byte, len(body))
		if m, err := c.ReadAt(t.Context(), name, got, 0); m != len(body) || err != nil && err != io.EOF || !bytes.Equal(got, body) {
			t.Errorf("%s: %d octets, %v", damage.name, m, err)
		}
		after := c.Stats()
		if after.Hits != before.Hits || after.Damaged+after.Failures == before.Damaged+before.Failures && damage.name != "gone" {
			t.Errorf("%s: before %+v, after %+v", damage.name, before, after)
		}
	}
}

func eachFile(t *testing.T, dir string, f func(path string)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			f(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestSwapped has a file hold another block, whole.
func TestSwapped(t *testing.T) {
	inner, dir := memblob.New(nil), t.TempDir()
	a, b := blob.Name{Account: 1, Email: 2, Token: 3}, blob.Name{Account: 1, Email: 3, Token: 3}
	c := open(t, inner, dir, 1<<30)
	for _, n := range []blob.Name{a, b} {
		if err := c.Put(t.Context(), n, bytes.NewReader(blobtest.Body(uint64(n.Email), 100)), 100); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Rename(c.files.path(block{a, 0}), c.files.path(block{b, 0})); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 100)
	if _, err := c.ReadAt(t.Context(), b, got, 0); err != nil && err != io.EOF || !bytes.Equal(got, blobtest.Body(3, 100)) {
		t.Errorf("another block was answered: %v", err)
	}
}

// TestNoDisk has the cache's directory be no directory: everything still works.
func TestNoDisk(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	blobtest.Run(t, func(t *testing.T) blob.Store {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		c := open(t, memblob.New(nil), dir, 1<<30)
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(dir, []byte("no directory"), 0o600); err != nil {
			t.Fatal(err)
		}
		return c
	})
}

func TestReopened(t *testing.T) {
	inner, dir := memblob.New(nil), t.TempDir()
	c := open(t, inner, dir, 1<<30)
	names := make([]blob.Name, 8)
	for i := range names {
		names[i] = blob.Name{Account: 9, Email: restante.EmailID(i), Token: uint64(i)}
		if err := c.Put(t.Context(), names[i], bytes.NewReader(blobtest.Body(uint64(i), 1000)), 1000); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "new-123"), []byte("leftover"), 0o600); err != nil {
		t.Fatal(err)
	}
	c = open(t, inner, dir, 1<<30)
	for i, n := range names {
		inner.Change(n, func([]byte) []byte { return nil }) // so that it can come from the cache alone
		got := make([]byte, 1000)
		if _, err := c.ReadAt(t.Context(), n, got, 0); err != nil && err != io.EOF || !bytes.Equal(got, blobtest.Body(uint64(i), 1000)) {
			t.Errorf("%v after opening again: %v", n, err)
		}
	}
	if st := c.Stats(); st.Blocks != 8 || st.Hits != 8 || st.Misses != 0 {
		t.Errorf("%+v", st)
	}
	files := 0
	eachFile(t, dir, func(string) { files++ })
	if files != 8 {
		t.Errorf("%d files", files)
	}
	c = open(t, inner, dir, 3000) // smaller now
	if st := c.Stats(); st.Blocks != 2 {
		t.Errorf("%+v", st)
	}
}

func TestEviction(t *testing.T) {
	inner := memblob.New(nil)
	c := open(t, inner, t.TempDir(), 10*(1000+headSize))
	put := func(i int) blob.Name {
		n := blob.Name{Account: 9, Email: restante.EmailID(i), Token: 1}
		if err := inner.Put(t.Context(), n, bytes.NewReader(blobtest.Body(uint64(i), 1000)), 1000); err != nil {
			t.Fatal(err)
		}
		return n
	}
	read := func(n blob.Name) {
		if _, err := c.ReadAt(t.Context(), n, make([]byte, 1000), 0); err != nil && err != io.EOF {
			t.Fatal(err)
		}
	}
	first := put(0)
	for i := 1; i < 50; i++ {
		read(put(i))
		read(first) // used again and again, so that it stays
	}
	st := c.Stats()
	if st.Blocks != 10 || st.Evicted != 40 || st.Hits != 48 {
		t.Errorf("%+v", st)
	}
	if err := c.Delete(t.Context(), []blob.Name{first}); err != nil {
		t.Fatal(err)
	}
	if st := c.Stats(); st.Blocks != 9 {
		t.Errorf("after Delete: %+v", st)
	}
}
