package server

import (
	"context"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/mailstore"
)

// labelSearch makes the labels known in a mailbox, if a search asks for any.
func (s *session) labelSearch(ctx context.Context, in *selected, key *imap.SearchKey) (err error) {
	if in != nil && (key.Uses(imap.SearchLabel) || key.Uses(imap.SearchUserLabels)) {
		in.labels, err = s.labelsOf(ctx, in.account, in.id)
	}
	return err
}

// gmailQuery matches by the keys of X-GM-EXT-1; nil for another key.
func (sel *selected) gmailQuery(k *imap.SearchKey) (mailstore.Query, error) {
	switch k.Op {
	case imap.SearchGmailRaw:
		if len(k.Keys) != 1 {
			return nil, imap.Bad("X-GM-RAW takes one text")
		}
		return sel.queryBy(&k.Keys[0], collation{}) // Gmail knows of no comparators
	case imap.SearchGmailMsgID:
		if n, ok := gmailNumber(sel.account.ID(), k.Num); ok {
			return mailstore.Emails{restante.EmailID(n)}, nil
		}
		return mailstore.Or{}, nil
	case imap.SearchGmailThrID:
		if n, ok := gmailNumber(sel.account.ID(), k.Num); ok {
			return mailstore.Thread{restante.ThreadID(n)}, nil
		}
		return mailstore.Or{}, nil
	case imap.SearchLabel:
		return sel.labelQuery(k), nil
	case imap.SearchUserLabels:
		return sel.labelled(func(l label) bool { return !l.system }), nil
	case imap.SearchAttachment:
		return mailstore.Attachment{}, nil
	case imap.SearchFilename:
		return mailstore.Attachment{Name: k.Text}, nil
	case imap.SearchArrivedSince:
		return mailstore.Arrived{Since: int64(k.Num)}, nil
	case imap.SearchArrivedBefore:
		return mailstore.Arrived{Before: int64(k.Num)}, nil
	}
	return nil, nil
}

// labelQuery matches the messages with a label. That of the mailbox itself, which
// FETCH leaves out, all of its messages have.
func (sel *selected) labelQuery(k *imap.SearchKey) mailstore.Query {
	name := k.Text
	is := func(l label) bool { return l.name == name }
	if k.Field == imap.LooseLabel {
		loose := looseLabel(name)
		is = func(l label) bool { return looseLabel(l.name) == loose }
		if system := imap.CanonLabel(`\` + name); labelRank(system) < 7 {
			name = system
			is = func(l label) bool { return l.name == system || looseLabel(l.name) == loose }
		}
	} else if !strings.HasPrefix(name, `\`) {
		name = imap.NormalMailboxName(name)
	}
	q := sel.labelled(is)
	switch name {
	case imap.LabelStarred:
		q = mailstore.Or{mailstore.HasFlag{Flag: imap.FlagFlagged}, q}
	case imap.LabelImportant:
		q = mailstore.Or{mailstore.HasFlag{Flag: keywordImportant}, q}
	}
	return q
}

// labelled matches the messages that are in a mailbox whose label is wanted.
func (sel *selected) labelled(is func(label) bool) mailstore.Query {
	if sel.labels == nil {
		return mailstore.Or{}
	}
	var in mailstore.Labelled
	for i, l := range sel.labels.list {
		switch {
		case !is(l):
		case i == sel.labels.own:
			return mailstore.All{}
		case l.mailbox != 0:
			in = append(in, l.mailbox)
		}
	}
	return in
}

// looseLabel gives a label as people write it in a query: what cannot be a part of a
// word there is a dash.
func looseLabel(name string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if strings.ContainsRune(` /()&"|{}`, r) {
			return '-'
		}
		return r
	}, name))
}
