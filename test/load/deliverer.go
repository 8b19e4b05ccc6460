package load

import (
	"fmt"

	"github.com/restante/restante/test/lmtpclient"
)

// A Deliverer delivers messages to one account.
type Deliverer struct {
	user, name   string
	next         int
	acknowledged map[string]bool // tokens
}

// NewDeliverer makes a deliverer to an address. Its name marks its messages.
func NewDeliverer(name, user string) *Deliverer {
	return &Deliverer{user: user, name: name, acknowledged: make(map[string]bool)}
}

// Deliver delivers one message over LMTP at addr.
func (d *Deliverer) Deliver(addr string) error {
	d.next++
	token := fmt.Sprintf("%s-%d", d.name, d.next)
	size := 1 << 10
	if d.next%20 == 0 {
		size = 2 << 20 // more than is held in memory
	}
	err := lmtpclient.Deliver(addr, "a@example.com", d.user, letter(token, size))
	if err == nil {
		d.acknowledged[token] = true
	}
	return err
}

// Acknowledged is how many deliveries were.
func (d *Deliverer) Acknowledged() int { return len(d.acknowledged) }

// Verify answers one sentence for each message that is wrong: what was acknowledged
// must be there once, what was tried may.
func (d *Deliverer) Verify(all Stored) []string {
	var wrong []string
	found := make(map[string]int)
	for at, m := range all {
		found[m.token]++
		if d.acknowledged[m.token] && (at.mailbox != "INBOX" || m.flags != "") {
			wrong = append(wrong, fmt.Sprintf("%s is at %v with the flags %q", m.token, at, m.flags))
		}
	}
	for n := range d.next {
		token := fmt.Sprintf("%s-%d", d.name, n+1)
		if times := found[token]; times > 1 || times == 0 && d.acknowledged[token] {
			wrong = append(wrong, fmt.Sprintf("%s is there %d times; its delivery was acknowledged: %v", token, times, d.acknowledged[token]))
		}
	}
	return wrong
}
