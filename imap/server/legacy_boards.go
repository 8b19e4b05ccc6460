package server

import (
	"strings"

	"github.com/restante/restante/namespace"
)

// Bulletin boards are the public mailboxes: names of a space of their own (RFC 1176,
// BBOARD) that belong to no user.

// bulletinBoard gives the mailbox of a bulletin board.
func bulletinBoard(name string) string {
	if strings.HasPrefix(name, namespace.Public+namespace.Separator) {
		return name
	}
	return namespace.Public + namespace.Separator + name
}

// boardName gives a mailbox's name as a bulletin board, if it is one.
func boardName(mailbox string) (string, bool) {
	return strings.CutPrefix(mailbox, namespace.Public+namespace.Separator)
}
