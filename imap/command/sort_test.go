package command

import (
	"strings"
	"testing"
)

func TestSort(t *testing.T) {
	run(t, testOptions(false), []parseTest{
		// RFC 5256 §3
		{"SORT (SUBJECT) UTF-8 SINCE 1-Feb-1994", `SORT [{5 false  false}] false/0000 "UTF-8" SINCE 1-Feb-1994`},
		{"SORT (SUBJECT REVERSE DATE) UTF-8 ALL", `SORT [{5 false  false} {2 true  false}] false/0000 "UTF-8" ALL`},
		{`uid sort (arrival cc date from size subject to) "us-ascii" TEXT "x y" 1:5`,
			`UID SORT [{0 false  false} {1 false  false} {2 false  false} {3 false  false} {4 false  false} {5 false  false} {6 false  false}] false/0000 "us-ascii" (TEXT "x y" 1:5)`},
		// RFC 5267 §3.3, RFC 5957 §5
		{"UID SORT RETURN () (REVERSE DATE) UTF-8 UNDELETED UNKEYWORD $Junk",
			`UID SORT [{2 true  false}] true/0100 "UTF-8" (UNDELETED UNKEYWORD $Junk)`},
		{"SORT RETURN (MIN SAVE) (DISPLAYFROM REVERSE DISPLAYTO MODSEQ UID) UTF-8 ALL",
			`SORT [{7 false  false} {8 true  false} {9 false  false} {10 false  false}] true/10001 "UTF-8" ALL`},
		{"SORT (DATE) x-upper SUBJECT abc", `SORT [{2 false  false}] false/0000 "x-upper" SUBJECT "ABC"`},
		{"SORT (DATE) KOI8-R SUBJECT {3+}\r\nabc", "!charset"},
		{"SORT", "!syntax"},
		{"SORT () UTF-8 ALL", "!syntax"},
		{"SORT (DATE) ALL", "!charset"}, // ALL stands where the charset must
		{"SORT (DATE) UTF-8", "!syntax"},
		{"SORT (DATE REVERSE) UTF-8 ALL", "!syntax"},
		{"SORT (REVERSE REVERSE DATE) UTF-8 ALL", "!syntax"},
		{"SORT (DATE,SIZE) UTF-8 ALL", "!syntax"},
		{"SORT (RELEVANCE) UTF-8 ALL", "!syntax"},
		{"SORT DATE UTF-8 ALL", "!syntax"},
		{"SORT RETURN (DATE) UTF-8 ALL", "!syntax"},
		{"SORT (" + strings.Repeat("DATE ", 32) + "UID) UTF-8 ALL", "!limit"},
	})
}
