package mailstore

import "time"

// Time is a moment with the zone it was written in: what the store keeps of an
// internal date or save date.
type Time struct {
	Unix int64 // seconds since 1970-01-01 00:00 UTC
	Zone int16 // minutes east of UTC
}

// TimeOf gives t to the second, with its zone to the minute.
func TimeOf(t time.Time) Time {
	_, offset := t.Zone()
	return Time{Unix: t.Unix(), Zone: int16(offset / 60)}
}

// Time gives the moment in its zone.
func (t Time) Time() time.Time {
	return time.Unix(t.Unix, 0).In(t.Location())
}

// Location is the time's zone: time.UTC for offset 0.
func (t Time) Location() *time.Location {
	if t.Zone == 0 {
		return time.UTC
	}
	return time.FixedZone("", int(t.Zone)*60)
}

// Day counts the days from 1970-01-01 to the calendar day of the time in its
// own zone, as searches by date want (RFC 9051 §6.4.4).
func (t Time) Day() int64 {
	s := t.Unix + int64(t.Zone)*60
	d := s / 86400
	if s%86400 < 0 {
		d--
	}
	return d
}
