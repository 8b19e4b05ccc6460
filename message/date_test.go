package message

import (
	"testing"
	"time"
)

var dateTests = []struct {
	in, want string // want is RFC 3339, "" for none
}{
	{"Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T09:55:06-06:00"}, // RFC 5322 §A.1.1
	{"Tue, 1 Jul 2003 10:52:37 +0200", "2003-07-01T10:52:37+02:00"},
	{"Thu,\r\n      13\r\n        Feb\r\n          1969\r\n      23:32\r\n               -0330 (Newfoundland Time)", "1969-02-13T23:32:00-03:30"},
	{"21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06Z"}, // §A.6.2
	{"Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", "1997-11-21T00:00:00-06:00"},
	{"31 Dec 2000 16:01:33 -0800", "2000-12-31T16:01:33-08:00"},
	{"1 Jan 49 00:00 UT", "2049-01-01T00:00:00Z"},
	{"1 Jan 50 00:00 UT", "1950-01-01T00:00:00Z"},
	{"1 Jan 103 00:00 Z", "2003-01-01T00:00:00Z"},
	{"1 Jan 2003 00:00 EST", "2003-01-01T00:00:00-05:00"},
	{"1 Jan 2003 00:00 PDT", "2003-01-01T00:00:00-07:00"},
	{"1 Jan 2003 00:00 XYZ", "2003-01-01T00:00:00Z"},
	{"1 Jan 2003 00:00:00 +9999", "2003-01-01T00:00:00Z"},
	{"1 Jan 2003 00:00:00 GMT+0100", "2003-01-01T00:00:00+01:00"},
	{"1 Jan 2003", "2003-01-01T00:00:00Z"},
	{"1 Jan 2003 25:00:00 +0100", "2003-01-01T00:00:00+01:00"},
	{"1 Jan 2003 23:59:60 +0000", "2003-01-01T23:59:59Z"},
	{"Mon Jan  2 15:04:05 2006", "2006-01-02T15:04:05Z"},
	{"Mon Jan  2 15:04:05 EST 2006", "2006-01-02T15:04:05-05:00"},
	{"2006-01-02T15:04:05Z", "2006-01-02T15:04:05Z"},
	{"2006-01-02T15:04:05.123+01:00", "2006-01-02T15:04:05+01:00"},
	{"2006-01-02 15:04:05 +0100", "2006-01-02T15:04:05+01:00"},
	{"20060102", "2006-01-02T00:00:00Z"},
	{"Monday, 02-Jan-06 15:04:05 GMT", "2006-01-02T15:04:05Z"},
	{"02/01/2006 3:04:05 PM", "2006-01-02T15:04:05Z"},
	{"2 January 2006 12:04 AM", "2006-01-02T00:04:00Z"},
	{"29 Feb 2004 00:00 +0000", "2004-02-29T00:00:00Z"},
	{"29 Feb 2003 00:00 +0000", ""},
	{"", ""},
	{"yesterday", ""},
	{"0 Jan 2003", ""},
	{"1 Foo 2003", ""},
	{"32 Jan 2003", ""},
	{"1 Jan", ""},
	{"1 Jan 0000", ""},
}

func TestParseDate(t *testing.T) {
	for _, c := range dateTests {
		unix, zone, ok := ParseDate([]byte(c.in))
		got := ""
		if ok {
			got = time.Unix(unix, 0).In(time.FixedZone("", zone*60)).Format(time.RFC3339)
		}
		if got != c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
}

func FuzzParseDate(f *testing.F) {
	for _, c := range dateTests {
		f.Add([]byte(c.in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		unix, zone, ok := ParseDate(in)
		if !ok && (unix != 0 || zone != 0) || zone < -15*60 || zone > 15*60 {
			t.Fatalf("%q: %d %d %v", in, unix, zone, ok)
		}
		// What this server would write is read back.
		if ok {
			at := time.Unix(unix, 0).In(time.FixedZone("", zone*60))
			if y := at.Year(); y < 1900 || y > 9998 {
				return
			}
			u, z, ok := ParseDate([]byte(at.Format(time.RFC1123Z)))
			if !ok || u != unix || z != zone {
				t.Fatalf("%q as %s: %d %d %v", in, at, u, z, ok)
			}
		}
	})
}
