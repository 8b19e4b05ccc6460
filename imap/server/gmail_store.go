package server

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/mailstore"
)

// storeLabels handles STORE and UID STORE of X-GM-LABELS, for messages that are
// found: what it does to mailboxes is mailstore's, and all is answered as for flags.
func (s *session) storeLabels(ctx context.Context, c *command.Store, t *targets, condition *mailstore.Unchanged) (imap.StatusResponse, error) {
	change, err := s.labelChange(ctx, c)
	if err != nil {
		return done, err
	}
	s.clip(t)
	r, err := s.selected.account.StoreLabels(s.metered(ctx), s.selected.id, t.uids(), change, condition)
	if err != nil {
		return done, labelError(err)
	}
	s.warnQuota(s.account)
	o := &ownStore{command: c, targets: t, modSeq: r.ModSeq, modified: r.Modified}
	s.untold(ctx, s.tellLabelled(ctx, o, &r))
	return s.storeAnswer(o), nil
}

// tellLabelled tells what the STORE did, as tellStored does.
func (s *session) tellLabelled(ctx context.Context, o *ownStore, r *mailstore.LabelResult) error {
	if r.Snapshot == nil {
		return nil
	}
	if err := s.tellOthers(ctx, o, r.Snapshot); err != nil {
		return err
	}
	// The members of the view have stayed, so the numbers still hold.
	told := targets{snap: s.selected.view.Shown()}
	told.addUIDs(o.targets.uids().Minus(r.Modified).Minus(r.Gone).Minus(s.selected.view.GhostSet()))
	o.targets = &told // of what the command itself took away nobody need be told
	return s.tellLabels(ctx, o.command, &told)
}

// tellLabels tells what labels messages have after a STORE, and with UNCHANGEDSINCE at
// least their modification sequences (RFC 7162 §3.1.3).
func (s *session) tellLabels(ctx context.Context, c *command.Store, t *targets) error {
	var items imap.FetchItems
	if !c.Silent {
		items.Atts = imap.FetchGmailLabels
	}
	if s.enabled.has(featureCondStore) && (!c.Silent || c.HasUnchangedSince) {
		items.Atts |= imap.FetchModSeq
	}
	if items.Atts == 0 || t.count() == 0 {
		return nil
	}
	if c.UID && s.addsUID() {
		items.Atts |= imap.FetchUID
	}
	f := s.newFetcher(&items)
	defer f.close()
	return f.fetch(ctx, t)
}

// labelError gives the answer to a failed change of labels.
func labelError(err error) error {
	if errors.Is(err, restante.ErrInvalid) && !errors.Is(err, mailstore.ErrSpecialUse) {
		return imap.No(imap.CodeCannot, "A label is no name that a mailbox can have")
	}
	return err
}

// labelChange turns the labels of a STORE into mailboxes and flags, and answers
// whether the user may change them (RFC 4314 §4: as COPY and EXPUNGE would).
func (s *session) labelChange(ctx context.Context, c *command.Store) (mailstore.LabelChange, error) {
	change := mailstore.LabelChange{Op: flagOp(c.Action), FlagLabels: []string{imap.FlagFlagged, keywordImportant}}
	if s.selected.account.ID() != s.account.ID() {
		return change, imap.No(imap.CodeNoPerm, "Labels are for messages of your own")
	}
	l, err := s.labelsOf(ctx, s.account, s.selected.id)
	if err != nil {
		return change, err
	}
	for _, name := range c.Labels {
		if err := s.changeLabel(ctx, &change, l, name); err != nil {
			return change, err
		}
	}
	if len(change.Flags) > 0 && !s.selected.rights.Has(mailstore.RightWrite) {
		return change, errNoPermission()
	}
	if change.Fixed, err = s.fixedMailboxes(ctx); err != nil {
		return change, err
	}
	if i := slices.IndexFunc(s.account.State().Mailboxes(), func(mb *mailstore.Mailbox) bool {
		return slices.Contains(mb.SpecialUse, `\Archive`)
	}); i >= 0 {
		change.Archive.Name = s.account.State().Mailboxes()[i].Name
	} else {
		change.Archive = mailstore.NewMailbox{Name: "Archive", SpecialUse: []string{`\Archive`}}
	}
	return change, nil
}

// changeLabel adds one label to a change. What is put into the trash or the spam is
// nowhere else, as Gmail has it: programs delete by that.
func (s *session) changeLabel(ctx context.Context, change *mailstore.LabelChange, l *labels, name string) error {
	remove := change.Op == mailstore.RemoveFlags
	known, is := l.named(imap.NormalMailboxName(name))
	switch name {
	case imap.LabelStarred:
		change.Flags = append(change.Flags, imap.FlagFlagged)
		return nil
	case imap.LabelImportant:
		if remove || known.mailbox == 0 {
			change.Flags = append(change.Flags, keywordImportant)
		}
		if known.mailbox == 0 {
			return nil
		}
	case imap.LabelTrash, imap.LabelSpam:
		change.Alone = change.Alone || !remove
	}
	if is {
		return s.changeMailbox(ctx, change, known.mailbox)
	}
	if remove {
		return nil // it has not got it
	}
	made, ok := newLabel(name)
	if !ok {
		return imap.No(imap.CodeCannot, "There is no such label of Gmail's own")
	}
	at, err := s.newSite(ctx, made.Name)
	if err != nil {
		return err
	}
	if !s.own(at) {
		return imap.No(imap.CodeCannot, "Labels are mailboxes of your own")
	}
	if err := s.srv.store.Limits().CheckName(made.Name); err != nil {
		return err
	}
	change.Mailboxes = append(change.Mailboxes, mailstore.LabelMailbox{NewMailbox: made, Rights: mailstore.AllRights})
	return nil
}

// changeMailbox adds the label of a mailbox that is there.
func (s *session) changeMailbox(ctx context.Context, change *mailstore.LabelChange, id restante.MailboxID) error {
	mb := s.account.State().Mailbox(id)
	if mb == nil {
		return errNoMailbox()
	}
	r, err := s.rights(ctx, &place{account: s.account, mailbox: mb, owner: s.names.Self()})
	if err != nil {
		return err
	}
	need := mailstore.RightInsert
	switch {
	case change.Op == mailstore.RemoveFlags:
		need = mailstore.RightDeleted | mailstore.RightExpunge
	case id == s.selected.id:
		need = 0
	}
	if !r.Has(need) {
		return errNoPermission()
	}
	change.Mailboxes = append(change.Mailboxes, mailstore.LabelMailbox{NewMailbox: mailstore.NewMailbox{Name: mb.Name}, Rights: r})
	return nil
}

// newLabel gives the mailbox that is made for a label; ok is false for one with a
// backslash that nobody knows.
func newLabel(name string) (mb mailstore.NewMailbox, ok bool) {
	switch name {
	case imap.LabelSent:
		return mailstore.NewMailbox{Name: "Sent", SpecialUse: []string{`\Sent`}}, true
	case imap.LabelDraft:
		return mailstore.NewMailbox{Name: "Drafts", SpecialUse: []string{`\Drafts`}}, true
	case imap.LabelTrash:
		return mailstore.NewMailbox{Name: "Trash", SpecialUse: []string{`\Trash`}}, true
	case imap.LabelSpam:
		return mailstore.NewMailbox{Name: "Junk", SpecialUse: []string{`\Junk`}}, true
	}
	return mailstore.NewMailbox{Name: name}, !strings.HasPrefix(name, `\`)
}

// fixedMailboxes are the user's own mailboxes out of which he may not take messages.
func (s *session) fixedMailboxes(ctx context.Context) (map[restante.MailboxID]bool, error) {
	state := s.account.State()
	if !state.HasACLs() {
		return nil, nil
	}
	fixed := make(map[restante.MailboxID]bool)
	for _, mb := range state.Mailboxes() {
		r, err := s.rights(ctx, &place{account: s.account, mailbox: mb, owner: s.names.Self()})
		if err != nil {
			return nil, err
		}
		if !r.Has(mailstore.RightDeleted | mailstore.RightExpunge) {
			fixed[mb.ID] = true
		}
	}
	return fixed, nil
}
