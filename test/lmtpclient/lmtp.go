// Package lmtpclient delivers messages in tests of the real program.
package lmtpclient

import (
	"bytes"
	"fmt"
	"net"
	"net/textproto"
	"time"
)

// Deliver hands one message, whose lines end in CRLF, to one recipient at addr,
// host:port (RFC 2033). A refusal is a [*textproto.Error] with the reply's code.
func Deliver(addr, sender, recipient string, message []byte) error {
	conn, err := net.DialTimeout("tcp", addr, 10*time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Minute))
	c := textproto.NewConn(conn)
	if _, _, err := c.ReadResponse(220); err != nil {
		return err
	}
	for _, step := range []struct {
		line string
		code int
	}{
		{"LHLO localhost", 250},
		{fmt.Sprintf("MAIL FROM:<%s>", sender), 250},
		{fmt.Sprintf("RCPT TO:<%s>", recipient), 250},
		{"DATA", 354},
	} {
		if err := c.PrintfLine("%s", step.line); err != nil {
			return err
		}
		if _, _, err := c.ReadResponse(step.code); err != nil {
			return fmt.Errorf("%s: %w", step.line, err)
		}
	}
	w := c.DotWriter()
	if _, err := w.Write(bytes.ReplaceAll(message, []byte("\r\n"), []byte("\n"))); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if _, _, err := c.ReadResponse(250); err != nil {
		return err
	}
	return c.PrintfLine("QUIT")
}
