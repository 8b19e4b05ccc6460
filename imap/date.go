package imap

import (
	"time"
)

// Date is a calendar date without time and zone, as SEARCH compares them (RFC
// 9051 §9, date).
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

const monthNames = "JanFebMarAprMayJunJulAugSepOctNovDec"

// Append writes the date as in 1-Feb-1994.
func (d Date) Append(dst []byte) []byte {
	if d.Day >= 10 {
		dst = append(dst, byte('0'+d.Day/10%10))
	}
	dst = append(dst, byte('0'+d.Day%10))
	return appendMonthYear(dst, d.Month, d.Year)
}

// appendMonthYear writes -Mon-YYYY. A year that has not four digits is held
// within them, for the grammar knows no others.
func appendMonthYear(dst []byte, m time.Month, y int) []byte {
	i := (int(m) - 1) * 3
	y = min(max(y, 0), 9999)
	return append(dst, '-', monthNames[i], monthNames[i+1], monthNames[i+2], '-',
		byte('0'+y/1000), byte('0'+y/100%10), byte('0'+y/10%10), byte('0'+y%10))
}

// ParseDate reads date-text: 1-Feb-1994, the day with one or two digits (RFC
// 9051 §9). It says no to days that the month does not have.
func ParseDate(b []byte) (Date, bool) {
	if len(b) > 1 && b[1] == '-' {
		return dayMonthYear(b[:1], b[1:])
	}
	if len(b) < 2 {
		return Date{}, false
	}
	return dayMonthYear(b[:2], b[2:])
}

// dayMonthYear reads a day and -Mon-YYYY.
func dayMonthYear(day, rest []byte) (Date, bool) {
	if len(rest) != 9 || rest[0] != '-' || rest[4] != '-' {
		return Date{}, false
	}
	d, ok := decimal(day)
	y, ok2 := decimal(rest[5:])
	m := monthNamed(rest[1:4])
	if !ok || !ok2 || m == 0 || d == 0 || d > daysIn(m, y) {
		return Date{}, false
	}
	return Date{y, m, d}, true
}

// monthNamed gives the month of three letters in any case, 0 for none.
func monthNamed(b []byte) time.Month {
	for i := 0; i < len(monthNames); i += 3 {
		if b[0]|0x20 == monthNames[i]|0x20 && b[1]|0x20 == monthNames[i+1] && b[2]|0x20 == monthNames[i+2] {
			return time.Month(i/3 + 1)
		}
	}
	return 0
}

func daysIn(m time.Month, year int) int {
	return time.Date(year, m+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// decimal reads digits that are all of b.
func decimal(b []byte) (int, bool) {
	n := 0
	for _, c := range b {
		if c-'0' > 9 {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, len(b) > 0
}

// ParseDateTime reads date-time without its quotes: 17-Jul-1996 02:44:25 -0700
// (RFC 9051 §9). A day of one digit may stand without the space before it, as
// some importing scripts send it. The time has the zone that was given.
func ParseDateTime(b []byte) (time.Time, bool) {
	if len(b) > 0 && b[0] == ' ' {
		b = b[1:]
	}
	day := 2
	if len(b) > 1 && b[1] == '-' {
		day = 1
	}
	if len(b) != day+24 {
		return time.Time{}, false
	}
	date, ok := dayMonthYear(b[:day], b[day:day+9])
	b = b[day+9:] // " 02:44:25 -0700"
	if !ok || b[0] != ' ' || b[3] != ':' || b[6] != ':' || b[9] != ' ' || b[10] != '+' && b[10] != '-' {
		return time.Time{}, false
	}
	h, ok1 := decimal(b[1:3])
	m, ok2 := decimal(b[4:6])
	s, ok3 := decimal(b[7:9])
	zh, ok4 := decimal(b[11:13])
	zm, ok5 := decimal(b[13:15])
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || h > 23 || m > 59 || s > 60 || zh > 23 || zm > 59 {
		return time.Time{}, false
	}
	zone := zh*3600 + zm*60
	if b[10] == '-' {
		zone = -zone
	}
	loc := time.UTC
	if zone != 0 {
		loc = time.FixedZone("", zone)
	}
	return time.Date(date.Year, date.Month, date.Day, h, m, s, 0, loc), true
}

// AppendDateTime writes t in its zone as date-time with quotes (RFC 9051 §9).
// The day has two places, the first of which may be a space.
func AppendDateTime(dst []byte, t time.Time) []byte {
	y, mo, d := t.Date()
	h, m, s := t.Clock()
	_, zone := t.Zone()
	tens := byte(' ')
	if d >= 10 {
		tens = byte('0' + d/10)
	}
	dst = append(dst, '"', tens, byte('0'+d%10))
	dst = appendMonthYear(dst, mo, y)
	sign := byte('+')
	if zone < 0 {
		sign, zone = '-', -zone
	}
	zone = min(zone/60, 23*60+59)
	zh, zm := zone/60, zone%60
	return append(dst, ' ', byte('0'+h/10), byte('0'+h%10), ':', byte('0'+m/10), byte('0'+m%10), ':',
		byte('0'+s/10), byte('0'+s%10), ' ', sign,
		byte('0'+zh/10), byte('0'+zh%10), byte('0'+zm/10), byte('0'+zm%10), '"')
}
