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

// DateOf gives the date of t in the zone that t carries.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// Days gives the number of days from 1970-01-01 to the date, negative before.
func (d Date) Days() int64 {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Unix() / 86400
}
