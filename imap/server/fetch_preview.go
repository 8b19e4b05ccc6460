package server

import (
	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/wire"
	"github.com/restante/restante/message"
)

// preview writes PREVIEW (RFC 8970 §3.2): what the summary has of it. A summary
// that was made before there were previews has none; then the message is read,
// unless the client would rather do without (RFC 8970 §4.1).
func (f *fetcher) preview(sum message.Summary, id restante.EmailID) error {
	text, known := sum.Preview()
	f.buf = append(f.buf, "PREVIEW "...)
	if !known {
		if !f.items.Atts.Has(imap.FetchPreview) {
			f.buf = append(f.buf, "NIL "...)
			return nil
		}
		var err error
		if text, err = f.reader.Preview(id); err != nil {
			return err
		}
		f.s.log.Debug("preview made from the message", "mailbox", f.s.selected.id, "content", id)
	}
	f.buf = append(wire.AppendString(f.buf, text, f.s.enc.UTF8()), ' ')
	return nil
}
