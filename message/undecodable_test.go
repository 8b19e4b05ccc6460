package message

import "testing"

func TestUndecodable(t *testing.T) {
	type texts struct{ subject, from, to string }
	for header, want := range map[string]texts{
		"Subject: Re: plain \"quoted\" \\ text\r\nFrom: \"A \\\" B\" <a@x>\r\nTo: b@x\r\n":    {},
		"Subject: =?utf-8?Q?=C3=84?= \xc3\x84\r\nFrom: =?koi8-r?Q?=E1?= <a@x>\r\n":            {},
		"Subject: Re: [x] \xff\r\nTo: \"\xff \\\" b\" <b@x>\r\n":                              {subject: "\xff", to: "\xff \" b"},
		"Subject: Re: =?utf-8?Q?a=FF?=\r\n =?utf-8?Q?b?= c\r\nFrom: =?none?Q?x_y?= <a@x>\r\n": {subject: "a\xffb c", from: "x y"},
		"From: \xff@x\r\nReply-To: r@x, s@x\r\nTo: team: t\xff@x, u@x;\r\n":                   {from: "\xff@x"},
		"": {},
	} {
		s := Summary(Parse([]byte(header + "\r\n")).AppendSummary(nil))
		var got texts
		b, failed := s.UndecodableSubject(nil)
		if got.subject = string(b); failed != (got.subject != "") {
			t.Errorf("%q: subject failed %v", header, failed)
		}
		b, _ = s.UndecodableFromDisplay(nil)
		got.from = string(b)
		b, _ = s.UndecodableToDisplay(nil)
		got.to = string(b)
		if got != want {
			t.Errorf("%q: %q, want %q", header, got, want)
		}
	}
}
