package server

import (
	"context"
	"errors"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/imap/view"
	"github.com/restante/restante/mailstore"
)

// annotate handles STORE and UID STORE of annotations (RFC 5257 §4.5). Nothing is
// told but what CONDSTORE asks for, and what others did meanwhile.
func (s *session) annotate(ctx context.Context, c *command.Store, t *targets, condition *mailstore.Unchanged) (imap.StatusResponse, error) {
	list := annotations(c.Annotations)
	if !s.selected.rights.Has(mailstore.AnnotationRights(list)) {
		return done, errNoPermission()
	}
	s.clip(t)
	r, err := s.selected.account.Annotate(ctx, s.selected.id, t.uids(), list, condition)
	if err != nil {
		return done, annotationError(err)
	}
	s.warnQuota(s.selected.account)
	// To add no flags is what it is as far as flags go.
	o := &ownStore{command: c, targets: t, modSeq: r.ModSeq, op: mailstore.AddFlags, modified: r.Modified}
	s.untold(ctx, s.tellStored(ctx, o, &r))
	return s.storeAnswer(o), nil
}

// annotations gives the store's form of what is to be set.
func annotations(list []imap.AnnotationValue) []mailstore.Annotation {
	if len(list) == 0 {
		return nil
	}
	out := make([]mailstore.Annotation, len(list))
	for i, v := range list {
		out[i] = mailstore.Annotation{Entry: v.Entry, Private: v.Private, Value: v.Value}
	}
	return out
}

// annotationError gives the answers to annotations that cannot be set (RFC 5257 §4.5,
// §3.2, §3.2.1).
func annotationError(err error) error {
	switch {
	case errors.Is(err, mailstore.ErrAnnotationValue):
		return imap.No(imap.CodeAnnotateTooBig, "Value is too large")
	case errors.Is(err, mailstore.ErrAnnotationCount):
		return imap.No(imap.CodeAnnotateTooMany, "Too many annotations of one message")
	case errors.Is(err, mailstore.ErrNoPart):
		return errNoPart()
	}
	return err
}

func errNoPart() error { return imap.Bad("There is no such part") }

// describeAnnotations tells what annotations the selected mailbox may have (RFC 5257
// §4.1).
func (s *session) describeAnnotations() {
	if s.selected.readOnly {
		s.untaggedOK(imap.CodeAnnotationsReadOnly, "Annotations cannot be changed here")
		return
	}
	s.untaggedOK(imap.CodeAnnotations(s.srv.store.Limits().AnnotationValue), "Octets that an annotation may have")
}

// tellsAnnotations reports whether the client wants to hear of annotations that
// others change (RFC 5257 §4.4, RFC 5465 §5.1).
func (s *session) tellsAnnotations() bool {
	if s.interest == nil {
		return s.selected.annotate
	}
	return s.interest.tells(imap.NotifyAnnotationChange)
}

// changedNotes are the names of annotations that others have changed, by message.
type changedNotes map[restante.UID][]string

// changedAnnotations gives what others have changed since the client was last told, up
// to the snapshot now, of the messages of an update.
func (s *session) changedAnnotations(ctx context.Context, u *view.Update, now *mailstore.Snapshot) (notes changedNotes, err error) {
	sel := s.selected
	since, mb := sel.noted, now.Mailbox()
	defer func() {
		if err == nil {
			sel.noted = now.ModSeq()
		}
	}()
	if !s.tellsAnnotations() || mb.AnnotationModSeq <= since {
		return nil, nil
	}
	var uids mailstore.UIDSet
	for c := range u.Changed {
		uids = uids.Add(c.New.UID)
	}
	var own restante.ModSeq
	if sel.own != nil {
		own = sel.own.modSeq
	}
	return sel.account.ChangedAnnotations(ctx, mb, uids, mailstore.AnnotationSpan{Since: since, Without: own})
}

// appendEntries writes "ANNOTATION (…) " with the names of entries alone (RFC 5257
// §4.4).
func appendEntries(dst []byte, names []string, utf8 bool) []byte {
	dst = append(dst, "ANNOTATION ("...)
	for _, name := range names {
		dst = append(appendEntry(dst, name, utf8), ' ')
	}
	dst[len(dst)-1] = ')'
	return append(dst, ' ')
}
