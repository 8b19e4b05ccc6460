package message

import "time"

// ParseDate reads a Date field's value (RFC 5322 §3.3, §4.3): seconds since
// 1970 UTC, and the zone in minutes east of UTC. It reads other orders that
// mail holds too: asctime's, ISO 8601, missing seconds or weekday, years of
// two digits. A wrong zone counts as UTC and a wrong time as 00:00:00
// (RFC 5256 §2.2); ok is false where there is no valid date.
func ParseDate(value []byte) (unix int64, zone int, ok bool) {
	var d dateParser
	d.in = value
	for d.next() {
		d.take()
	}
	return d.result()
}

// dateParser sorts the words of a date into what they can be.
type dateParser struct {
	in   []byte
	at   int
	word []byte
	sign byte // '+' or '-' that stands right before the word

	year, month, day   int // 0 while unknown, but the year -1
	hour, minute, sec  int
	zone               int
	hasYear            bool
	hasTime, hasZone   bool
	isPM, isAM, badDay bool
}

func isDateChar(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= lower(c) && lower(c) <= 'z' || c == ':'
}

// next cuts off the next word: a run of letters, or of digits and colons.
func (d *dateParser) next() bool {
	d.sign = 0
	for d.at < len(d.in) {
		c := d.in[d.at]
		if c == '(' {
			l := contentLexer{in: d.in, at: d.at}
			l.skipComment()
			d.at = l.at
			continue
		}
		if isDateChar(c) {
			break
		}
		d.sign = 0
		if c == '+' || c == '-' {
			d.sign = c
		}
		d.at++
	}
	start := d.at
	for d.at < len(d.in) && isDateChar(d.in[d.at]) {
		isDigit := func(c byte) bool { return c <= ':' }
		if d.at > start && isDigit(d.in[d.at]) != isDigit(d.in[d.at-1]) {
			break
		}
		d.at++
	}
	d.word = d.in[start:d.at]
	return d.at > start
}

// take decides what the word is by its form and by what is known already.
func (d *dateParser) take() {
	w := d.word
	if w[0] > ':' {
		d.takeName(w)
		return
	}
	for _, c := range w {
		if c == ':' {
			d.takeTime(w)
			return
		}
	}
	n, ok := number(w)
	if !ok {
		return
	}
	switch {
	case d.hasTime && d.sign != 0 && !d.hasZone && (len(w) == 4 || len(w) == 2 || len(w) == 3):
		d.takeZone(w, n)
	case len(w) >= 4 && !d.hasYear && d.month == 0 && d.day == 0 && len(w) == 8: // 20060102
		d.year, d.month, d.day, d.hasYear = n/10000, n/100%100, n%100, true
	case len(w) == 4 && !d.hasYear:
		d.year, d.hasYear = n, true
	case d.hasYear && d.month == 0 && len(w) <= 2: // 2006-01-02
		d.month = n
	case d.day == 0 && len(w) <= 2:
		d.day = n
		d.badDay = n == 0
	case d.day != 0 && d.month == 0 && len(w) <= 2: // 02/01/2006, as most of the world writes it
		d.month = n
	case !d.hasYear && len(w) <= 3: // RFC 5322 §4.3
		d.year, d.hasYear = n+1900, true
		if len(w) <= 2 && n < 50 {
			d.year = n + 2000
		}
	}
}

func number(w []byte) (int, bool) {
	if len(w) > 8 {
		return 0, false
	}
	n := 0
	for _, c := range w {
		n = n*10 + int(c-'0')
	}
	return n, true
}

// takeTime reads hh:mm or hh:mm:ss, or the minutes of a zone like +01:00.
func (d *dateParser) takeTime(w []byte) {
	var field [3]int
	n, digits := 0, 0
	for _, c := range w {
		if c == ':' {
			n, digits = n+1, 0
			if n == len(field) {
				return
			}
			continue
		}
		if digits++; digits > 2 {
			return
		}
		field[n] = field[n]*10 + int(c-'0')
	}
	if d.hasTime {
		if d.sign != 0 && !d.hasZone && n == 1 {
			d.setZone(field[0], field[1])
		}
		return
	}
	d.hasTime = true
	if field[0] < 24 && field[1] < 60 && field[2] <= 60 { // a leap second is legal
		d.hour, d.minute, d.sec = field[0], field[1], min(field[2], 59)
	}
}

func (d *dateParser) takeZone(w []byte, n int) {
	if len(w) == 2 {
		n *= 100
	}
	d.setZone(n/100, n%100)
}

func (d *dateParser) setZone(hours, minutes int) {
	d.hasZone = true
	if hours > 14 || minutes > 59 {
		return // wrong: UTC
	}
	d.zone = hours*60 + minutes
	if d.sign == '-' {
		d.zone = -d.zone
	}
}

// takeName reads a month, a zone (RFC 5322 §4.3) or AM and PM; weekdays and
// other words say nothing.
func (d *dateParser) takeName(w []byte) {
	if len(w) >= 3 && d.month == 0 {
		const months = "janfebmaraprmayjunjulaugsepoctnovdec"
		for i := range 12 {
			if equalFold(months[3*i:3*i+3], w[:3]) && !equalFold("mart", w) {
				d.month = i + 1
				return
			}
		}
	}
	if !d.hasTime {
		return
	}
	switch {
	case equalFold("pm", w):
		d.isPM = true
	case equalFold("am", w):
		d.isAM = true
	case d.hasZone:
	case len(w) == 1, equalFold("ut", w):
		// RFC 5322 §4.3: military zones other than Z are of no known meaning.
		// After GMT and UTC an offset may follow.
		d.hasZone = true
	case len(w) == 3 && lower(w[2]) == 't':
		hours := -1
		switch lower(w[0]) {
		case 'e':
			hours = 5
		case 'c':
			hours = 6
		case 'm':
			hours = 7
		case 'p':
			hours = 8
		}
		switch lower(w[1]) {
		case 'd':
			hours--
		case 's':
		default:
			return
		}
		if hours > 0 {
			d.zone, d.hasZone = -60*hours, true
		}
	}
}

func (d *dateParser) result() (int64, int, bool) {
	if !d.hasYear || d.month < 1 || d.month > 12 || d.day < 1 || d.badDay || d.year < 1 || d.year > 9999 {
		return 0, 0, false
	}
	if d.day > time.Date(d.year, time.Month(d.month)+1, 0, 0, 0, 0, 0, time.UTC).Day() {
		return 0, 0, false
	}
	if d.isPM && d.hour < 12 {
		d.hour += 12
	} else if d.isAM && d.hour == 12 {
		d.hour = 0
	}
	t := time.Date(d.year, time.Month(d.month), d.day, d.hour, d.minute, d.sec, 0, time.UTC)
	return t.Unix() - int64(d.zone)*60, d.zone, true
}
