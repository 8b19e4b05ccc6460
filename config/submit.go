package config

import (
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/restante/restante/submission"
)

// SubmissionOptions answers how messages are sent, without what knows whose
// addresses are whose. ok is false where nothing is sent. An error is one of
// reading the password.
func (c Config) SubmissionOptions() (o submission.Options, ok bool, err error) {
	m := c.Submit
	o = submission.Options{Relay: m.Relay, TLS: m.TLS, Hostname: m.Hostname, User: m.User, Sent: m.Sent}
	o.Limits = submission.Limits{Recipients: m.Recipients, Size: int64(m.Size), Time: m.Time.Duration}
	if m.Outbox == "" {
		return o, false, nil
	}
	if m.PasswordFile != "" {
		data, err := os.ReadFile(m.PasswordFile)
		if err != nil {
			return o, false, fmt.Errorf("submit.password_file: %w", err)
		}
		o.Password, _, _ = strings.Cut(string(data), "\n")
		o.Password = strings.TrimSuffix(o.Password, "\r")
	}
	return o, true, nil
}

// submit checks what stands in a capability, and what is needed to send.
func (p *problems) submit(m Submit) {
	p.oneOf("submit.tls", m.TLS, "starttls", "tls", "none")
	p.between("submit.recipients", int64(m.Recipients), 1, 1e6)
	p.size("submit.size", m.Size, 0, 1<<32-1)
	p.atLeast("submit.time", m.Time, time.Second)
	if m.Outbox == "" {
		return
	}
	word := !strings.ContainsFunc(m.Outbox, func(r rune) bool {
		return (r|0x20 < 'a' || r|0x20 > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("-_./", r)
	})
	if !word || strings.EqualFold(m.Outbox, "INBOX") {
		p.addf("submit.outbox", "%q is not a mailbox name of letters and digits", m.Outbox)
	}
	if host, port, err := net.SplitHostPort(m.Relay); err != nil || host == "" || port == "" {
		p.addf("submit.relay", "%q is not host:port", m.Relay)
	}
	if (m.User == "") != (m.PasswordFile == "") {
		p.addf("submit.user", "a user and a password file belong together")
	}
}
