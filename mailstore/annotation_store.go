package mailstore

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/message"
)

// Annotate sets and removes annotations of messages, all or none, in one durable
// commit. A message whose annotations are already so keeps its modseq; what
// somebody sets privately raises the modseq that he alone sees, if he is not the
// account's owner. Messages above the condition, which may be nil, are left alone and told;
// its Known is not asked. Errors are restante.ErrNotFound (the mailbox), ErrInvalid
// (a name), ErrNoPart, ErrAnnotationValue, ErrAnnotationCount, ErrOverQuota.
func (a *Account) Annotate(
	ctx context.Context, mb restante.MailboxID, uids UIDSet, list []Annotation, condition *Unchanged,
) (StoreResult, error) {
	if err := a.store.options.Limits.checkAnnotations(list); err != nil {
		return StoreResult{}, err
	}
	var result StoreResult
	state, err := a.updateMessages(ctx, kv.Durable, mb, func(tx *txn, d *draft) error {
		result = StoreResult{}
		view, err := tx.read()
		if err != nil {
			return err
		}
		w := annotationWriter{tx: tx, draft: d, who: a.who(), list: list, unless: condition, result: &result, view: view}
		if w.seen, err = tx.viewersDraft(mb, a.seer()); err != nil {
			return err
		}
		return w.store(uids)
	})
	if err != nil {
		return StoreResult{}, err
	}
	result.Snapshot = a.after(ctx, state, mb)
	return result, nil
}

// annotationWriter computes one Annotate.
type annotationWriter struct {
	tx     *txn
	draft  *draft
	who    restante.AccountID
	list   []Annotation
	unless *Unchanged
	seen   *seenDraft // of whoever is not the owner, else nil
	result *StoreResult
	view   kv.Snapshot
	cursor *annotationCursor
}

// annotationsOf are the annotations of one message that somebody sees, by whose they
// are and their names.
type annotationsOf map[annotationID]annotationRow

// store changes the messages.
func (w *annotationWriter) store(uids UIDSet) error {
	w.cursor = newAnnotationCursor(w.view, w.draft.mailbox.ID)
	defer w.cursor.close()
	var found UIDSet
	err := eachOverlap(w.draft.pages, uids, func(i int, spans []span) error {
		found = w.draft.pages[i].addUIDs(found, spans)
		return w.page(i, spans)
	})
	w.result.Missing = uids.Minus(found)
	return err
}

// page changes messages of page i.
func (w *annotationWriter) page(i int, spans []span) error {
	p := w.draft.pages[i]
	var mods []restante.ModSeq
	for _, s := range spans {
		for j := s.from; j < s.to; j++ {
			uid := p.UID(j)
			if w.unless != nil && w.modSeq(p, j) > w.unless.Since {
				w.result.Modified = w.result.Modified.Add(uid)
				continue
			}
			all, own, err := w.message(uid, p.EmailID(j))
			if err != nil {
				return err
			}
			if all || own {
				w.result.ModSeq = w.tx.modSeq
			}
			if own {
				w.seen.touch(uid, w.tx.modSeq)
			}
			if all {
				if mods == nil {
					mods = slices.Clone(p.ModSeqs())
				}
				mods[j] = w.tx.modSeq
			}
		}
	}
	if mods != nil {
		w.tx.replace(w.draft, i, p.withFlags(p.FlagSets(), mods, w.tx.flags))
	}
	return w.tx.fitAnnotations(w.draft)
}

// modSeq is that of a message as the user sees it.
func (w *annotationWriter) modSeq(p *Page, j int) restante.ModSeq {
	at := p.ModSeq(j)
	if w.seen != nil {
		_, own := w.seen.of(p.UID(j))
		at = max(at, own)
	}
	return at
}

// message changes one message. all says that something changed of what everybody
// sees, or the account's owner; own, that only something did that a viewer alone
// sees.
func (w *annotationWriter) message(uid restante.UID, content restante.EmailID) (all, own bool, err error) {
	if err := w.parts(content); err != nil {
		return false, false, err
	}
	rows, err := w.rows(uid)
	if err != nil {
		return false, false, err
	}
	for i := range w.list {
		n := &w.list[i]
		id := annotationID{uid, n.of(w.who), n.Entry}
		old, there := rows[id]
		if n.Value == nil && (!there || old.gone) || n.Value != nil && there && !old.gone && bytes.Equal(n.Value, old.value) {
			continue
		}
		was := &old
		if !there {
			was = nil
		}
		row := annotationRow{modSeq: w.tx.modSeq, gone: n.Value == nil, value: n.Value}
		w.tx.putAnnotation(w.draft, id, was, &row)
		rows[id] = row
		if n.Private && w.seen != nil {
			own = true
		} else {
			all = true
		}
	}
	if all || own {
		err = w.bound(rows)
	}
	return all, own && !all, err
}

// parts makes sure that the parts that are to be annotated are there.
func (w *annotationWriter) parts(content restante.EmailID) error {
	if !aboutParts(w.list) {
		return nil
	}
	row, err := w.view.Get(summaryKey(content), nil)
	if err != nil {
		return unavailable("read summary", err)
	}
	return checkParts(w.list, message.Summary(row))
}

// aboutParts reports whether an annotation is about a part of a message.
func aboutParts(list []Annotation) bool {
	return slices.ContainsFunc(list, func(n Annotation) bool {
		path, ok := AnnotatedPart(n.Entry)
		return len(path) > 0 || !ok
	})
}

// checkParts makes sure that a message has the parts that annotations are about, but
// for those that are to be removed.
func checkParts(list []Annotation, s message.Summary) error {
	for _, n := range list {
		path, ok := AnnotatedPart(n.Entry)
		if ok && len(path) > 0 {
			_, ok = s.Part(path)
		}
		if !ok {
			return fmt.Errorf("mailstore: %q: %w", n.Entry, ErrNoPart)
		}
	}
	return nil
}

// rows reads what there is of a message.
func (w *annotationWriter) rows(uid restante.UID) (annotationsOf, error) {
	rows := make(annotationsOf)
	if w.draft.base == nil || w.draft.base.mailbox.annotationRows == 0 {
		return rows, nil
	}
	err := w.cursor.each(UIDSet{{uid, uid}}, func(id annotationID, row annotationRow) error {
		if id.of == 0 || id.of == w.who {
			row.value = bytes.Clone(row.value)
			rows[id] = row
		}
		return nil
	})
	if err != nil && !errors.Is(err, restante.ErrCorrupt) {
		err = unavailable("read annotations", err)
	}
	return rows, err
}

// bound holds the annotations of a message against the limit, and forgets those
// that have been gone for longest.
func (w *annotationWriter) bound(rows annotationsOf) error {
	for _, of := range [...]restante.AccountID{0, w.who} {
		live := 0
		var gone []annotationID
		for id, row := range rows {
			switch {
			case id.of != of:
			case row.gone:
				gone = append(gone, id)
			default:
				live++
			}
		}
		if live > w.tx.limits.Annotations && slices.ContainsFunc(w.list, func(n Annotation) bool { return n.of(w.who) == of && n.Value != nil }) {
			return fmt.Errorf("mailstore: %d of one message: %w", live, ErrAnnotationCount)
		}
		if len(gone) <= goneAnnotations {
			continue
		}
		slices.SortFunc(gone, func(a, b annotationID) int {
			return cmp.Or(cmp.Compare(rows[b].modSeq, rows[a].modSeq), cmp.Compare(a.entry, b.entry))
		})
		for _, id := range gone[goneAnnotations:] {
			row := rows[id]
			w.tx.deleteAnnotation(w.draft, id, &row)
		}
	}
	return nil
}
