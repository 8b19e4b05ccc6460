package command

import "testing"

func TestThread(t *testing.T) {
	run(t, testOptions(false), []parseTest{
		// RFC 5256 §3
		{"THREAD ORDEREDSUBJECT UTF-8 SINCE 5-MAR-2000", `THREAD ORDEREDSUBJECT "UTF-8" SINCE 5-Mar-2000`},
		{`THREAD ORDEREDSUBJECT US-ASCII TEXT "gewp"`, `THREAD ORDEREDSUBJECT "US-ASCII" TEXT "gewp"`},
		{"UID THREAD references UTF-8 SEEN 1:5", `UID THREAD REFERENCES "UTF-8" (SEEN 1:5)`},
		{"THREAD REFS x-upper SUBJECT abc", `THREAD REFS "x-upper" SUBJECT "ABC"`},
		{"THREAD REFS KOI8-R SUBJECT {3+}\r\nabc", "!charset"},
		{"THREAD", "!syntax"},
		{"THREAD REFS", "!syntax"},
		{"THREAD REFS UTF-8", "!syntax"},
		{"THREAD REFS UTF-8 ", "!syntax"},
		{"THREAD (REFS) UTF-8 ALL", "!syntax"},
		{"THREAD JWZ UTF-8 ALL", "!syntax"},
		{"THREAD RETURN (ALL) REFS UTF-8 ALL", "!syntax"},
	})
}
