package imapclient

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Status answers the numbers of a STATUS response, by upper-case item name.
func (c *Client) Status(mailbox, items string) (map[string]uint64, error) {
	reply, err := c.Do("STATUS %s (%s)", Quote(mailbox), items)
	if err != nil {
		return nil, err
	}
	for _, line := range reply.Untagged {
		open := strings.LastIndexByte(line, '(')
		if !strings.HasPrefix(line, "STATUS ") || open < 0 {
			continue
		}
		values := make(map[string]uint64)
		words := strings.Fields(strings.TrimSuffix(line[open+1:], ")"))
		for pair := range slices.Chunk(words, 2) {
			n, err := strconv.ParseUint(pair[len(pair)-1], 10, 64)
			if err != nil || len(pair) != 2 {
				return nil, fmt.Errorf("STATUS answered %q", line)
			}
			values[strings.ToUpper(pair[0])] = n
		}
		return values, nil
	}
	return nil, fmt.Errorf("STATUS answered nothing but %q", reply.Text)
}

// Message is what [Client.Messages] tells of one.
type Message struct {
	UID   uint32
	Flags []string // sorted, in lower case, without \Recent
	Item  string   // the value of the further item that was asked for, a literal as its bytes
}

// Messages selects a mailbox, read-only, and answers all its messages with one
// further item, such as BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)], in their order.
func (c *Client) Messages(mailbox, item string) ([]Message, error) {
	if _, err := c.Do("EXAMINE %s", Quote(mailbox)); err != nil {
		return nil, err
	}
	reply, err := c.Do("UID FETCH 1:* (FLAGS %s)", item)
	if err != nil {
		return nil, err
	}
	var all []Message
	for _, line := range reply.Untagged {
		_, data, ok := strings.Cut(line, " FETCH (")
		if !ok {
			continue
		}
		m, err := parseMessage(data)
		if err != nil {
			return nil, fmt.Errorf("%w in %q", err, line)
		}
		all = append(all, m)
	}
	return all, nil
}

// parseMessage reads FETCH data of UID, FLAGS and at most one other item, which
// stands last, behind any MODSEQ.
func parseMessage(data string) (Message, error) {
	var m Message
	_, rest, ok := strings.Cut(data, "UID ")
	if _, err := fmt.Sscanf(rest, "%d", &m.UID); err != nil || !ok {
		return m, fmt.Errorf("no UID")
	}
	_, rest, ok = strings.Cut(rest, "FLAGS (")
	flags, rest, closed := strings.Cut(rest, ")")
	if !ok || !closed {
		return m, fmt.Errorf("no FLAGS")
	}
	for _, f := range strings.Fields(strings.ToLower(flags)) {
		if f != `\recent` {
			m.Flags = append(m.Flags, f)
		}
	}
	slices.Sort(m.Flags)
	if _, literal, ok := strings.Cut(rest, "}\n"); ok {
		m.Item = strings.TrimSuffix(literal, ")")
	} else {
		m.Item = strings.TrimSuffix(strings.TrimSpace(rest), ")")
	}
	return m, nil
}
