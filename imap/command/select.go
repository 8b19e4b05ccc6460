package command

import (
	"log/slog"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/wire"
)

// Select is the SELECT or EXAMINE command (RFC 9051 §6.3.2, §6.3.3, RFC 4466
// §2.1, RFC 7162 §3.1.8, §3.2.5):
//
//	select        = "SELECT" SP mailbox [select-params]
//	examine       = "EXAMINE" SP mailbox [select-params]
//	select-params = SP "(" select-param *(SP select-param) ")"
//	select-param  = "CONDSTORE" / "QRESYNC" SP "(" uidvalidity SP
//	                mod-sequence-value [SP known-uids] [SP seq-match-data] ")"
type Select struct {
	ReadOnly  bool // EXAMINE
	Mailbox   string
	CondStore bool
	QResync   *imap.QResync // nil where not given
	ObjectID  *ObjectID     // nil where not given
	Annotate  bool          // RFC 5257 §4.2
}

// Name is SELECT or EXAMINE.
func (c Select) Name() string {
	if c.ReadOnly {
		return "EXAMINE"
	}
	return "SELECT"
}

// LogValue gives the mailbox and the parameters.
func (c Select) LogValue() slog.Value {
	return slog.GroupValue(slog.String("mailbox", c.Mailbox), slog.Bool("condstore", c.CondStore),
		slog.Bool("qresync", c.QResync != nil))
}

// ParseSelect reads the arguments of SELECT, or of EXAMINE.
func ParseSelect(d *wire.Decoder, readOnly bool, o Options) (Select, error) {
	c := Select{ReadOnly: readOnly}
	c.Mailbox, _ = mailbox(d, &o)
	d.SkipSpaces()
	if d.AtEnd() || d.Err() != nil {
		return c, d.Err()
	}
	d.List(func() bool {
		b, ok := d.Keyword()
		if !ok {
			return false
		}
		switch string(b) {
		case "CONDSTORE":
			c.CondStore = true
			return true
		case "ANNOTATE":
			c.Annotate = true
			return true
		case "QRESYNC":
			c.QResync = new(imap.QResync)
			return d.ExpectSP() && parseQResync(d, c.QResync, &o)
		case "OBJECTID":
			c.ObjectID = new(ObjectID)
			return parseObjectID(d, c.ObjectID)
		}
		return d.Expected("CONDSTORE, QRESYNC, OBJECTID or ANNOTATE")
	})
	return c, end(d)
}

// parseQResync reads the value of QRESYNC (RFC 7162 §7).
func parseQResync(d *wire.Decoder, q *imap.QResync, o *Options) bool {
	ok := d.ExpectSpecial('(') && d.Enter()
	if !ok {
		return false
	}
	q.UIDValidity, ok = d.NZNumber()
	if !ok || !d.ExpectSP() {
		return false
	}
	if q.ModSeq, ok = d.ModSeq(); !ok {
		return false
	}
	sp := d.SP()
	if sp && d.IsNumSet() {
		if q.KnownUIDs, ok = d.StaticNumSet(o.setRanges()); !ok {
			return false
		}
		sp = d.SP()
	}
	if sp && !parseMatch(d, q, o) {
		return false
	}
	d.Leave()
	return d.ExpectSpecial(')')
}

// parseMatch reads seq-match-data.
func parseMatch(d *wire.Decoder, q *imap.QResync, o *Options) (ok bool) {
	if !d.ExpectSpecial('(') {
		return false
	}
	if q.MatchSeqs, ok = d.StaticNumSet(o.setRanges()); !ok || !d.ExpectSP() {
		return false
	}
	if q.MatchUIDs, ok = d.StaticNumSet(o.setRanges()); !ok {
		return false
	}
	if q.MatchSeqs.Count() != q.MatchUIDs.Count() {
		return d.Expected("as many message numbers as UIDs")
	}
	return d.ExpectSpecial(')')
}
