package command

import "testing"

func TestGmail(t *testing.T) {
	run(t, Options{Limits: Limits{Labels: 3, SearchKeys: 6}}, []parseTest{
		{"FETCH 1:4 (x-gm-labels X-GM-MSGID X-GM-THRID)", "FETCH 1:4 (X-GM-MSGID X-GM-THRID X-GM-LABELS)"},
		{"FETCH 1 (X-GM-LABELS[])", "!syntax"},
		{"STORE 1 +X-GM-LABELS (foo bar baz qux)", "!limit"},
		{"STORE 1 X-GM-LABELS", "!syntax"},
		{"STORE 1 X-GM-LABELS (a", "!syntax"},
		{"STORE 1 X-GM-LABELS (\"\")", "!syntax"},
		{"STORE 1 X-GM-LABELS (\\)", "!syntax"},
		{"SEARCH X-GM-LABELS foo", `SEARCH false/0000 "" X-GM-LABELS "foo"`},
		{"SEARCH X-GM-LABELS \\drafts", `SEARCH false/0000 "" X-GM-LABELS "\\Draft"`},
		{"SEARCH X-GM-LABELS inbox", `SEARCH false/0000 "" X-GM-LABELS "\\Inbox"`},
		{"SEARCH X-GM-LABELS \"caf&AOk-\"", `SEARCH false/0000 "" X-GM-LABELS "café"`},
		{"SEARCH X-GM-MSGID 18446744073709551615", `SEARCH false/0000 "" X-GM-MSGID 18446744073709551615`},
		{"SEARCH X-GM-MSGID 18446744073709551616", "!syntax"},
		{"SEARCH X-GM-THRID x", "!syntax"},
		{"UID SEARCH X-GM-RAW \"a b c\" SEEN", `UID SEARCH false/0000 "" (X-GM-RAW "a b c" SEEN)`},
		{"SEARCH X-GM-RAW \"a b c d e f\"", "!limit"},
		{"SEARCH X-GM-RAW", "!syntax"},
	})
}

func TestStoreLabels(t *testing.T) {
	c, _, err := parse(`a UID STORE 1:2 (UNCHANGEDSINCE 5) -X-GM-LABELS.SILENT (\inbox "Muy Importante" \Flagged)`+"\r\n", Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := c.(*Store)
	if !s.UID || !s.Silent || s.UnchangedSince != 5 || len(s.Labels) != 3 || s.Labels[0] != `\Inbox` || s.Labels[1] != "Muy Importante" || s.Labels[2] != `\Starred` || s.Flags != nil {
		t.Errorf("%+v", s)
	}
	c, _, err = parse("a STORE 1 X-GM-LABELS ()\r\n", Options{})
	if s := c.(*Store); err != nil || s.Labels == nil || len(s.Labels) != 0 {
		t.Errorf("%+v %v", s, err)
	}
}
