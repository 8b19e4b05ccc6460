package lmtp

import (
	"fmt"
	"net/mail"
	"time"
)

// trace is what final delivery puts before a message: Return-Path (RFC 5321
// §4.4), Delivered-To, and a Received line.
func (s *session) trace(r recipient) string {
	with := "LMTP"
	if s.utf8 {
		with = "UTF8LMTP" // RFC 6531 §4.3
	}
	from := ""
	if a := s.conn.Remote(); a.IsValid() {
		from = " ([" + a.String() + "])"
	}
	to := path(r.address)
	return fmt.Sprintf("Return-Path: %s\r\nDelivered-To: %s\r\nReceived: from %s%s\r\n\tby %s with %s id %d\r\n\tfor %s; %s\r\n",
		path(s.from), to[1:len(to)-1], s.smtp.Hostname(), from, s.server.o.Hostname, with, s.conn.ID(), to,
		s.server.o.Now().Format(time.RFC1123Z))
}

// path writes an address as a Path (RFC 5321 §4.1.2). The library has taken the quotes from its local
// part, which gets them back where it needs them, without control characters.
func path(address string) string {
	if address == "" {
		return "<>"
	}
	return (&mail.Address{Address: address}).String()
}
