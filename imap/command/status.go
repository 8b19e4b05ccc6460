package command

import (
	"log/slog"

	"github.com/restante/restante/imap"
)

// Status is the STATUS command (RFC 9051 §6.3.11):
//
//	status = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")"
type Status struct {
	Mailbox string
	Items   imap.StatusItems
}

// Name is STATUS.
func (Status) Name() string { return "STATUS" }

// LogValue gives the mailbox and the items.
func (c Status) LogValue() slog.Value {
	return slog.GroupValue(slog.String("mailbox", c.Mailbox), slog.String("items", string(c.Items.Append(nil))))
}
