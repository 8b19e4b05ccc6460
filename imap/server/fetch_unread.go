package server

import (
	"fmt"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
)

// mostNamed is how many messages an answer names.
const mostNamed = 9

// unreadUIDs are messages that a FETCH has left out though they are there.
type unreadUIDs struct {
	first []restante.UID
	count int
}

func (u *unreadUIDs) add(uid restante.UID) {
	if u.count++; u.count <= mostNamed {
		u.first = append(u.first, uid)
	}
}

// answer is the FETCH's. If some of the messages can be had later the client is told to
// try again, and learns then which cannot.
func (u *unreadUIDs) answer(later bool) error {
	uids, more := strings.Trim(fmt.Sprint(u.first), "[]"), u.count-len(u.first)
	switch {
	case later && more > 0:
		return imap.No(imap.CodeUnavailable, fmt.Sprintf("Message with UID %s and %d more cannot be read for now; all others were sent", uids, more))
	case later:
		return imap.No(imap.CodeUnavailable, fmt.Sprintf("Message with UID %s cannot be read for now; all others were sent", uids))
	case more > 0:
		return imap.No(imap.CodeCorruption, fmt.Sprintf("Message with UID %s and %d more cannot be read; all others were sent", uids, more))
	}
	return imap.No(imap.CodeCorruption, fmt.Sprintf("Message with UID %s cannot be read; all others were sent", uids))
}
