package load

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/restante/restante/test/imapclient"
)

// line is what the bodies of letters are made of.
const line = "0123456789abcdef\r\n"

// letter makes a message of about size bytes that CheckLetter knows again.
func letter(token string, size int) []byte {
	lines := size / len(line)
	return fmt.Appendf(nil, "From: a@example.com\r\nSubject: %s\r\nMessage-ID: <%s@load.example.com>\r\nX-Token: %s\r\nX-Lines: %d\r\n\r\n%s\r\n",
		token, token, token, lines, strings.Repeat(line, lines))
}

var tokenLine = regexp.MustCompile(`(?m)^X-Token: (\S+)\r\nX-Lines: (\d+)\r$`)

// CheckLetter answers an error unless the message is whole: a letter, byte for
// byte, behind what a delivery puts before it.
func CheckLetter(message []byte) error {
	found := tokenLine.FindSubmatch(message)
	if found == nil {
		return fmt.Errorf("no letter: %.200q", message)
	}
	lines, err := strconv.Atoi(string(found[2]))
	if err != nil {
		return err
	}
	if !bytes.HasSuffix(message, letter(string(found[1]), lines*len(line))) {
		return fmt.Errorf("%s is not as it was sent: %d bytes, %.300q", found[1], len(message), message)
	}
	return nil
}

// CheckContents reads all messages of the mailboxes that workers and deliverers
// write to, and answers one sentence for each that is not as it was sent.
func CheckContents(c *imapclient.Client) ([]string, error) {
	var wrong []string
	for _, mailbox := range mailboxes {
		messages, err := c.Messages(mailbox, "BODY.PEEK[]")
		if err != nil {
			return nil, fmt.Errorf("%s: %w", mailbox, err)
		}
		for _, m := range messages {
			if err := CheckLetter([]byte(m.Item)); err != nil {
				wrong = append(wrong, fmt.Sprintf("UID %d of %s: %v", m.UID, mailbox, err))
			}
		}
	}
	return wrong, nil
}
