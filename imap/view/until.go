package view

import (
	"slices"

	"github.com/restante/restante"
	"github.com/restante/restante/mailstore"
)

// Until gives a snapshot without the messages above a UID, for clients that may
// not hear of them yet.
func Until(now *mailstore.Snapshot, last restante.UID) *mailstore.Snapshot {
	if now.Last() <= last {
		return now
	}
	keep := now.Below(last + 1)
	pages := now.Pages()
	i := 0
	for i < len(pages) && now.FirstSeq(i)+pages[i].Len()-1 <= keep {
		i++
	}
	kept := slices.Clone(pages[:i])
	if i < len(pages) && now.FirstSeq(i) <= keep {
		part := make([]mailstore.Message, keep-now.FirstSeq(i)+1)
		for k := range part {
			part[k] = pages[i].Message(k)
		}
		kept = append(kept, mailstore.NewPage(part))
	}
	return mailstore.NewSnapshot(now.Mailbox(), now.Flags(), now.ModSeq(), kept)
}
