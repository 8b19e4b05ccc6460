// Package dirblob keeps objects as files in a directory, which may be on a disk that
// several machines share.
package dirblob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/blob"
)

// Store is a blob.Store in a directory. A file is written under a name in "tmp",
// synced, and then renamed to where the object belongs, whose directory is synced too.
type Store struct{ root string }

var _ blob.Store = (*Store)(nil)

// tmpLife is how old a file in "tmp" is that no writer can be at work on.
const tmpLife = 24 * time.Hour

// Open answers a store in a directory, which it makes if it is missing. What writers
// that died left there is removed.
func Open(dir string) (*Store, error) {
	s := &Store{root: filepath.Clean(dir)}
	if err := os.MkdirAll(s.tmp(), 0o700); err != nil {
		return nil, fmt.Errorf("dirblob: %w", err)
	}
	entries, err := os.ReadDir(s.tmp())
	if err != nil {
		return nil, fmt.Errorf("dirblob: %w", err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && time.Since(info.ModTime()) > tmpLife {
			_ = os.Remove(filepath.Join(s.tmp(), e.Name())) // else at the next start
		}
	}
	return s, nil
}

func (s *Store) tmp() string { return filepath.Join(s.root, "tmp") }

// perDirectory is how many contents' files share a directory.
const perDirectory = 4096

// dir is where an object lies, relative to the root: a few levels, so that no directory
// has too many entries, whose order is the order of names.
func dir(n blob.Name) (account, contents string) {
	a := fmt.Sprintf("%016x", uint64(n.Account))
	return filepath.Join(a[:2], a), fmt.Sprintf("%013x", uint64(n.Email)/perDirectory)
}

func (s *Store) path(n blob.Name) string {
	account, contents := dir(n)
	return filepath.Join(s.root, account, contents, fileName(n))
}

// fileName is the name's form after the account.
func fileName(n blob.Name) string {
	_, file, _ := strings.Cut(n.String(), "/")
	return file
}

// Put implements blob.Store.
func (s *Store) Put(ctx context.Context, name blob.Name, body io.ReaderAt, size int64) error {
	if err := s.put(ctx, name, body, size); err != nil {
		return failed("put", name, err)
	}
	return nil
}

func (s *Store) put(ctx context.Context, name blob.Name, body io.ReaderAt, size int64) (err error) {
	f, err := os.CreateTemp(s.tmp(), "put-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}()
	n, err := io.Copy(f, &reader{ctx: ctx, r: io.NewSectionReader(body, 0, size)})
	if err != nil {
		return err
	}
	if n != size {
		return fmt.Errorf("body ends after %d octets of %d", n, size)
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := s.place(f.Name(), name); err != nil {
		return err
	}
	_ = f.Close() // what it held is on the disk
	return nil
}

// reader ends with its context.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// placeAttempts is how often a directory is made again that a Delete removes, empty, at
// the same moment.
const placeAttempts = 10

// place renames a file to where the object belongs, for good.
func (s *Store) place(file string, name blob.Name) error {
	path := s.path(name)
	for attempt := 1; ; attempt++ {
		// Go takes a directory that goes just after it was found for a file that is there.
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrExist) {
			return err
		}
		err := os.Rename(file, path)
		if err == nil {
			return s.syncAbove(path)
		}
		if !errors.Is(err, fs.ErrNotExist) || attempt == placeAttempts {
			return err
		}
	}
}

// syncAbove puts the directories from an object up to the root on stable storage. All
// but the lowest have mostly not changed, which costs next to nothing; whether another
// process that made one of them has come to it already cannot be known.
func (s *Store) syncAbove(path string) error {
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if err := syncDir(dir); err != nil {
			return err
		}
		if dir == s.root {
			return nil
		}
	}
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// ReadAt implements blob.Store.
func (s *Store) ReadAt(ctx context.Context, name blob.Name, p []byte, off int64) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	f, err := os.Open(s.path(name))
	if err != nil {
		return 0, failed("read", name, err)
	}
	defer f.Close() // it was only read
	n, err := f.ReadAt(p, off)
	if err != nil && err != io.EOF {
		err = failed("read", name, err)
	}
	return n, err
}

// Delete implements blob.Store. Directories that have become empty go too.
func (s *Store) Delete(ctx context.Context, names []blob.Name) error {
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return err
		}
		path := s.path(name)
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return failed("delete", name, err)
		}
		contents := filepath.Dir(path)
		if os.Remove(contents) == nil { // fails on one that holds something
			_ = os.Remove(filepath.Dir(contents))
		}
	}
	return nil
}

// Close implements blob.Store.
func (s *Store) Close() error { return nil }

// failed gives an error of the file system its kind.
func failed(what string, name blob.Name, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("dirblob: %v: %w", name, restante.ErrNotFound)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("dirblob: %s %v: %w: %w", what, name, restante.ErrNoSpace, err)
	}
	return blob.Unavailable(what, name, err)
}
