package command

import (
	"strconv"
	"unicode/utf8"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/wire"
)

// label reads one label (Gmail IMAP extensions, "Access to Gmail labels"):
//
//	label = astring / "\" atom
//
// It is a mailbox name as all others are, or, where a backslash begins it, one of
// Gmail's own, which stands without quotes in the examples there.
func label(d *wire.Decoder, o *Options) (string, bool) {
	if d.Peek() == '\\' {
		f, ok := d.Flag()
		return imap.CanonLabel(f), ok
	}
	name, ok := mailboxName(d, o)
	if ok && name == "" {
		return "", d.Expected("a label")
	}
	return imap.CanonLabel(name), ok
}

// labelList reads labels in parentheses, which may hold none, or without them, as
// Python's imaplib sends one.
func labelList(d *wire.Decoder, o *Options) ([]string, bool) {
	labels := []string{}
	item := func() bool {
		if len(labels) == or(o.Limits.Labels, 1000) {
			d.Fail(wire.OverLimit, "too many labels")
			return false
		}
		l, ok := label(d, o)
		labels = append(labels, l)
		return ok
	}
	if d.Peek() == '(' {
		ok := d.List(item)
		return labels, ok
	}
	for item() {
		d.SkipSpaces()
		if d.AtEnd() {
			return labels, true
		}
	}
	return nil, false
}

// gmail reads the arguments of the search keys of X-GM-EXT-1:
//
//	search-key =/ "X-GM-MSGID" SP number64 / "X-GM-THRID" SP number64 /
//	              "X-GM-LABELS" SP label / "X-GM-RAW" SP astring
func (p *searchParser) gmail(name []byte, k *imap.SearchKey) (ok bool) {
	switch string(name) {
	case "X-GM-MSGID":
		k.Op = imap.SearchGmailMsgID
	case "X-GM-THRID":
		k.Op = imap.SearchGmailThrID
	case "X-GM-LABELS":
		k.Op = imap.SearchLabel
		if p.d.ExpectSP() {
			k.Text, ok = label(p.d, p.o)
		}
		return ok
	default:
		k.Op = imap.SearchGmailRaw
		return p.text(k) && p.gmailQuery(k)
	}
	if !p.d.ExpectSP() {
		return false
	}
	b, ok := p.d.Atom()
	if !ok {
		return false
	}
	var err error
	if k.Num, err = strconv.ParseUint(string(b), 10, 64); err != nil {
		return p.d.Expected("a number of 64 bits")
	}
	return true
}

// gmailQuery turns the text of X-GM-RAW into keys, which count as those that a
// client writes itself.
func (p *searchParser) gmailQuery(k *imap.SearchKey) bool {
	if !utf8.ValidString(k.Text) {
		return p.d.Expected("text in UTF-8")
	}
	limits := imap.GmailLimits{Keys: or(p.o.Limits.SearchKeys, 1000) - p.keys, Depth: or(p.o.Limits.GroupDepth, 50)}
	key, err := imap.ParseGmail(k.Text, limits)
	if err != nil {
		p.d.Fail(wire.OverLimit, "too many search keys in X-GM-RAW")
		return false
	}
	p.keys += key.Count()
	k.Keys = []imap.SearchKey{key}
	return true
}
