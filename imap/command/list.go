package command

import (
	"log/slog"

	"github.com/restante/restante/imap"
)

// List is the LIST command, extended or not (RFC 9051 §6.3.9, RFC 5258, RFC
// 5819, RFC 6154):
//
//	list         = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat
//	               [SP list-return-opts]
//	mbox-or-pat  = list-mailbox / patterns
//	patterns     = "(" list-mailbox *(SP list-mailbox) ")"
type List struct {
	Reference string
	Patterns  []string // at least one
	Options   imap.ListOptions
}

// Name is LIST.
func (List) Name() string { return "LIST" }

// LogValue gives the reference and the patterns.
func (c List) LogValue() slog.Value {
	return slog.GroupValue(slog.String("reference", c.Reference), slog.Any("patterns", c.Patterns))
}

// LSub is the LSUB command (RFC 3501 §6.3.9):
//
//	lsub = "LSUB" SP mailbox SP list-mailbox
type LSub struct {
	Reference string
	Pattern   string
}

// Name is LSUB.
func (LSub) Name() string { return "LSUB" }

// LogValue gives the reference and the pattern.
func (c LSub) LogValue() slog.Value {
	return slog.GroupValue(slog.String("reference", c.Reference), slog.String("pattern", c.Pattern))
}
