package mailstore

import (
	"slices"
	"strings"

	"github.com/restante/restante"
)

// NameChange is what became of a mailbox name.
type NameChange struct {
	Name    string
	Mailbox *Mailbox // that has the name now; nil if there is none
	// OldName is what the mailbox was called, if it was renamed: with all below
	// it, of which nothing more is said.
	OldName string
	// Lost says that there was a mailbox of the name and there is none now, or
	// only a level of the hierarchy.
	Lost bool
}

// NameChanges tells how the names of one outline came of those of an earlier one.
// Somebody who keeps a list of names and follows the changes in their order ends
// with the names of o: at a rename by moving the mailbox and all below it, else by
// taking the name in or out.
func (o *Outline) NameChanges(since *Outline) []NameChange {
	if sameMailboxes(since, o) {
		return nil
	}
	d := nameDifference{old: since, now: o}
	d.collect()
	if len(d.renamed) > 0 {
		d.names = make(map[string]restante.MailboxID, len(since.mailboxes))
		for _, was := range since.mailboxes {
			d.names[was.Name] = was.ID
		}
	}
	d.tellLost()
	if d.names != nil {
		d.tellRenamed()
		d.correct()
		return d.changes
	}
	for _, mb := range d.made {
		d.tell(NameChange{Name: mb.Name, Mailbox: mb})
	}
	return d.changes
}

// sameMailboxes reports whether two outlines have the same mailboxes by the same
// names.
func sameMailboxes(a, b *Outline) bool {
	return len(a.mailboxes) == len(b.mailboxes) && slices.EqualFunc(a.mailboxes, b.mailboxes, func(a, b *Mailbox) bool {
		return a == b || a.ID == b.ID && a.Name == b.Name && a.NoSelect == b.NoSelect
	})
}

// nameDifference is the comparison of two outlines' names.
type nameDifference struct {
	old, now *Outline
	lost     []*Mailbox // of old
	made     []*Mailbox // of now
	renamed  []*Mailbox // of now, but those that went with one above them
	changes  []NameChange
	// names are those that somebody has who followed the changes so far; nil where
	// nothing was renamed, so that nobody asks.
	names map[string]restante.MailboxID
}

// collect sorts out what has become of each mailbox.
func (d *nameDifference) collect() {
	for _, was := range d.old.mailboxes {
		if is := d.now.Mailbox(was.ID); is == nil || is.NoSelect && !was.NoSelect {
			d.lost = append(d.lost, was)
		}
	}
	for _, is := range d.now.mailboxes {
		switch was := d.old.Mailbox(is.ID); {
		case was == nil && is.FromInbox:
			d.renamed = append(d.renamed, is)
		case was == nil, was.NoSelect && !is.NoSelect:
			d.made = append(d.made, is)
		case was.Name != is.Name && !d.moved(was, is):
			d.renamed = append(d.renamed, is)
		}
	}
}

// moved reports whether a mailbox got its new name because one above it did.
func (d *nameDifference) moved(was, is *Mailbox) bool {
	name := was.Name
	for i := strings.LastIndexByte(name, separator[0]); i > 0; i = strings.LastIndexByte(name[:i], separator[0]) {
		above := d.old.Named(name[:i])
		if above == nil {
			continue
		}
		now := d.now.Mailbox(above.ID)
		if now != nil && now.Name != above.Name && is.Name == now.Name+name[i:] {
			return true
		}
	}
	return false
}

// tellLost tells of the names that are mailboxes no more.
func (d *nameDifference) tellLost() {
	for _, was := range d.lost {
		if is := d.now.Named(was.Name); is == nil || is.NoSelect {
			d.tell(NameChange{Name: was.Name, Mailbox: is, Lost: true})
		} else if d.names != nil {
			// Before another is told to have got the name, which may have been
			// above this one.
			d.tell(NameChange{Name: was.Name, Lost: true})
		}
	}
}

// tellRenamed tells of the renames. One whose new name another mailbox has, as far
// as has been told, waits for that one to be told; what waits in a circle is left
// to correct.
func (d *nameDifference) tellRenamed() {
	var told []NameChange
	known := func(name string) string { // what an old name has become by what was told
		for _, c := range told {
			if rest, ok := strings.CutPrefix(name, c.OldName); ok && (rest == "" || rest[0] == separator[0]) {
				name = c.Name + rest
			}
		}
		return name
	}
	const most = 100 // that are told as renames; known is called with each
	waiting := d.renamed
	for progress := true; progress && len(waiting) > 0; {
		progress = false
		waiting = slices.DeleteFunc(waiting, func(is *Mailbox) bool {
			if _, taken := d.names[is.Name]; taken || len(told) == most {
				return false
			}
			c := NameChange{Name: is.Name, Mailbox: is, OldName: inbox}
			if was := d.old.Mailbox(is.ID); was != nil {
				c.OldName = known(was.Name)
				told = append(told, c)
			}
			progress = true
			d.tell(c)
			return true
		})
	}
}

// correct adds what is needed so that whoever follows the changes ends with the
// names of now: what was made, and what became of several renames at once that
// no row of renames can tell.
func (d *nameDifference) correct() {
	var lost []string
	for name := range d.names {
		if d.now.Named(name) == nil {
			lost = append(lost, name)
		}
	}
	slices.Sort(lost)
	for _, name := range lost {
		d.tell(NameChange{Name: name, Lost: true})
	}
	for _, is := range d.now.mailboxes {
		if d.names[is.Name] != is.ID {
			d.tell(NameChange{Name: is.Name, Mailbox: is})
		}
	}
}

// tell adds a change and takes it into the list of names.
func (d *nameDifference) tell(c NameChange) {
	d.changes = append(d.changes, c)
	if d.names != nil {
		follow(d.names, c)
	}
}

// follow takes a change into a list of names.
func follow(names map[string]restante.MailboxID, c NameChange) {
	switch {
	case c.Mailbox == nil:
		delete(names, c.Name)
	case c.OldName == "" || c.OldName == inbox:
		names[c.Name] = c.Mailbox.ID
	default:
		moved := make(map[string]restante.MailboxID)
		// All names are gone through: renames are rare.
		for name, id := range names {
			if below, ok := strings.CutPrefix(name, c.OldName); ok && (below == "" || below[0] == separator[0]) {
				moved[c.Name+below] = id
				delete(names, name)
			}
		}
		for name, id := range moved {
			names[name] = id
		}
	}
}
