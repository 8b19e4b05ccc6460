package mailstore

import (
	"slices"
	"sort"

	"github.com/restante/restante"
)

// Snapshot is a mailbox at one moment: immutable, and shared by all who look
// at it. Sequence numbers count from 1.
type Snapshot struct {
	mailbox *Mailbox
	flags   *FlagTable
	modSeq  restante.ModSeq
	pages   []*Page
	firsts  []uint32 // sequence number of each page's first message
}

// NewSnapshot makes a snapshot of pages in rising order of UIDs. modSeq is the
// account's version at that moment. The slice must not be changed afterwards.
func NewSnapshot(mb *Mailbox, flags *FlagTable, modSeq restante.ModSeq, pages []*Page) *Snapshot {
	return &Snapshot{mailbox: mb, flags: flags, modSeq: modSeq, pages: pages, firsts: pageFirsts(pages)}
}

// pageFirsts computes the sequence number of each page's first message.
func pageFirsts(pages []*Page) []uint32 {
	firsts := make([]uint32, len(pages))
	next := uint32(1)
	for i, p := range pages {
		firsts[i] = next
		next += uint32(p.n)
	}
	return firsts
}

// at gives the same mailbox seen at a later moment, at which others had changed.
func (s *Snapshot) at(modSeq restante.ModSeq, flags *FlagTable) *Snapshot {
	if s.modSeq == modSeq {
		return s
	}
	t := *s
	t.modSeq, t.flags = modSeq, flags
	return &t
}

// Mailbox is the mailbox as it was at that moment.
func (s *Snapshot) Mailbox() *Mailbox { return s.mailbox }

// Flags explains the flag sets of the messages.
func (s *Snapshot) Flags() *FlagTable { return s.flags }

// ModSeq is the account's version at that moment, never below the mailbox's
// HighestModSeq.
func (s *Snapshot) ModSeq() restante.ModSeq { return s.modSeq }

// Len is the number of messages.
func (s *Snapshot) Len() int {
	if n := len(s.pages); n > 0 {
		return int(s.firsts[n-1]) - 1 + s.pages[n-1].n
	}
	return 0
}

// Pages are the mailbox's pages in rising order of UIDs; not to be changed.
func (s *Snapshot) Pages() []*Page { return s.pages }

// FirstSeq is the sequence number of the first message of page i.
func (s *Snapshot) FirstSeq(i int) int { return int(s.firsts[i]) }

// PageOf finds the page that holds a sequence number, and the message's index
// in it. The number must be from 1 to Len.
func (s *Snapshot) PageOf(seq int) (page, index int) {
	page = sort.Search(len(s.firsts), func(i int) bool { return int(s.firsts[i]) > seq }) - 1
	return page, seq - int(s.firsts[page])
}

// At gives the message with a sequence number, which must be from 1 to Len.
func (s *Snapshot) At(seq int) Message {
	page, i := s.PageOf(seq)
	return s.pages[page].Message(i)
}

// UIDAt gives the UID of a sequence number, which must be from 1 to Len.
func (s *Snapshot) UIDAt(seq int) restante.UID {
	page, i := s.PageOf(seq)
	return s.pages[page].UID(i)
}

// SeqOf gives the sequence number of a UID, ok false if no message has it.
func (s *Snapshot) SeqOf(uid restante.UID) (seq int, ok bool) {
	i := s.pageFor(uid)
	if i == len(s.pages) || uid < s.pages[i].first {
		return 0, false
	}
	j := s.pages[i].below(uid)
	return int(s.firsts[i]) + j, s.pages[i].UID(j) == uid
}

// Below is the number of messages with a lower UID.
func (s *Snapshot) Below(uid restante.UID) int {
	i := s.pageFor(uid)
	if i == len(s.pages) {
		return s.Len()
	}
	return int(s.firsts[i]) - 1 + s.pages[i].below(uid)
}

// pageFor is the index of the first page whose last UID is not below uid.
func (s *Snapshot) pageFor(uid restante.UID) int { return pageFor(s.pages, uid) }

func pageFor(pages []*Page, uid restante.UID) int {
	return sort.Search(len(pages), func(i int) bool { return pages[i].last >= uid })
}

// FirstUnseen is the lowest sequence number of a message without \Seen, 0 if
// there is none.
func (s *Snapshot) FirstUnseen() int {
	for i, p := range s.pages {
		if p.unseen == 0 {
			continue
		}
		j := slices.IndexFunc(p.FlagSets(), func(id FlagSetID) bool { return s.flags.system(id)&Seen == 0 })
		if j >= 0 {
			return int(s.firsts[i]) + j
		}
	}
	return 0
}

// Last is the highest UID, 0 for an empty mailbox.
func (s *Snapshot) Last() restante.UID {
	if n := len(s.pages); n > 0 {
		return s.pages[n-1].last
	}
	return 0
}
