package interchange

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"

	"github.com/restante/restante/imap"
)

// Import is one run of reading mail from disk. Target is required.
type Import struct {
	Target Target
	// Mailbox is where messages go that lie in no folder of their own; folders
	// go below it. "" is INBOX, with folders beside it.
	Mailbox string
	// Bad is told of everything that could not be taken: where it lies and why.
	Bad func(where string, err error)
	// Progress is told how many of the bytes on disk are done, of how many.
	Progress func(done, total int64)
}

// Report counts what a run did.
type Report struct {
	Mailboxes int
	Added     int
	Skipped   int // already there from an earlier run
	Bad       int
}

// A batch is one commit: large enough to share it, small enough to lose little.
const (
	batchMessages = 200
	batchBytes    = 8 << 20
)

// Run imports what lies at paths. Messages that cannot be read or taken are
// told to Bad and passed over; an error ends the run only when nothing more
// can be done (a path that is not there, a full quota or disk, ctx).
func (im Import) Run(ctx context.Context, paths ...string) (Report, error) {
	r := importer{Import: im, occurrence: map[[sha256.Size]byte]uint32{}, mailboxes: map[string]bool{}}
	var folders []folder
	var subscribed []string
	for _, p := range paths {
		f, subs, err := findFolders(p, im.Mailbox, r.bad)
		if err != nil {
			return r.report, err
		}
		folders = append(folders, f...)
		subscribed = append(subscribed, subs...)
	}
	for _, f := range folders {
		r.total += f.size
	}
	for _, f := range folders {
		if err := r.folder(ctx, f); err != nil {
			return r.report, fmt.Errorf("%s: %w", f.path, err)
		}
		r.report.Mailboxes = len(r.mailboxes)
	}
	for _, name := range subscribed {
		if err := im.Target.Subscribe(ctx, name); err != nil {
			r.bad("subscription "+name, err)
		}
	}
	return r.report, nil
}

// importer is the state of a run.
type importer struct {
	Import
	report      Report
	done, total int64
	mailbox     string
	mailboxes   map[string]bool // all so far
	batch       []Message
	where       []string
	bytes       int64
	// occurrence tells equal messages of a mailbox apart, so that two copies
	// stay two and a second run still adds nothing.
	occurrence map[[sha256.Size]byte]uint32
}

func (r *importer) bad(where string, err error) {
	r.report.Bad++
	r.told(where, err)
}

func (r *importer) told(where string, err error) {
	if r.Bad != nil {
		r.Bad(where, err)
	}
}

func (r *importer) folder(ctx context.Context, f folder) error {
	if err := r.Target.Mailbox(ctx, f.mailbox); final(err) {
		r.bad(f.path, err)
		r.done += f.size
		return nil
	} else if err != nil {
		return err
	}
	r.mailbox, r.mailboxes[f.mailbox] = f.mailbox, true
	before := r.done
	err := f.read(ctx, f.path, r.bad, func(where string, m Message) error {
		if err := r.identify(&m); err != nil {
			r.bad(where, err)
			return nil
		}
		if m.Size == 0 {
			r.bad(where, errors.New("the message is empty"))
			return nil
		}
		var strange []string
		if m.Flags, strange = sortFlags(m.Flags); strange != nil {
			r.told(where, fmt.Errorf("only its keywords %q, which IMAP cannot have", strange))
		}
		r.batch, r.where = append(r.batch, m), append(r.where, where)
		if r.bytes += m.Size; r.bytes >= batchBytes || len(r.batch) >= batchMessages {
			return r.commit(ctx)
		}
		return nil
	})
	if err = errors.Join(err, r.commit(ctx)); err != nil {
		return err
	}
	r.done = before + f.size
	r.tell()
	return nil
}

// sortFlags parts what can be a flag from what cannot.
func sortFlags(all []string) (flags, strange []string) {
	for _, f := range all {
		if strings.HasPrefix(f, `\`) || imap.IsKeyword(f) {
			flags = append(flags, f)
		} else {
			strange = append(strange, f)
		}
	}
	return flags, strange
}

// identify reads the message once for its size and key.
func (r *importer) identify(m *Message) error {
	in, err := m.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	h := sha256.New()
	if m.Size, err = io.Copy(h, in); err != nil {
		return err
	}
	m.Key = r.key(h, *m)
	return nil
}

// key is made of the content, the mailbox, the date, and how many equal ones
// came before in this run.
func (r *importer) key(h hash.Hash, m Message) []byte {
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(m.InternalDate.Unix())))
	io.WriteString(h, r.mailbox)
	var id [sha256.Size]byte
	h.Sum(id[:0])
	n := r.occurrence[id]
	r.occurrence[id] = n + 1
	return binary.BigEndian.AppendUint32(id[:16:16], n)
}

// commit gives the batch to the target.
func (r *importer) commit(ctx context.Context) error {
	if err := r.add(ctx, r.batch, r.where); err != nil {
		return err
	}
	r.done += r.bytes
	r.batch, r.where, r.bytes = r.batch[:0], r.where[:0], 0
	r.tell()
	return nil
}

// add gives messages to the target; one that cannot be taken is left out and the rest
// tried again. Where it is not said which one that is, it is looked for in halves.
func (r *importer) add(ctx context.Context, batch []Message, where []string) error {
	for len(batch) > 0 {
		skipped, err := r.Target.Append(ctx, r.mailbox, batch)
		var one *MessageError
		switch {
		case err == nil:
			r.report.Skipped += skipped
			r.report.Added += len(batch) - skipped
			return nil
		case errors.As(err, &one) && one.Index < len(batch):
			r.bad(where[one.Index], one.Err)
			batch, where = slices.Delete(batch, one.Index, one.Index+1), slices.Delete(where, one.Index, one.Index+1)
		case final(err) && len(batch) == 1:
			r.bad(where[0], err)
			return nil
		case final(err):
			half := len(batch) / 2
			if err := r.add(ctx, batch[:half], where[:half]); err != nil {
				return err
			}
			batch, where = batch[half:], where[half:]
		default:
			return err
		}
	}
	return nil
}

func (r *importer) tell() {
	if r.Progress != nil {
		r.Progress(min(r.done, r.total), r.total)
	}
}
