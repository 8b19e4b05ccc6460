package command

import (
	"time"

	"github.com/restante/restante/imap"
)

// date reads a date, also an older form of it where there are such.
func (o *Options) date(b []byte) (imap.Date, bool) {
	d, ok := imap.ParseDate(b)
	if !ok && o.Older != nil {
		return o.Older.Date(b)
	}
	return d, ok
}

// dateTime is date for a date-time.
func (o *Options) dateTime(b []byte) (time.Time, bool) {
	t, ok := imap.ParseDateTime(b)
	if !ok && o.Older != nil {
		return o.Older.DateTime(b)
	}
	return t, ok
}
