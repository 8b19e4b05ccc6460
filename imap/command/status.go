package command

import (
	"log/slog"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/wire"
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

// ParseStatus reads the arguments of STATUS.
func ParseStatus(d *wire.Decoder, o Options) (Status, error) {
	var c Status
	c.Mailbox, _ = mailbox(d, &o)
	c.Items, _ = statusItems(d)
	return c, end(d)
}

// statusItems reads SP "(" status-att *(SP status-att) ")".
func statusItems(d *wire.Decoder) (items imap.StatusItems, ok bool) {
	if !d.ExpectSP() {
		return 0, false
	}
	ok = d.List(func() bool {
		b, _ := d.Keyword()
		item := imap.StatusItemNamed(b)
		items |= item
		return item != 0 || d.Expected("a STATUS item")
	})
	if ok && items == 0 {
		return 0, d.Expected("a STATUS item")
	}
	return items, ok
}
