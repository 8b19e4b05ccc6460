package server

import (
	"encoding/base64"
	"testing"

	"github.com/xdg-go/scram"
)

// TestSCRAM runs a mechanism whose server has the last word: it is sent as a
// challenge, which the client answers with an empty line (RFC 4422 §3.6, RFC
// 9051 §6.2.2).
func TestSCRAM(t *testing.T) {
	h := newHost(t, hostOptions{})
	for _, initial := range []bool{false, true} {
		sc, err := scram.SHA256.NewClient("alice", "secret", "")
		if err != nil {
			t.Fatal(err)
		}
		conv := sc.NewConversation()
		step := func(challenge string) string {
			raw, err := base64.StdEncoding.DecodeString(challenge)
			if err != nil {
				t.Fatal(err)
			}
			r, err := conv.Step(string(raw))
			if err != nil {
				t.Fatal(err)
			}
			return base64.StdEncoding.EncodeToString([]byte(r))
		}
		c := h.client(t)
		if initial {
			c.send("a1 AUTHENTICATE SCRAM-SHA-256 " + step("") + "\r\n")
		} else {
			c.send("a1 AUTHENTICATE SCRAM-SHA-256\r\n")
			c.expect("+ ")
			c.send(step("") + "\r\n")
		}
		c.send(step(c.expect("+ ")[2:]) + "\r\n")
		step(c.expect("+ ")[2:])
		if !conv.Valid() {
			t.Fatal("the server has not shown that it knows the password")
		}
		c.send("\r\n")
		c.expect("a1 OK [CAPABILITY ")
		c.do("a2 SELECT INBOX")
	}
}
