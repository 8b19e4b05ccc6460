package interchange

import (
	"bufio"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Maildir's info letters (https://cr.yp.to/proto/maildir.html) and the flags of
// IMAP that they stand for. A letter from a to z is a keyword whose name stands
// in the file dovecot-keywords.
var infoFlags = []struct {
	letter byte
	flag   string
}{
	{'D', `\Draft`}, {'F', `\Flagged`}, {'P', `$Forwarded`}, {'R', `\Answered`}, {'S', `\Seen`}, {'T', `\Deleted`},
}

func isMaildir(path string) bool {
	for _, sub := range []string{"cur", "new"} {
		if info, err := os.Stat(filepath.Join(path, sub)); err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}

func maildirSize(path string) (size int64) {
	for _, sub := range []string{"new", "cur"} {
		entries, _ := os.ReadDir(filepath.Join(path, sub))
		for _, e := range entries {
			if info, err := e.Info(); err == nil {
				size += info.Size()
			}
		}
	}
	return size
}

// readMaildir reads new and cur in order of the files' times, which are the
// internal dates.
func readMaildir(ctx context.Context, path string, bad func(string, error), f func(string, Message) error) error {
	type file struct {
		path string
		info fs.FileInfo
	}
	var files []file
	for _, sub := range []string{"new", "cur"} {
		entries, err := os.ReadDir(filepath.Join(path, sub))
		if err != nil {
			return err
		}
		for _, e := range entries {
			p := filepath.Join(path, sub, e.Name())
			if strings.HasPrefix(e.Name(), ".") {
				continue
			}
			info, err := e.Info()
			if err != nil {
				bad(p, err)
				continue
			}
			if info.Mode().IsRegular() {
				files = append(files, file{p, info})
			}
		}
	}
	slices.SortStableFunc(files, func(a, b file) int {
		if c := a.info.ModTime().Compare(b.info.ModTime()); c != 0 {
			return c
		}
		return strings.Compare(filepath.Base(a.path), filepath.Base(b.path))
	})
	keywords := dovecotKeywords(path)
	for _, file := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		m := Message{
			Flags:        maildirFlags(filepath.Base(file.path), keywords),
			InternalDate: file.info.ModTime().Truncate(time.Second),
			Open:         openFile(file.path),
		}
		if err := f(file.path, m); err != nil {
			return err
		}
	}
	return nil
}

// maildirFlags reads the info after ":2," of a file name (some file systems
// have ';' or '!' for the colon).
func maildirFlags(name string, keywords map[byte]string) []string {
	i := strings.LastIndex(name, "2,")
	if i < 1 || !strings.ContainsRune(":;!", rune(name[i-1])) {
		return nil
	}
	var flags []string
	for _, c := range []byte(name[i+2:]) {
		for _, known := range infoFlags {
			if known.letter == c {
				flags = append(flags, known.flag)
			}
		}
		if k, ok := keywords[c]; ok {
			flags = append(flags, k)
		}
	}
	return flags
}

// dovecotKeywords reads "0 $Label1" lines; number 0 is the letter a.
func dovecotKeywords(dir string) map[byte]string {
	f, err := os.Open(filepath.Join(dir, "dovecot-keywords"))
	if err != nil {
		return nil
	}
	defer f.Close()
	keywords := map[byte]string{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		number, name, ok := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		if n, err := strconv.Atoi(number); ok && err == nil && n >= 0 && n < 26 {
			keywords['a'+byte(n)] = name
		}
	}
	return keywords
}
