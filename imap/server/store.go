package server

import (
	"context"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/mailstore"
)

// store handles STORE and UID STORE (RFC 9051 §6.4.6, RFC 7162 §3.1.3). The
// parser has left \Recent out: clients write back the flags they have read.
func (s *session) store(ctx context.Context, c *command.Store) (imap.StatusResponse, error) {
	var condition *mailstore.Unchanged
	if c.HasUnchangedSince {
		s.enableCondStore()
		// What the client knows, before lookAhead tells it more.
		condition = &mailstore.Unchanged{Since: restante.ModSeq(c.UnchangedSince), Known: s.selected.view.Shown()}
	}
	if c.UID {
		if err := s.lookAhead(ctx, c.Set); err != nil {
			return done, err
		}
	}
	t, err := s.targets(c.Set, c.UID)
	if err != nil || t.count() == 0 {
		return done, err
	}
	if c.Labels != nil {
		return s.storeLabels(ctx, c, &t, condition)
	}
	if c.Annotations != nil {
		return s.annotate(ctx, c, &t, condition)
	}
	op, rights := flagOp(c.Action), s.selected.rights
	if rights&mailstore.FlagRights == 0 || len(c.Flags) > 0 && len(rights.Settable(c.Flags)) == 0 {
		return done, errNoPermission()
	}
	s.clip(&t)
	r, err := s.selected.account.Since(s.moment).StorePermitted(ctx, s.selected.id, t.uids(), op, c.Flags, rights, condition)
	if err != nil {
		return done, err
	}
	o := &ownStore{command: c, targets: &t, modSeq: r.ModSeq, op: op, modified: r.Modified, merged: r.Merged}
	s.untold(ctx, s.tellStored(ctx, o, &r))
	return s.storeAnswer(o), nil
}

// flagOp gives the store's word for a STORE action.
func flagOp(a imap.StoreAction) mailstore.FlagOp {
	switch a {
	case imap.StoreAdd:
		return mailstore.AddFlags
	case imap.StoreRemove:
		return mailstore.RemoveFlags
	}
	return mailstore.ReplaceFlags
}

// tellOthers brings the client up to date with what a STORE has left behind, but for
// expunges and what the command itself did.
func (s *session) tellOthers(ctx context.Context, o *ownStore, now *mailstore.Snapshot) error {
	o.names = now.Flags()
	s.selected.own = o
	defer func() { s.selected.own = nil }()
	u, notes, err := s.step(ctx, now, false)
	if err != nil {
		return err
	}
	return s.tell(&u, notes, o.command.UID)
}

// tellStored tells what the STORE did, and with it what others did meanwhile,
// but for expunges. If the mailbox cannot be read now that is told another time.
func (s *session) tellStored(ctx context.Context, o *ownStore, r *mailstore.StoreResult) error {
	if r.Snapshot == nil {
		return nil
	}
	if err := s.tellOthers(ctx, o, r.Snapshot); err != nil || !o.tellsAll() {
		return err
	}
	// The members of the view have stayed, so the numbers still hold.
	o.targets.snap = s.selected.view.Shown()
	w := s.newFlagWriter(o.command.UID)
	w.notes = o.notes
	defer w.close()
	return w.fetchFlags(o.targets, 0, func(seq int, m mailstore.MessageFlags) bool {
		switch {
		case s.selected.view.Gone(m.UID):
		case o.command.Silent && !o.modified.Contains(m.UID) && !o.merged.Contains(m.UID):
			w.modSeqOnly(seq, m)
		default:
			w.flags(seq, m)
		}
		return false
	})
}

// storeAnswer gives the tagged response: which messages were left unchanged
// because they had changed before (RFC 7162 §3.1.3), and for a STORE that
// should have told flags, that some messages are gone (RFC 2180 §4.2).
func (s *session) storeAnswer(o *ownStore) imap.StatusResponse {
	gone := !o.command.UID && !o.command.Silent && s.anyGone(o.targets)
	a := ok("", o.command.Name()+" completed")
	if len(o.modified) > 0 {
		failed := numSet(o.modified)
		if !o.command.UID {
			failed = seqSet(s.selected.view.Shown(), o.modified)
		}
		a = ok(imap.CodeModified(failed), "Some of the messages had changed and were left as they are")
	}
	if gone {
		a.Type = imap.StatusNo
		if a.Code == "" {
			a.Code, a.Text = imap.CodeExpungeIssued, "Some of the messages are gone"
		}
	}
	return a
}
