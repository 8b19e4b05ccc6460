package mailstore

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/restante/restante"
)

// Destination is where somebody copies messages to.
type Destination struct {
	Account *Account
	Mailbox restante.MailboxID
	Rights  Rights // his; flags that they do not allow to be set are left out (RFC 4314 §4)
	// Count, unless it is 0, is how many messages there must be: if some of them went
	// meanwhile nothing is copied or moved, and the error is restante.ErrExpunged.
	Count int
}

// complete answers restante.ErrExpunged unless all messages that there must be were
// found.
func (d *Destination) complete(found UIDSet) error {
	if n := int(found.Count()); n < d.Count {
		return fmt.Errorf("mailstore: %d of %d messages to be copied: %w", d.Count-n, d.Count, restante.ErrExpunged)
	}
	return nil
}

// CopyTo copies messages as [Account.Copy] does, to a mailbox of any account. Between
// accounts the content is copied: all messages arrive in one commit, or none do.
// Errors are those of Copy, and restante.ErrExpunged if a message went meanwhile: see
// Destination.Count.
func (a *Account) CopyTo(ctx context.Context, src restante.MailboxID, uids UIDSet, dst Destination) (CopyResult, error) {
	if a.id == dst.Account.id {
		return a.transfer(ctx, src, uids, dst, false)
	}
	return a.copyBetween(ctx, src, uids, dst)
}

// copyBetween copies messages into another account.
func (a *Account) copyBetween(ctx context.Context, src restante.MailboxID, uids UIDSet, dst Destination) (CopyResult, error) {
	snap, err := a.Snapshot(ctx, src)
	if err != nil {
		return CopyResult{}, err
	}
	var result CopyResult
	p := dst.Account.BeginAppend(ctx)
	defer p.Abort()
	reader, err := a.Reader(ctx)
	if err != nil {
		return CopyResult{}, err
	}
	defer reader.Close()
	p.From(reader)
	err = eachOverlap(snap.pages, uids, func(i int, spans []span) error {
		page := snap.pages[i]
		result.From = page.addUIDs(result.From, spans)
		for _, s := range spans {
			for j := s.from; j < s.to; j++ {
				m := page.Message(j)
				notes, err := annotationsToCopy(reader, snap.mailbox, m.UID, dst.Rights)
				if err != nil {
					return err
				}
				if err := p.copy(reader, &m, snap.flags.Set(m.FlagSet), notes, dst.Rights); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err == nil {
		err = dst.complete(result.From)
	}
	if err != nil || len(result.From) == 0 {
		return CopyResult{}, err
	}
	r, err := p.Commit(ctx, dst.Mailbox)
	if err != nil {
		return CopyResult{}, err
	}
	result.UIDValidity, result.Snapshot = r.UIDValidity, r.Snapshot
	result.To = UIDSet{{First: r.First, Last: r.Last}}
	result.Source = snap
	return result, nil
}

// annotationsToCopy reads the annotations of a message that rights allow to be set
// on its copy (RFC 5257 §4.6).
func annotationsToCopy(from *Reader, mb *Mailbox, uid restante.UID, rights Rights) (list []Annotation, err error) {
	if !mb.HasAnnotations() {
		return nil, nil
	}
	err = from.Annotations(mb.ID, uid, func(n Annotation) error {
		if rights.Has(AnnotationRights([]Annotation{n})) {
			n.Value = bytes.Clone(n.Value)
			list = append(list, n)
		}
		return nil
	})
	return list, err
}

// copy takes a message of another account with those of its flags that rights allow.
func (p *Append) copy(from *Reader, m *Message, set *FlagSet, notes []Annotation, rights Rights) error {
	if set == nil {
		return fmt.Errorf("mailstore: flag set %d: %w", m.FlagSet, restante.ErrCorrupt)
	}
	flags := slices.Clone(set.Keywords)
	for _, s := range systemFlagNames {
		if set.System&s.flag != 0 {
			flags = append(flags, s.name)
		}
	}
	w, err := p.Message(NewMessage{Flags: rights.Settable(flags), InternalDate: m.InternalDate.Time(), Size: int64(m.Size), Annotations: notes})
	if err != nil {
		return err
	}
	return from.WriteRange(w, m.EmailID, 0, int64(m.Size))
}
