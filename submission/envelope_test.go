package submission

import (
	"context"
	"strings"
	"testing"

	"github.com/restante/restante"
)

func TestEnvelope(t *testing.T) {
	s := New(Options{Resolve: func(_ context.Context, address string) (restante.AccountID, error) {
		if strings.HasPrefix(address, "me@") {
			return 7, nil
		}
		return 0, restante.ErrNotFound
	}})
	for header, want := range map[string]string{
		"From: me@x\nTo: a@x\n":                              "me@x a@x",
		"From: Me <me@x>\nTo: g: a@x, \"b b\"@x;\nCc: a@x\n": "me@x a@x \"b b\"@x",
		"From: you@x\nSender: me@x\nBcc: a@x\n":              "me@x a@x",
		"From: me@x, you@x\nTo: a@x\n":                       "!The message has no single sender",
		"To: a@x\n":                                          "!The message has no single sender",
		"From: you@x\nTo: a@x\n":                             "!The sender of the message is not an address of yours",
		"From: me@x\nTo: a@x, b\n":                           "!The message has a recipient that is no address",
		"From: me@x\nTo: <a@x>\\, <b@\"\n":                   "!The message has a recipient that is no address",
		"From: me@x\nTo: undisclosed-recipients:;\n":         "!The message has no recipients",
		"From: me@x\nTo: ä@x\n":                              "me@x ä@x utf8",
		"From: me@x\nTo: a@x\nSubject: ä\n":                  "me@x a@x",

		"From: you@x\nTo: b@x\nResent-From: me@x\nResent-To: a@x\nResent-Cc: c@x\n":                                 "me@x a@x c@x",
		"Resent-From: you@x\nResent-Sender: me@x\nResent-Bcc: a@x\nReceived: x\nResent-From: b@x\nResent-To: c@x\n": "me@x a@x",
		"Resent-To: a@x\nResent-From: me@x\nResent-From: you@x\nResent-To: c@x\nFrom: you@x\n":                      "me@x a@x",
		"Resent-To: a@x\nFrom: me@x\nTo: b@x\n":                                                                     "!The message has no single sender",
		"Resent-From: me@x\nFrom: me@x\nTo: b@x\n":                                                                  "!The message has no recipients",
	} {
		e, err := s.envelope(context.Background(), 7, []byte(strings.ReplaceAll(header, "\n", "\r\n")+"\r\n"))
		got := strings.TrimSpace(e.from + " " + strings.Join(e.to, " "))
		if e.utf8Address {
			got += " utf8"
		}
		if err != nil {
			got = "!" + err.Error()
		}
		if got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}
