package dirblob

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/restante/restante/blob"
)

// List implements blob.Store. It holds the entries of one directory of each level at a
// time.
func (s *Store) List(ctx context.Context, from blob.Name, f func(blob.Object) error) error {
	account, contents := dir(from)
	l := &listing{ctx: ctx, from: from, f: f}
	err := l.each(s.root, filepath.Dir(account), 2, func(top string) error {
		return l.each(filepath.Join(s.root, top), filepath.Base(account), 16, func(a string) error {
			first := ""
			if a == filepath.Base(account) {
				first = contents
			}
			return l.each(filepath.Join(s.root, top, a), first, 13, func(c string) error {
				return l.files(filepath.Join(s.root, top, a, c), a)
			})
		})
	})
	switch {
	case errors.Is(err, blob.ErrStop):
		return nil
	case err == nil || l.own != nil:
		return err // nil, or what f answered
	}
	return failed("list", from, err)
}

type listing struct {
	ctx  context.Context
	from blob.Name
	f    func(blob.Object) error
	own  error // what f answered
}

// each calls f for the directories in path from a name on whose names have a length.
func (l *listing) each(path, from string, length int, f func(name string) error) error {
	entries, err := os.ReadDir(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		if !e.IsDir() || len(e.Name()) != length || e.Name() < from {
			continue
		}
		if err := l.ctx.Err(); err != nil {
			return err
		}
		if err := f(e.Name()); err != nil {
			return err
		}
	}
	return nil
}

// files tells the objects in one directory.
func (l *listing) files(path, account string) error {
	entries, err := os.ReadDir(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		name, ok := blob.ParseName(account + "/" + e.Name())
		if !ok || name.Compare(l.from) < 0 {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted just now
		}
		if err != nil {
			return err
		}
		if err := l.f(blob.Object{Name: name, Size: info.Size(), Modified: info.ModTime()}); err != nil {
			l.own = err
			return err
		}
	}
	return nil
}
