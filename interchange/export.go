package interchange

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
)

// Export writes a Source as Maildir++.
type Export struct {
	Source Source
	// Progress is told of each message written.
	Progress func(mailbox string, messages int)
	// Lost is told which keywords of a mailbox a Maildir has no letter for.
	Lost func(mailbox string, keywords []string)
	// Damaged is told of each message that cannot be read any more; it is left out.
	Damaged func(mailbox string, uid restante.UID, err error)
}

// maxKeywords is how many keywords have a letter in a Maildir's file names.
const maxKeywords = 26

// Run writes all mailboxes to dir, which must not hold a Maildir yet. INBOX is
// dir itself, Lists/golang the folder .Lists.golang in modified UTF-7. It
// reports how many messages were written. A mailbox whose name is too long for a folder
// is left out: the error names it, once all others are written.
func (e Export) Run(ctx context.Context, dir string) (int, error) {
	if isMaildir(dir) {
		return 0, fmt.Errorf("%s already holds a Maildir", dir)
	}
	names, err := e.Source.Mailboxes(ctx)
	if err != nil {
		return 0, err
	}
	total := 0
	var left error
	for _, name := range names {
		n, err := e.mailbox(ctx, dir, name)
		total += n
		switch {
		case errors.Is(err, syscall.ENAMETOOLONG):
			left = errors.Join(left, fmt.Errorf("%s: %w", name, err))
		case err != nil:
			return total, fmt.Errorf("%s: %w", name, err)
		}
	}
	return total, errors.Join(left, e.subscriptions(ctx, dir))
}

// folderPath is where a mailbox lies below dir.
func folderPath(dir, name string) string {
	if strings.EqualFold(name, "INBOX") {
		return dir
	}
	return filepath.Join(dir, "."+encodeName(name))
}

// encodeName gives Maildir++'s form of a name.
func encodeName(name string) string {
	levels := strings.Split(name, "/")
	for i, l := range levels {
		levels[i] = strings.ReplaceAll(string(imap.AppendUTF7(nil, l)), ".", encodedDot)
	}
	return strings.Join(levels, ".")
}

func (e Export) mailbox(ctx context.Context, dir, name string) (int, error) {
	path := folderPath(dir, name)
	for _, sub := range []string{"cur", "new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(path, sub), 0o700); err != nil {
			return 0, err
		}
	}
	if path != dir {
		if err := os.WriteFile(filepath.Join(path, "maildirfolder"), nil, 0o600); err != nil {
			return 0, err
		}
	}
	w := maildirWriter{path: path}
	err := e.Source.Messages(ctx, name, func(m Message) error {
		err := w.write(m)
		if errors.Is(err, restante.ErrCorrupt) && e.Damaged != nil {
			e.Damaged(name, m.UID, err)
			return nil
		}
		if err != nil {
			return err
		}
		w.n++
		if e.Progress != nil {
			e.Progress(name, w.n)
		}
		return nil
	})
	if lost := w.lost(); len(lost) > 0 && e.Lost != nil {
		e.Lost(name, lost)
	}
	return w.n, errors.Join(err, w.keywordFile())
}

func (e Export) subscriptions(ctx context.Context, dir string) error {
	names, err := e.Source.Subscriptions(ctx)
	if err != nil || len(names) == 0 {
		return err
	}
	var b strings.Builder
	for _, n := range names {
		b.WriteString(encodeName(n) + "\n")
	}
	return os.WriteFile(filepath.Join(dir, "subscriptions"), []byte(b.String()), 0o600)
}

// maildirWriter fills one Maildir.
type maildirWriter struct {
	path     string
	n        int
	keywords []string
}

// write puts a message into cur, by way of tmp, with its flags and the file's
// size in the name, and its internal date as the file's time. The names of one second are
// in the order of the messages.
func (w *maildirWriter) write(m Message) error {
	in, err := m.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	base := fmt.Sprintf("%d.M%010dP%d.restante", m.InternalDate.Unix(), m.UID, os.Getpid())
	tmp := filepath.Join(w.path, "tmp", base)
	size, err := writeLF(tmp, in)
	if err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	if err := os.Chtimes(tmp, m.InternalDate, m.InternalDate); err != nil {
		return err
	}
	return os.Rename(tmp, filepath.Join(w.path, "cur", fmt.Sprintf("%s,S=%d:2,%s", base, size, w.info(m.Flags))))
}

// writeLF makes a file of in and answers its size.
func writeLF(path string, in io.Reader) (size int64, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	out := &lfWriter{w: f}
	_, err = io.Copy(out, in)
	err = errors.Join(err, out.flush())
	size, sizeErr := f.Seek(0, io.SeekCurrent)
	return size, errors.Join(err, sizeErr, f.Close())
}

// info is the flags' letters in order, as Maildir asks.
func (w *maildirWriter) info(flags []string) string {
	var letters []byte
	for _, flag := range flags {
		i := slices.IndexFunc(infoFlags, func(k struct {
			letter byte
			flag   string
		}) bool {
			return strings.EqualFold(k.flag, flag)
		})
		if i >= 0 {
			letters = append(letters, infoFlags[i].letter)
		} else if k := w.keyword(flag); k < maxKeywords {
			letters = append(letters, 'a'+byte(k))
		}
	}
	slices.Sort(letters)
	return string(letters)
}

// keyword is the keyword's number in dovecot-keywords, from 0.
func (w *maildirWriter) keyword(flag string) int {
	for i, k := range w.keywords {
		if strings.EqualFold(k, flag) {
			return i
		}
	}
	w.keywords = append(w.keywords, flag)
	return len(w.keywords) - 1
}

// lost are the keywords that no file name has.
func (w *maildirWriter) lost() []string { return w.keywords[min(maxKeywords, len(w.keywords)):] }

func (w *maildirWriter) keywordFile() error {
	if len(w.keywords) == 0 {
		return nil
	}
	var b strings.Builder
	for i, k := range w.keywords[:min(maxKeywords, len(w.keywords))] {
		fmt.Fprintf(&b, "%d %s\n", i, k)
	}
	return os.WriteFile(filepath.Join(w.path, "dovecot-keywords"), []byte(b.String()), 0o600)
}
