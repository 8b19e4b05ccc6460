package command

import (
	"log/slog"

	"github.com/restante/restante/imap"
)

// Select is the SELECT or EXAMINE command (RFC 9051 §6.3.2, §6.3.3, RFC 4466
// §2.4, RFC 7162 §3.1.8, §3.2.5):
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
