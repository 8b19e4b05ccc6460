package server

import (
	"slices"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/mailstore"
)

// writeFlags tells the flags that are in use and those that may be stored (RFC
// 9051 §7.3.5, §7.1 PERMANENTFLAGS): new keywords too, while there is room for
// one.
func (s *session) writeFlags() {
	const system = `\Answered \Flagged \Deleted \Seen \Draft`
	rights := s.selected.rights
	b := append(s.scratch[:0], "* FLAGS ("+system...)
	words := len(b)
	table := s.selected.view.Shown().Flags()
	keywords := table.Keywords()
	for _, k := range keywords {
		b = append(append(b, ' '), k...)
	}
	end := len(b)
	room := table.HasRoom(s.srv.store.Limits().Keywords)
	b = append(b, ")\r\n* OK [PERMANENTFLAGS ("...)
	switch {
	case s.selected.readOnly || rights&mailstore.FlagRights == 0:
		b = append(append(b, ")] "...), s.enc.Text("No flags can be changed here")...)
	case !rights.Has(mailstore.FlagRights):
		b = s.appendSettable(b, rights, keywords, room)
	default:
		b = append(b, system...)
		b = append(b, b[words:end]...)
		if room {
			b = append(b, ` \*`...)
		}
		b = append(append(b, ")] "...), s.enc.Text("Flags that can be changed")...)
	}
	b = append(b, "\r\n"...)
	s.enc.RawBytes(b)
	s.scratch = b[:0]
}

// appendSettable ends the PERMANENTFLAGS of a user who may change some flags only
// (RFC 4314 §5.1.1); room says that there is some for new keywords.
func (s *session) appendSettable(b []byte, rights mailstore.Rights, keywords []string, room bool) []byte {
	flags := slices.Concat(systemFlags(), keywords)
	if room {
		flags = append(flags, imap.FlagWildcard)
	}
	for i, f := range rights.Settable(flags) {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, f...)
	}
	return append(append(b, ")] "...), s.enc.Text("Flags that can be changed")...)
}
