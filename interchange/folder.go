package interchange

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/restante/restante/imap"
)

// folder is a mailbox found on disk.
type folder struct {
	path    string
	mailbox string // where it goes
	// read calls f for each message; what cannot be read is reported to bad and
	// passed over.
	read func(ctx context.Context, path string, bad func(where string, err error), f func(where string, m Message) error) error
	size int64 // bytes on disk, for the progress
}

// findFolders says what lies at path. mailbox is where messages go that have no
// folder of their own; "" leaves it to the names on disk. What cannot be looked into is
// reported to bad and passed over.
func findFolders(path, mailbox string, bad func(where string, err error)) ([]folder, []string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	if !info.IsDir() {
		if !info.Mode().IsRegular() {
			return nil, nil, fmt.Errorf("%s is no file", path)
		}
		if ok, err := isMbox(path); err != nil || !ok {
			return nil, nil, errors.Join(err, fmt.Errorf("%s is neither an mbox file nor a Maildir", path))
		}
		if mailbox == "" {
			mailbox = mboxName(path)
		}
		return []folder{{path: path, mailbox: mailbox, read: readMbox, size: info.Size()}}, nil, nil
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return nil, nil, err
	}
	root := mailbox
	if root == "" {
		root = "INBOX"
	}
	var found []folder
	err = filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		if err != nil && p == path {
			return err
		}
		if err == nil && p != path && isPartOfMaildir(p, d) {
			return filepath.SkipDir
		}
		var f folder
		if err == nil {
			f, err = folderAt(p, d)
		}
		if err != nil {
			bad(p, err)
		} else if f.read != nil {
			rel, err := filepath.Rel(path, p)
			if err != nil {
				return err
			}
			f.path, f.mailbox = p, folderName(rel, root, mailbox)
			found = append(found, f)
		}
		return nil
	})
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("%s holds neither mbox files nor Maildirs", path)
	}
	return found, subscriptions(path, root, mailbox), err
}

// isPartOfMaildir reports whether an entry is one of the folders that a Maildir is made
// of.
func isPartOfMaildir(path string, d fs.DirEntry) bool {
	name := d.Name()
	return d.IsDir() && (name == "cur" || name == "new" || name == "tmp") && isMaildir(filepath.Dir(path))
}

// folderAt says how an entry of a tree is read, and how large it is; read is nil for one
// that is no mailbox.
func folderAt(path string, d fs.DirEntry) (f folder, err error) {
	if d.IsDir() {
		if isMaildir(path) {
			f.read, f.size = readMaildir, maildirSize(path)
		}
		return f, nil
	}
	if !d.Type().IsRegular() {
		return f, nil
	}
	if ok, err := isMbox(path); err != nil || !ok {
		return f, err
	}
	info, err := d.Info()
	if err != nil {
		return f, err
	}
	f.read, f.size = readMbox, info.Size()
	return f, nil
}

// folderName is the mailbox for a folder at rel below the given path. Maildir++
// has ".Lists.golang" for Lists/golang in modified UTF-7; plain trees have a
// directory a level, with ".sbd" as Thunderbird has it.
func folderName(rel, root, mailbox string) string {
	if rel == "." {
		return root
	}
	var levels []string
	for _, part := range strings.Split(filepath.ToSlash(rel), "/") {
		if strings.HasPrefix(part, ".") && len(part) > 1 {
			for _, level := range strings.Split(part[1:], ".") {
				levels = append(levels, decodeLevel(level))
			}
			continue
		}
		part = strings.TrimSuffix(strings.TrimSuffix(part, ".sbd"), ".mbox")
		levels = append(levels, decodeLevel(part))
	}
	name := strings.Join(levels, "/")
	if mailbox != "" && !strings.EqualFold(mailbox, "INBOX") {
		return mailbox + "/" + name
	}
	if strings.EqualFold(name, "INBOX") {
		return "INBOX"
	}
	return name
}

// encodedDot is how a '.' within a level is written in Maildir++, where the
// character itself separates levels: in modified UTF-7, which would not need to
// encode it.
const encodedDot = "&AC4-"

// decodeLevel reads a folder's name as modified UTF-7, and leaves it as it is
// where it is none.
func decodeLevel(s string) string {
	if name, ok := imap.DecodeUTF7([]byte(strings.ReplaceAll(s, encodedDot, "."))); ok {
		return strings.ReplaceAll(name, "/", "_")
	}
	return s
}

// mboxName is the mailbox for an mbox file that was named by itself: INBOX for
// a mail spool, else the file's own name.
func mboxName(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		abs = path
	}
	base := strings.TrimSuffix(filepath.Base(abs), ".mbox")
	dir := filepath.ToSlash(filepath.Dir(abs))
	if strings.HasSuffix(dir, "/mail") && strings.HasPrefix(dir, "/var/") || strings.EqualFold(base, "inbox") || base == "mbox" {
		return "INBOX"
	}
	return decodeLevel(base)
}

// subscriptions reads Dovecot's or Courier's list of a Maildir++, whose names may have
// the prefix of a namespace that its folders have not.
func subscriptions(path, root, mailbox string) []string {
	var names []string
	for _, file := range []string{"subscriptions", "courierimapsubscribed"} {
		data, err := os.ReadFile(filepath.Join(path, file))
		if err != nil {
			continue
		}
		for i, line := range strings.Split(string(data), "\n") {
			if i == 0 && strings.HasPrefix(line, "V\t") {
				continue
			}
			name := strings.ReplaceAll(strings.TrimRight(line, "\r"), "\t", ".")
			if below, ok := strings.CutPrefix(name, "INBOX."); ok && !isMaildir(filepath.Join(path, "."+name)) {
				name = below
			}
			switch {
			case strings.TrimSpace(name) == "":
			case strings.EqualFold(name, "INBOX"):
				names = append(names, root)
			default:
				names = append(names, folderName("."+name, root, mailbox))
			}
		}
	}
	return names
}
