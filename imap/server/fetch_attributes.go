package server

import (
	"strconv"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/view"
	"github.com/restante/restante/mailstore"
)

// flagNames writes FLAGS items. The text of a flag set was rendered once for
// the account; neighbouring messages mostly have the same set, so the last one
// is kept at hand.
type flagNames struct {
	table *mailstore.FlagTable
	// recent knows the messages that are \Recent, nil for a client of IMAP4rev2,
	// which has no such flag.
	recent *view.View
	id     mailstore.FlagSetID
	set    *mailstore.FlagSet
}

// newFlagNames gives a writer of the flags as this client is to see them.
func (s *session) newFlagNames() flagNames {
	n := flagNames{table: s.selected.view.Shown().Flags()}
	if !s.enabled.has(featureRev2) {
		n.recent = s.selected.view
	}
	return n
}

// of gives a flag set.
func (n *flagNames) of(id mailstore.FlagSetID) *mailstore.FlagSet {
	if n.set == nil || n.id != id {
		n.id, n.set = id, n.table.Set(id)
		if n.set == nil {
			n.set = &mailstore.FlagSet{}
		}
	}
	return n.set
}

// append writes "FLAGS (…) ".
func (n *flagNames) append(dst []byte, id mailstore.FlagSetID, uid restante.UID) []byte {
	dst = append(dst, "FLAGS ("...)
	wire := n.of(id).Wire
	dst = append(dst, wire...)
	if n.recent != nil && n.recent.Recent(uid) {
		if len(wire) > 0 {
			dst = append(dst, ' ')
		}
		dst = append(dst, imap.FlagRecent...)
	}
	return append(dst, ") "...)
}

// appendModSeq writes "MODSEQ (n) " (RFC 7162 §3.1.4.2).
func appendModSeq(dst []byte, n restante.ModSeq) []byte {
	dst = append(dst, "MODSEQ ("...)
	dst = strconv.AppendUint(dst, uint64(n), 10)
	return append(dst, ") "...)
}

// attributes writes the items that a mailbox's page answers, each with a space
// behind it. UID stands first, for Outlook takes it nowhere else.
func (f *fetcher) attributes(dst []byte, p *mailstore.Page, i int) []byte {
	atts := f.items.Atts
	if atts.Has(imap.FetchUID) {
		dst = append(dst, "UID "...)
		dst = strconv.AppendUint(dst, uint64(p.UID(i)), 10)
		dst = append(dst, ' ')
	}
	if atts.Has(imap.FetchFlags) {
		dst = f.flags.append(dst, p.FlagSet(i), p.UID(i))
	}
	if atts.Has(imap.FetchModSeq) {
		dst = appendModSeq(dst, p.ModSeq(i))
	}
	if atts.Has(imap.FetchInternalDate) {
		dst = append(dst, "INTERNALDATE "...)
		dst = append(appendTime(dst, p.InternalDates()[i], p.InternalZones()[i]), ' ')
	}
	if atts.Has(imap.FetchSize) {
		dst = append(dst, "RFC822.SIZE "...)
		dst = strconv.AppendUint(dst, uint64(p.Size(i)), 10)
		dst = append(dst, ' ')
	}
	if atts&(imap.FetchEmailID|imap.FetchThreadID|imap.FetchSaveDate) != 0 {
		dst = f.identities(dst, p, i)
	}
	if atts.Has(imap.FetchObjectID) {
		dst = f.appendObject(dst, p, i)
	}
	if atts&(imap.FetchGmailMsgID|imap.FetchGmailThrID|imap.FetchGmailLabels) != 0 {
		dst = f.gmailItems(dst, p, i)
	}
	return dst
}

// identities writes EMAILID and THREADID (RFC 8474 §5) and SAVEDATE (RFC 8514
// §4.2).
func (f *fetcher) identities(dst []byte, p *mailstore.Page, i int) []byte {
	atts := f.items.Atts
	if atts.Has(imap.FetchEmailID) {
		dst = append(dst, "EMAILID ("...)
		dst = append(dst, restante.ObjectID('M', f.s.selected.account.ID(), uint64(p.EmailID(i)))...)
		dst = append(dst, ") "...)
	}
	if atts.Has(imap.FetchThreadID) {
		dst = append(dst, "THREADID ("...)
		dst = append(dst, restante.ObjectID('T', f.s.selected.account.ID(), uint64(p.ThreadID(i)))...)
		dst = append(dst, ") "...)
	}
	if atts.Has(imap.FetchSaveDate) {
		dst = append(dst, "SAVEDATE "...)
		dst = append(appendTime(dst, p.SaveDates()[i], p.SaveZones()[i]), ' ')
	}
	return dst
}

// appendTime writes a date-time of Unix seconds and minutes east of UTC, as
// imap.AppendDateTime does, without making a time.Location for each zone.
func appendTime(dst []byte, unix int64, zone int16) []byte {
	local := time.Unix(unix+int64(zone)*60, 0).UTC()
	dst = imap.AppendDateTime(dst, local)
	sign, m := byte('+'), int(zone)
	if m < 0 {
		sign, m = '-', -m
	}
	if m == 0 || m >= 24*60 {
		return dst
	}
	h, m := m/60, m%60
	return append(dst[:len(dst)-len(`+0000"`)], sign, byte('0'+h/10), byte('0'+h%10), byte('0'+m/10), byte('0'+m%10), '"')
}
