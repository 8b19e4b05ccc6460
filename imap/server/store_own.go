package server

import (
	"slices"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/imap/view"
	"github.com/restante/restante/mailstore"
)

// ownStore is the STORE that a session is doing, so that its own changes are
// told from those of others that come to light with them.
type ownStore struct {
	command  *command.Store
	targets  *targets
	modSeq   restante.ModSeq
	op       mailstore.FlagOp
	modified mailstore.UIDSet // failed UNCHANGEDSINCE
	merged   mailstore.UIDSet // passed it, with flags that others have changed
	names    *mailstore.FlagTable
	notes    changedNotes // annotations that others have changed

	// The last pair of flag sets compared, and whether the STORE leads from
	// one to the other.
	from, to mailstore.FlagSetID
	known    bool
	leads    bool
}

// tellsAll says that the command's own answers name all its messages: their
// flags (RFC 9051 §6.4.6), or with UNCHANGEDSINCE at least their modification
// sequences (RFC 7162 §3.1.3).
func (o *ownStore) tellsAll() bool { return !o.command.Silent || o.command.HasUnchangedSince }

// echo is how much of a change the client is told.
type echo uint8

const (
	echoFlags   echo = iota
	echoModSeq       // it knows the flags, since it set them itself
	echoNothing      // another response tells it
)

// echo decides on a change that came to light while o is done; o is nil outside
// STORE. With .SILENT a client assumes its own change, and so must hear of every
// message whose flags are not what it must think they are (RFC 9051 §6.4.6).
func (o *ownStore) echo(c view.Change) echo {
	switch {
	case o == nil || !o.targets.contains(c.Seq):
		return echoFlags
	case o.command.Labels != nil && (c.New.ModSeq != o.modSeq || c.Old != c.New.FlagSet):
		return echoFlags // a label that is a flag, or what others did
	case o.command.Labels != nil && !o.tellsAll():
		return echoModSeq
	case o.tellsAll():
		return echoNothing
	case c.New.ModSeq == o.modSeq && o.leadsTo(c.Old, c.New.FlagSet):
		return echoModSeq
	}
	return echoFlags
}

// leadsTo reports whether the STORE makes flag set to of flag set from.
func (o *ownStore) leadsTo(from, to mailstore.FlagSetID) bool {
	if !o.known || o.from != from || o.to != to {
		o.from, o.to, o.known = from, to, true
		a, b := o.names.Set(from), o.names.Set(to)
		o.leads = a != nil && b != nil && o.result(a, b)
	}
	return o.leads
}

// result reports whether applying the STORE to a gives b, flag by flag.
func (o *ownStore) result(a, b *mailstore.FlagSet) bool {
	want := func(name string) bool {
		named := slices.ContainsFunc(o.command.Flags, func(f string) bool { return strings.EqualFold(f, name) })
		switch o.op {
		case mailstore.AddFlags:
			return named || a.Has(name)
		case mailstore.RemoveFlags:
			return !named && a.Has(name)
		}
		return named
	}
	for _, names := range [][]string{systemFlags(), a.Keywords, b.Keywords, o.command.Flags} {
		for _, name := range names {
			if want(name) != b.Has(name) {
				return false
			}
		}
	}
	return true
}

func systemFlags() []string {
	return []string{imap.FlagAnswered, imap.FlagFlagged, imap.FlagDeleted, imap.FlagSeen, imap.FlagDraft}
}
