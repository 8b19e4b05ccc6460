package server

import (
	"context"
	"slices"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/wire"
	"github.com/restante/restante/mailstore"
)

// keywordImportant is the flag of RFC 8457 §2, which says of a message what the label
// \Important does.
const keywordImportant = "$Important"

// label is one label that a message may have.
type label struct {
	name    string             // as [imap.CanonLabel] gives it, in UTF-8
	mailbox restante.MailboxID // 0: none, only a flag
	system  bool               // one of Gmail's own, or a special use
}

// labels are the labels of the selected mailbox's messages, in the order in which they
// are told: Gmail's own, then by name. Where the mailbox is another user's they are
// flags alone: which mailboxes he has is his affair.
type labels struct {
	list []label
	// own is the place of the selected mailbox's label, -1 where it has none.
	own int
}

// labelOfUse gives Gmail's label for a special use; empty where it has none.
func labelOfUse(use string) string {
	switch use {
	case `\Sent`:
		return imap.LabelSent
	case `\Drafts`:
		return imap.LabelDraft
	case `\Trash`:
		return imap.LabelTrash
	case `\Junk`:
		return imap.LabelSpam
	case `\Important`:
		return imap.LabelImportant
	}
	return ""
}

// labelRank orders the labels that are Gmail's own.
func labelRank(name string) int {
	for i, l := range [...]string{imap.LabelInbox, imap.LabelSent, imap.LabelDraft, imap.LabelTrash, imap.LabelSpam, imap.LabelImportant, imap.LabelStarred} {
		if l == name {
			return i
		}
	}
	return 7
}

// labelsOf gives the labels of the messages of a mailbox. Mailboxes of which the user
// may not know (RFC 4314 §6) are none.
func (s *session) labelsOf(ctx context.Context, account *mailstore.Account, id restante.MailboxID) (*labels, error) {
	l := &labels{own: -1, list: []label{{name: imap.LabelImportant, system: true}, {name: imap.LabelStarred, system: true}}}
	if account.ID() != s.account.ID() {
		return l, nil
	}
	if err := account.RefreshSince(ctx, s.moment); err != nil {
		return nil, err
	}
	state := account.State()
	for _, mb := range state.Mailboxes() {
		if mb.NoSelect {
			continue
		}
		if state.HasACLs() {
			r, err := s.rights(ctx, &place{account: account, mailbox: mb, owner: s.names.Self()})
			if err != nil {
				return nil, err
			}
			if !r.Has(mailstore.RightLookup) {
				continue
			}
		}
		l.add(mb)
	}
	slices.SortStableFunc(l.list, func(a, b label) int { return labelRank(a.name) - labelRank(b.name) })
	l.own = slices.IndexFunc(l.list, func(x label) bool { return x.mailbox == id })
	return l, nil
}

// add takes a mailbox in, by the first of its special uses that is a label.
func (l *labels) add(mb *mailstore.Mailbox) {
	x := label{name: imap.CanonLabel(mb.Name), mailbox: mb.ID, system: len(mb.SpecialUse) > 0 || mb.Name == imap.Inbox}
	for _, use := range mb.SpecialUse {
		if name := labelOfUse(use); name != "" && mb.Name != imap.Inbox {
			x.name = name
			break
		}
	}
	if x.name == imap.LabelImportant {
		l.list[0].mailbox = mb.ID
		return
	}
	l.list = append(l.list, x)
}

// named gives the label of a name; ok is false where there is none.
func (l *labels) named(name string) (label, bool) {
	i := slices.IndexFunc(l.list, func(x label) bool { return x.name == name })
	if i < 0 {
		return label{}, false
	}
	return l.list[i], true
}

// labelWriter writes the labels of messages.
type labelWriter struct {
	index   *mailstore.Labels
	own     restante.MailboxID
	rank    map[restante.MailboxID]int // place in wire
	wire    [][]byte
	starred int // places of the labels that are flags
	vital   int
	at      []restante.MailboxID
	places  []int
}

// labelWriter makes the writer of the selected mailbox's labels, as this client takes
// their names.
func (s *session) labelWriter(ctx context.Context) (*labelWriter, error) {
	l, err := s.labelsOf(ctx, s.selected.account, s.selected.id)
	if err != nil {
		return nil, err
	}
	w := &labelWriter{own: s.selected.id, rank: make(map[restante.MailboxID]int, len(l.list)), wire: make([][]byte, len(l.list))}
	for i, x := range l.list {
		w.wire[i] = s.appendLabel(nil, x.name)
		switch x.name {
		case imap.LabelStarred:
			w.starred = i
		case imap.LabelImportant:
			w.vital = i
		}
		if x.mailbox != 0 {
			w.rank[x.mailbox] = i
		}
	}
	if len(w.rank) > 0 {
		w.index, err = s.selected.account.Labels(ctx)
	}
	return w, err
}

// append writes the labels of a message, but for that of the mailbox it is in, with
// spaces between them.
func (w *labelWriter) append(dst []byte, id restante.EmailID, flags *mailstore.FlagSet) []byte {
	w.places = w.places[:0]
	if w.index != nil {
		w.at = w.index.Mailboxes(w.at[:0], id)
		for _, mb := range w.at {
			if i, known := w.rank[mb]; known && mb != w.own {
				w.places = append(w.places, i)
			}
		}
	}
	if flags.System&mailstore.Flagged != 0 {
		w.places = append(w.places, w.starred)
	}
	if len(flags.Keywords) > 0 && flags.Has(keywordImportant) {
		w.places = append(w.places, w.vital)
	}
	slices.Sort(w.places)
	for i, place := range w.places {
		if i > 0 {
			if place == w.places[i-1] {
				continue
			}
			dst = append(dst, ' ')
		}
		dst = append(dst, w.wire[place]...)
	}
	return dst
}

// appendLabel writes a label as an astring: a name in modified UTF-7 for who has not
// enabled UTF-8, one of Gmail's own in quotes, since a backslash is no part of an
// atom.
func (s *session) appendLabel(dst []byte, name string) []byte {
	utf8 := s.enabled.utf8()
	if !utf8 {
		name = string(imap.AppendUTF7(nil, name))
	}
	if imap.IsAString(name) && !strings.EqualFold(name, "NIL") {
		return append(dst, name...)
	}
	return wire.AppendString(dst, name, utf8)
}
