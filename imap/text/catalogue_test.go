package text

import "testing"

func TestTranslate(t *testing.T) {
	de, err := New().Find("DE")
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"Logged in":       "Angemeldet",
		"FETCH completed": "FETCH ausgeführt",
		"UID COPY completed for the last 20 messages": "UID COPY für die letzten 20 Nachrichten ausgeführt",
		"expected a space":                            "erwartet: ein Leerzeichen",
		"expected '('":                                "erwartet: '('",
		"too many flags":                              "zu viele: Markierungen",
		"Processed 50% of the items":                  "50% bearbeitet",
		"SELECT: log in first":                        "SELECT: bitte erst anmelden",
		"a text that nobody has translated %":         "a text that nobody has translated %",
		"":                                            "",
	} {
		if got := de.Translate(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	l := Language{}
	if got := l.fill("%[2]s %[1]s 100%", []string{"a", "b"}); got != "b a 100%" {
		t.Error(got)
	}
}

func TestLookup(t *testing.T) {
	c := New()
	preferred, _ := c.Find("fr")
	for _, test := range []struct {
		ranges []string
		want   string
	}{
		{[]string{"DE-de"}, "de"},
		{[]string{"zh-Hant-TW"}, "zh"},
		{[]string{"it", "en-US"}, "en"},
		{[]string{"x-klingon", "i-klingon"}, ""},
		{[]string{"I-Default"}, Default},
		{[]string{"*", "ja"}, "ja"},
		{[]string{"it", "*"}, "fr"},
		{[]string{"default"}, "fr"},
		{[]string{"it", "DEFAULT", "ja"}, "fr"},
	} {
		got := ""
		if l := c.Lookup(test.ranges, preferred); l != nil {
			got = l.Tag()
		}
		if got != test.want {
			t.Errorf("%v: %q, want %q", test.ranges, got, test.want)
		}
	}
	for s, want := range map[string]bool{"de": true, "de-1996": true, "*": true, "": false, "de-": false, "d3": false, "de-*": false, "abcdefghi": false, "d e": false} {
		if ValidRange(s) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
}
