package legacy

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"github.com/restante/restante/imap"
)

// The forms of dates in RFC 1730 §9 that were obsolete then:
//
//	date_year_old ::= 2digit ;; (year - 1900)
//	date_time_old ::= date_day_fixed "-" date_month "-" date_year_old
//	                  SPACE time "-" zone_old

// Date reads a date with a year of two digits, as in 1-Oct-87.
func (Items) Date(b []byte) (imap.Date, bool) {
	i := bytes.LastIndexByte(b, '-')
	if i < 0 || len(b)-i != 3 {
		return imap.Date{}, false
	}
	long := append(append(bytes.Clone(b[:i+1]), "19"...), b[i+1:]...)
	return imap.ParseDate(long)
}

// DateTime reads date_time_old. Its year may have four digits, for two cannot tell
// those after 1999, and a space may stand before the zone, as RFC 1176 has it in its
// sample session.
func (Items) DateTime(b []byte) (time.Time, bool) {
	text := string(b)
	at := strings.LastIndexAny(text, "- ")
	if at < 0 {
		return time.Time{}, false
	}
	minutes, ok := zones[strings.ToUpper(text[at+1:])]
	date, clock, cut := strings.Cut(strings.TrimPrefix(text[:at], " "), " ")
	if !ok || !cut {
		return time.Time{}, false
	}
	if i := strings.LastIndexByte(date, '-'); len(date)-i == 3 {
		date = date[:i+1] + "19" + date[i+1:]
	}
	if len(date) == len("1-Jul-1996") {
		date = " " + date
	}
	utc, ok := imap.ParseDateTime([]byte(date + " " + clock + " +0000"))
	if !ok {
		return time.Time{}, false
	}
	zone := time.UTC
	if minutes != 0 {
		zone = time.FixedZone("", minutes*60)
	}
	return utc.Add(-time.Duration(minutes) * time.Minute).In(zone), true
}

// zones are the names of zone_old, with their minutes east of Greenwich.
var zones = map[string]int{
	"UT": 0, "GMT": 0, "Z": 0, "AST": -240, "EDT": -240, "EST": -300, "CDT": -300, "CST": -360, "MDT": -360,
	"MST": -420, "PDT": -420, "PST": -480, "YDT": -480, "YST": -540, "HDT": -540, "HST": -600, "BDT": -600, "BST": -660,
	"A": 60, "B": 120, "C": 180, "D": 240, "E": 300, "F": 360, "G": 420, "H": 480, "I": 540, "K": 600, "L": 660, "M": 720,
	"N": -60, "O": -120, "P": -180, "Q": -240, "R": -300, "S": -360, "T": -420, "U": -480, "V": -540, "W": -600, "X": -660, "Y": -720,
}

// zoneName gives the name of three letters by which a zone is written. Most offsets
// have two: in the half-year with summer time that of its zone is taken.
func zoneName(minutes int, m time.Month) (string, bool) {
	if minutes == 0 {
		return "GMT", true
	}
	if minutes%60 != 0 || minutes > -240 || minutes < -660 {
		return "", false
	}
	winter := [...]string{"AST", "EST", "CST", "MST", "PST", "YST", "HST", "BST"}
	summer := [...]string{"EDT", "CDT", "MDT", "PDT", "YDT", "HDT", "BDT", "BST"}
	at := -minutes/60 - 4
	if m >= time.April && m <= time.October {
		return summer[at], true
	}
	return winter[at], true
}

// appendDateTime writes a date in the form dd-mmm-yy hh:mm:ss-zzz, in quotes (RFC
// 1176, grammar of date). A zone without a name is turned into GMT. Two digits
// stand for years of the twentieth century alone; later ones have four.
func appendDateTime(dst []byte, t time.Time) []byte {
	_, seconds := t.Zone()
	name, ok := zoneName(seconds/60, t.Month())
	if !ok || seconds%60 != 0 {
		t, name = t.UTC(), "GMT"
	}
	year := strconv.Itoa(t.Year())
	if t.Year() >= 1900 && t.Year() < 2000 {
		year = year[2:]
	}
	dst = append(t.AppendFormat(append(dst, '"'), "_2-Jan-"), year...)
	return append(append(t.AppendFormat(dst, " 15:04:05-"), name...), '"')
}
