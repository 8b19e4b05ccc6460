package wire

import (
	"math"
	"time"

	"github.com/restante/restante/imap"
)

// digits reads a decimal number up to most.
func (d *Decoder) digits(most uint64, what string) (uint64, bool) {
	if d.err != nil {
		return 0, false
	}
	var n uint64
	start := d.pos
	for d.pos < d.eol && d.buf[d.pos]-'0' < 10 {
		c := uint64(d.buf[d.pos] - '0')
		if n > (most-c)/10 {
			return 0, d.Expected(what)
		}
		n = n*10 + c
		d.pos++
	}
	return n, d.pos > start || d.Expected(what)
}

// Number reads a number of 32 bits.
func (d *Decoder) Number() (uint32, bool) {
	n, ok := d.digits(math.MaxUint32, "a number below 4294967296")
	return uint32(n), ok
}

// NZNumber reads a number of 32 bits that is not zero.
func (d *Decoder) NZNumber() (uint32, bool) {
	n, ok := d.Number()
	if ok && n == 0 {
		return 0, d.Expected("a number above zero")
	}
	return n, ok
}

// Number64 reads a number of 63 bits (RFC 9051 §9, number64).
func (d *Decoder) Number64() (uint64, bool) {
	return d.digits(math.MaxInt64, "a number of 63 bits")
}

// NZNumber64 reads a number of 63 bits that is not zero.
func (d *Decoder) NZNumber64() (uint64, bool) {
	n, ok := d.Number64()
	if ok && n == 0 {
		return 0, d.Expected("a number above zero")
	}
	return n, ok
}

// ModSeq reads a mod-sequence-valzer (RFC 7162 §7).
func (d *Decoder) ModSeq() (uint64, bool) {
	return d.digits(math.MaxInt64, "a mod-sequence of 63 bits")
}

// isSetChar reports whether c may stand in a sequence set.
func isSetChar(c byte) bool {
	return c-'0' < 10 || c == ':' || c == ',' || c == '*' || c == '$'
}

// NumSet reads a sequence-set of no more than maxRanges items; 0 is no limit.
func (d *Decoder) NumSet(maxRanges int) (imap.NumSet, bool) {
	b := d.take(isSetChar)
	if len(b) == 0 {
		return imap.NumSet{}, d.Expected("a sequence set")
	}
	s, err := imap.ParseNumSet(b, maxRanges)
	switch err {
	case nil:
		return s, true
	case imap.ErrNumSetLimit:
		d.Fail(OverLimit, err.Error())
	default:
		d.Fail(Syntax, err.Error())
	}
	return imap.NumSet{}, false
}

// StaticNumSet is NumSet where neither "*" nor "$" is allowed.
func (d *Decoder) StaticNumSet(maxRanges int) (imap.NumSet, bool) {
	s, ok := d.NumSet(maxRanges)
	if ok && (s.HasStar() || s.IsSaved()) {
		return imap.NumSet{}, d.Expected("a set of numbers without '*' and '$'")
	}
	return s, ok
}

// IsNumSet reports whether a sequence-set begins here.
func (d *Decoder) IsNumSet() bool { return isSetChar(d.peek()) }

// Date reads a date, quoted or not (RFC 9051 §9, date).
func (d *Decoder) Date() (imap.Date, bool) { return d.DateBy(imap.ParseDate) }

// DateBy is Date for another form of dates.
func (d *Decoder) DateBy(parse func([]byte) (imap.Date, bool)) (imap.Date, bool) {
	var b []byte
	if d.peek() == '"' {
		var ok bool
		if b, ok = d.quoted(); !ok {
			return imap.Date{}, false
		}
	} else {
		b = d.take(imap.IsAtomChar)
	}
	date, ok := parse(b)
	return date, ok || d.Expected("a date such as 1-Feb-1994")
}

// DateTime reads a date-time (RFC 9051 §9).
func (d *Decoder) DateTime() (time.Time, bool) { return d.DateTimeBy(imap.ParseDateTime) }

// DateTimeBy is DateTime for another form of it.
func (d *Decoder) DateTimeBy(parse func([]byte) (time.Time, bool)) (time.Time, bool) {
	if d.peek() != '"' {
		return time.Time{}, d.Expected("a date and time in quotes")
	}
	b, ok := d.quoted()
	if !ok {
		return time.Time{}, false
	}
	t, ok := parse(b)
	return t, ok || d.Expected(`a date and time such as "17-Jul-1996 02:44:25 -0700"`)
}

// Flag reads a flag: a keyword, or "\" and an atom. System flags come in their
// usual spelling.
func (d *Decoder) Flag() (string, bool) {
	if d.err != nil {
		return "", false
	}
	start := d.pos
	d.Special('\\')
	if len(d.take(imap.IsAtomChar)) == 0 {
		return "", d.Expected("a flag")
	}
	return imap.CanonFlag(string(d.buf[start:d.pos])), true
}
