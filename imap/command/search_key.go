package command

import (
	"unicode/utf8"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/wire"
)

// count counts a key and says no at the limit.
func (p *searchParser) count() bool {
	if p.keys++; p.keys > or(p.o.Limits.SearchKeys, 1000) {
		p.d.Fail(wire.OverLimit, "too many search keys")
		return false
	}
	return true
}

// key reads one search-key (RFC 9051 §9, RFC 3501 §9):
//
//	search-key = sequence-set / "(" search-key *(SP search-key) ")" / …
func (p *searchParser) key(k *imap.SearchKey) (ok bool) {
	if !p.count() {
		return false
	}
	switch {
	case p.d.Peek() == '(':
		return p.group(k)
	case p.d.IsNumSet():
		k.Op = imap.SearchSeq
		k.Set, ok = p.d.NumSet(p.o.setRanges())
		return ok
	}
	b, ok := p.d.Keyword()
	return ok && p.named(b, k)
}

// group reads keys in parentheses.
func (p *searchParser) group(k *imap.SearchKey) bool {
	if !p.d.ExpectSpecial('(') || !p.d.Enter() {
		return false
	}
	var first imap.SearchKey
	if !p.key(&first) || !p.rest(k, first) {
		return false
	}
	p.d.Leave()
	return p.d.ExpectSpecial(')')
}

// named reads what follows a key's name: at first the keys that are only a name
// or have keys in them.
func (p *searchParser) named(name []byte, k *imap.SearchKey) bool {
	switch string(name) {
	case "ALL":
		k.Op = imap.SearchAll
	case "ANSWERED":
		flag(k, imap.FlagAnswered)
	case "DELETED":
		flag(k, imap.FlagDeleted)
	case "DRAFT":
		flag(k, imap.FlagDraft)
	case "FLAGGED":
		flag(k, imap.FlagFlagged)
	case "SEEN":
		flag(k, imap.FlagSeen)
	case "UNANSWERED":
		notFlag(k, imap.FlagAnswered)
	case "UNDELETED":
		notFlag(k, imap.FlagDeleted)
	case "UNDRAFT":
		notFlag(k, imap.FlagDraft)
	case "UNFLAGGED":
		notFlag(k, imap.FlagFlagged)
	case "UNSEEN":
		notFlag(k, imap.FlagSeen)
	case "RECENT":
		k.Op = imap.SearchRecent
	case "NEW":
		k.Op = imap.SearchNew
	case "OLD":
		k.Op = imap.SearchOld
	case "SAVEDATESUPPORTED":
		k.Op = imap.SearchSaveDateSupported
	case "NOT":
		return p.operator(k, imap.SearchNot, 1)
	case "OR":
		return p.operator(k, imap.SearchOr, 2)
	case "FUZZY": // RFC 6203 §7
		return p.operator(k, imap.SearchFuzzy, 1)
	case "FILTER":
		return p.filterName(k)
	default:
		return p.withText(name, k)
	}
	return true
}

func flag(k *imap.SearchKey, f string) { k.Op, k.Text = imap.SearchFlag, f }

func notFlag(k *imap.SearchKey, f string) { k.Op, k.Text = imap.SearchNotFlag, f }

// operator reads the n keys that NOT and OR take.
func (p *searchParser) operator(k *imap.SearchKey, op imap.SearchOp, n int) bool {
	if !p.d.Enter() {
		return false
	}
	k.Op, k.Keys = op, make([]imap.SearchKey, n)
	for i := range k.Keys {
		if !p.d.ExpectSP() || !p.key(&k.Keys[i]) {
			return false
		}
	}
	p.d.Leave()
	return true
}

// withText reads the keys that take a text.
func (p *searchParser) withText(name []byte, k *imap.SearchKey) bool {
	switch string(name) {
	case "FROM":
		k.Op = imap.SearchFrom
	case "TO":
		k.Op = imap.SearchTo
	case "CC":
		k.Op = imap.SearchCc
	case "BCC":
		k.Op = imap.SearchBcc
	case "SUBJECT":
		k.Op = imap.SearchSubject
	case "BODY":
		k.Op = imap.SearchBody
	case "TEXT":
		k.Op = imap.SearchText
	case "HEADER":
		k.Op = imap.SearchHeader
		if !p.d.ExpectSP() {
			return false
		}
		b, ok := p.d.AString()
		if !ok {
			return false
		}
		k.Field = string(b)
	case "KEYWORD", "UNKEYWORD":
		k.Op = imap.SearchFlag
		if name[0] == 'U' {
			k.Op = imap.SearchNotFlag
		}
		if !p.d.ExpectSP() {
			return false
		}
		b, ok := p.d.Atom()
		k.Text = string(b)
		return ok
	case "EMAILID", "THREADID":
		return p.objectID(name, k)
	case "ANNOTATION":
		return p.annotation(k)
	case "INTHREAD", "THREADROOT", "THREADLEAF", "MESSAGEID":
		return p.thread(name, k)
	case "X-GM-MSGID", "X-GM-THRID", "X-GM-LABELS", "X-GM-RAW":
		return p.gmail(name, k)
	default:
		return p.withDate(name, k)
	}
	return p.text(k)
}

// text reads SP astring in the program's charset.
func (p *searchParser) text(k *imap.SearchKey) bool {
	if !p.d.ExpectSP() {
		return false
	}
	b, ok := p.d.AString()
	return ok && p.decoded(b, k)
}

// decoded takes a text in the program's charset.
func (p *searchParser) decoded(b []byte, k *imap.SearchKey) bool {
	if p.decode == nil {
		// US-ASCII and no charset are taken for UTF-8: many clients send
		// it without saying so.
		if !utf8.Valid(b) {
			return p.d.Expected("text in UTF-8")
		}
		k.Text = string(b)
		return true
	}
	var err error
	if k.Text, err = p.decode(b); err != nil || !utf8.ValidString(k.Text) {
		return p.d.Expected("text in the charset that was named")
	}
	return true
}

// objectID reads SP objectid (RFC 8474 §7).
func (p *searchParser) objectID(name []byte, k *imap.SearchKey) bool {
	k.Op = imap.SearchEmailID
	if name[0] == 'T' {
		k.Op = imap.SearchThreadID
	}
	if !p.d.ExpectSP() {
		return false
	}
	b, ok := p.d.AString()
	if !ok {
		return false
	}
	for _, c := range b {
		if c-'0' > 9 && c|0x20-'a' > 25 && c != '_' && c != '-' {
			return p.d.Expected("an object identifier")
		}
	}
	k.Text = string(b)
	return (len(b) > 0 && len(b) <= 255) || p.d.Expected("an object identifier")
}

// withDate reads the keys that take a date.
func (p *searchParser) withDate(name []byte, k *imap.SearchKey) (ok bool) {
	switch string(name) {
	case "BEFORE":
		k.Op = imap.SearchBefore
	case "ON":
		k.Op = imap.SearchOn
	case "SINCE":
		k.Op = imap.SearchSince
	case "SENTBEFORE":
		k.Op = imap.SearchSentBefore
	case "SENTON":
		k.Op = imap.SearchSentOn
	case "SENTSINCE":
		k.Op = imap.SearchSentSince
	case "SAVEDBEFORE":
		k.Op = imap.SearchSavedBefore
	case "SAVEDON":
		k.Op = imap.SearchSavedOn
	case "SAVEDSINCE":
		k.Op = imap.SearchSavedSince
	default:
		return p.withNumber(name, k)
	}
	if p.d.ExpectSP() {
		k.Date, ok = p.d.DateBy(p.o.date)
	}
	return ok
}

// withNumber reads the keys that take a number or a set of UIDs.
func (p *searchParser) withNumber(name []byte, k *imap.SearchKey) (ok bool) {
	d := p.d
	switch string(name) {
	case "UID":
		k.Op = imap.SearchUID
		if d.ExpectSP() {
			k.Set, ok = d.NumSet(p.o.setRanges())
		}
	case "UIDAFTER", "UIDBEFORE":
		return d.ExpectSP() && p.uidSide(string(name) == "UIDAFTER", k)
	case "LARGER", "SMALLER":
		k.Op = imap.SearchLarger
		if name[0] == 'S' {
			k.Op = imap.SearchSmaller
		}
		if d.ExpectSP() {
			k.Num, ok = d.Number64()
		}
	case "OLDER", "YOUNGER":
		k.Op = imap.SearchOlder
		if name[0] == 'Y' {
			k.Op = imap.SearchYounger
		}
		if d.ExpectSP() {
			k.Num, ok = d.NZNumber64()
		}
	case "MODSEQ":
		k.Op = imap.SearchModSeq
		return d.ExpectSP() && p.modSeq(k)
	default:
		return d.Expected("a search key")
	}
	return ok
}

// modSeq reads the arguments of MODSEQ (RFC 7162 §3.1.5):
//
//	search-modsequence = "MODSEQ" [SP entry-name SP entry-type-req] SP
//	                     mod-sequence-valzer
func (p *searchParser) modSeq(k *imap.SearchKey) (ok bool) {
	d := p.d
	if d.IsString() {
		b, ok := d.String()
		if !ok {
			return false
		}
		k.Field = string(b)
		if !d.ExpectSP() {
			return false
		}
		b, _ = d.Keyword()
		switch string(b) {
		case "PRIV":
			k.Text = "priv"
		case "SHARED":
			k.Text = "shared"
		case "ALL":
			k.Text = "all"
		default:
			return d.Expected("priv, shared or all")
		}
		if !d.ExpectSP() {
			return false
		}
	}
	k.Num, ok = d.ModSeq()
	return ok
}

// uidSide reads the UID of UIDAFTER or UIDBEFORE (RFC 9738 §3.2), which is turned
// into UID with the range, or NOT ALL where that is empty.
func (p *searchParser) uidSide(after bool, k *imap.SearchKey) bool {
	n, ok := p.d.NZNumber()
	k.Op = imap.SearchUID
	switch {
	case after && n < 1<<32-1:
		k.Set = imap.NumSetRange(n+1, 1<<32-1)
	case !after && n > 1:
		k.Set = imap.NumSetRange(1, n-1)
	default:
		k.Op, k.Keys = imap.SearchNot, []imap.SearchKey{{Op: imap.SearchAll}}
	}
	return ok
}
