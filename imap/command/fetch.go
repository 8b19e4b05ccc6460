package command

import (
	"log/slog"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/wire"
)

// Fetch is the FETCH or UID FETCH command (RFC 9051 §6.4.5, RFC 4466 §2.4, RFC
// 7162 §3.1.4, §3.2.6, RFC 9394 §3.3):
//
//	fetch           = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" /
//	                  fetch-att / "(" fetch-att *(SP fetch-att) ")")
//	                  [fetch-modifiers]
//	fetch-modifiers = SP "(" fetch-modifier *(SP fetch-modifier) ")"
//	fetch-modifier  = "CHANGEDSINCE" SP mod-sequence-value / "VANISHED" /
//	                  modifier-partial
type Fetch struct {
	UID   bool
	Set   imap.NumSet
	Items imap.FetchItems // with MODSEQ where CHANGEDSINCE, as RFC 7162 adds it
	// ChangedSince is valid where HasChangedSince; 0 is allowed.
	ChangedSince    uint64
	HasChangedSince bool
	Vanished        bool // only with UID and CHANGEDSINCE
	// Partial is which of the messages are wanted, of UID FETCH only (RFC 9394
	// §3.3).
	Partial imap.PartialRange
}

// Name is FETCH or UID FETCH.
func (c *Fetch) Name() string { return withUID(c.UID, "FETCH", "UID FETCH") }

// LogValue gives the set and the items.
func (c *Fetch) LogValue() slog.Value {
	return slog.GroupValue(logSet(c.Set), slog.String("items", string(c.Items.Append(nil))))
}

// logSet gives a set for a log, cut where it is very long.
func logSet(set imap.NumSet) slog.Attr {
	const most = 64
	r := set.Ranges()
	if len(r) > most {
		return slog.String("set", imap.NumSetOfRanges(r[:most:most]).String()+",…")
	}
	return slog.String("set", set.String())
}

// ParseFetch reads the arguments of FETCH, or of UID FETCH.
func ParseFetch(d *wire.Decoder, uid bool, o Options) (*Fetch, error) {
	c := &Fetch{UID: uid}
	if !d.ExpectSP() {
		return c, d.Err()
	}
	c.Set, _ = d.NumSet(o.setRanges())
	if !d.ExpectSP() {
		return c, d.Err()
	}
	if d.Peek() == '(' {
		d.List(func() bool { return fetchAtt(d, &c.Items, &o) })
		if c.Items.IsZero() {
			d.Expected("a FETCH item")
		}
	} else if !fetchMacro(d, &c.Items, &o) {
		return c, d.Err()
	}
	d.SkipSpaces()
	if d.Peek() == '(' {
		d.List(func() bool { return fetchModifier(d, c) })
		if !c.Partial.IsZero() && !c.UID {
			d.Expected("PARTIAL only in UID FETCH") // RFC 9394 §3.3
		}
		if c.Vanished && !(c.UID && c.HasChangedSince) {
			d.Expected("VANISHED only in UID FETCH with CHANGEDSINCE") // RFC 7162 §3.2.6
		}
	}
	if c.HasChangedSince {
		c.Items.Atts |= imap.FetchModSeq // RFC 7162 §3.1.4.1
	}
	return c, end(d)
}

// fetchModifier reads one modifier. CHANGEDSINCE 0, which the grammar does not
// allow, is taken: iOS Mail 16.5 sends it on an account that just gained
// CONDSTORE.
func fetchModifier(d *wire.Decoder, c *Fetch) (ok bool) {
	b, _ := d.Keyword()
	switch string(b) {
	case "CHANGEDSINCE":
		c.HasChangedSince = true
		if d.ExpectSP() {
			c.ChangedSince, ok = d.ModSeq()
		}
		return ok
	case "VANISHED":
		c.Vanished = true
		return true
	case "PARTIAL":
		return partialRange(d, &c.Partial)
	}
	return d.Expected("CHANGEDSINCE, VANISHED or PARTIAL")
}

// fetchMacro reads a macro, or one item without parentheses.
func fetchMacro(d *wire.Decoder, f *imap.FetchItems, o *Options) bool {
	b, ok := d.Keyword()
	if !ok {
		return false
	}
	switch string(b) {
	case "ALL":
		f.Atts = imap.FetchMacroAll
	case "FAST":
		f.Atts = imap.FetchMacroFast
	case "FULL":
		f.Atts = imap.FetchMacroFull
	default:
		return fetchItem(d, b, f, o)
	}
	return true
}

// FetchItem reads one fetch-att and adds it to the items.
func FetchItem(d *wire.Decoder, f *imap.FetchItems, o Options) bool { return fetchAtt(d, f, &o) }

// fetchAtt reads one fetch-att.
func fetchAtt(d *wire.Decoder, f *imap.FetchItems, o *Options) bool {
	b, ok := d.Keyword()
	return ok && fetchItem(d, b, f, o)
}

// fetchItem reads what follows the name of a fetch-att.
func fetchItem(d *wire.Decoder, name []byte, f *imap.FetchItems, o *Options) bool {
	if o.Older != nil {
		if s, known, ok := o.Older.FetchItem(d, name, or(o.Limits.HeaderFields, 1000)-fieldsOf(f)); known {
			return ok && addSection(d, f, s, o)
		}
	}
	if d.Peek() == '[' {
		return fetchSection(d, name, f, o)
	}
	switch string(name) {
	case "UID":
		f.Atts |= imap.FetchUID
	case "FLAGS":
		f.Atts |= imap.FetchFlags
	case "INTERNALDATE":
		f.Atts |= imap.FetchInternalDate
	case "RFC822.SIZE":
		f.Atts |= imap.FetchSize
	case "ENVELOPE":
		f.Atts |= imap.FetchEnvelope
	case "BODY":
		f.Atts |= imap.FetchBody
	case "BODYSTRUCTURE":
		f.Atts |= imap.FetchBodyStructure
	case "MODSEQ":
		f.Atts |= imap.FetchModSeq
	case "EMAILID":
		f.Atts |= imap.FetchEmailID
	case "THREADID":
		f.Atts |= imap.FetchThreadID
	case "OBJECTID":
		f.Atts |= imap.FetchObjectID
	case "X-GM-MSGID":
		f.Atts |= imap.FetchGmailMsgID
	case "X-GM-THRID":
		f.Atts |= imap.FetchGmailThrID
	case "X-GM-LABELS":
		f.Atts |= imap.FetchGmailLabels
	case "SAVEDATE":
		f.Atts |= imap.FetchSaveDate
	case "PREVIEW":
		return preview(d, f)
	case "ANNOTATION":
		return fetchAnnotation(d, f, o)
	case "RFC822":
		return addSection(d, f, imap.FetchSection{Kind: imap.KindRFC822}, o)
	case "RFC822.HEADER":
		return addSection(d, f, imap.FetchSection{Kind: imap.KindRFC822Header, Peek: true,
			Section: imap.Section{Specifier: imap.SpecHeader}}, o)
	case "RFC822.TEXT":
		return addSection(d, f, imap.FetchSection{Kind: imap.KindRFC822Text,
			Section: imap.Section{Specifier: imap.SpecText}}, o)
	default:
		return d.Expected("a FETCH item")
	}
	return true
}

// preview reads the modifiers of PREVIEW (RFC 8970 §6):
//
//	fetch-att   =/ "PREVIEW" [SP "(" preview-mod *(SP preview-mod) ")"]
//	preview-mod =  "LAZY"
//
// Behind an item without parentheses the modifiers of FETCH itself may follow
// instead, which are left alone.
func preview(d *wire.Decoder, f *imap.FetchItems) bool {
	att := imap.FetchPreview
	if d.Ahead(" (LAZY") {
		d.ExpectSP()
		ok := d.List(func() bool {
			b, ok := d.Keyword()
			return ok && (string(b) == "LAZY" || d.Expected("LAZY"))
		})
		if !ok {
			return false
		}
		att = imap.FetchPreviewLazy
	}
	f.Atts |= att
	return true
}

// addSection adds an item of message content.
func addSection(d *wire.Decoder, f *imap.FetchItems, s imap.FetchSection, o *Options) bool {
	if len(f.Sections) == or(o.Limits.FetchSections, 1000) {
		d.Fail(wire.OverLimit, "too many FETCH items")
		return false
	}
	f.Sections = append(f.Sections, s)
	return true
}
