package kill_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/restante/restante/test/imapclient"
)

// keeper is one connection that creates, renames and deletes mailboxes of its own.
type keeper struct {
	user   string
	random *rand.Rand
	next   int // number of its next mailbox
	client *imapclient.Client

	names []string // acknowledged
	// What the command that was not answered takes away and gives, or "".
	without, with string
}

// step does one command.
func (k *keeper) step() error {
	k.next++
	fresh := fmt.Sprintf("kept/%d", k.next)
	var command string
	switch n := k.random.IntN(6); {
	case n < 3 || len(k.names) == 0:
		k.without, k.with = "", fresh
		command = "CREATE " + fresh
	case n < 5:
		k.without, k.with = k.names[k.random.IntN(len(k.names))], fresh
		command = fmt.Sprintf("RENAME %s %s", k.without, fresh)
	default:
		k.without, k.with = k.names[k.random.IntN(len(k.names))], ""
		command = "DELETE " + k.without
	}
	if _, err := k.client.Do("%s", command); err != nil {
		return err
	}
	k.names = slices.DeleteFunc(k.names, func(name string) bool { return name == k.without })
	if k.with != "" {
		k.names = append(k.names, k.with)
	}
	k.without, k.with = "", ""
	return nil
}

// verify answers one sentence for each mailbox that is wrong, and takes over what
// is there where both ways were right.
func (k *keeper) verify(c *imapclient.Client) ([]string, error) {
	reply, err := c.Do(`LIST "" kept/%%`)
	if err != nil {
		return nil, err
	}
	var have, wrong []string
	for _, line := range reply.Untagged {
		have = append(have, strings.Trim(line[strings.LastIndexByte(line, ' ')+1:], `"`))
	}
	for _, name := range k.names {
		if !slices.Contains(have, name) && name != k.without {
			wrong = append(wrong, "mailbox "+name+" is lost")
		}
	}
	for _, name := range have {
		if !slices.Contains(k.names, name) && name != k.with {
			wrong = append(wrong, "mailbox "+name+" is there, and should not")
		}
	}
	if k.with != "" && k.without != "" && slices.Contains(have, k.with) == slices.Contains(have, k.without) {
		wrong = append(wrong, fmt.Sprintf("%s was renamed to %s by half", k.without, k.with))
	}
	k.names, k.without, k.with = have, "", ""
	return wrong, nil
}
