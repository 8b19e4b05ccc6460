package load

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/restante/restante/test/imapclient"
)

// A Keeper is one connection that creates, renames and deletes mailboxes of its own.
type Keeper struct {
	folder string
	random *rand.Rand
	next   int // number of its next mailbox
	client *imapclient.Client

	names []string // acknowledged
	// What the command that was not answered takes away and gives, or "".
	without, with string
}

// NewKeeper makes a keeper without a connection, of mailboxes below folder. Its
// choices come from random.
func NewKeeper(folder string, random *rand.Rand) *Keeper {
	return &Keeper{folder: folder, random: random}
}

// Use has the keeper go on over a connection that has logged in.
func (k *Keeper) Use(c *imapclient.Client) { k.client = c }

// Step does one command.
func (k *Keeper) Step() error {
	k.next++
	fresh := fmt.Sprintf("%s/%d", k.folder, k.next)
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

// Verify answers one sentence for each mailbox that is wrong. What the last command
// has done is open if it was not acknowledged, now and later.
func (k *Keeper) Verify(c *imapclient.Client) ([]string, error) {
	have, err := k.list(c)
	if err != nil {
		return nil, err
	}
	var wrong []string
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
	return wrong, nil
}

// Adopt takes what the server has for what it acknowledged. Nothing may be under way
// any more.
func (k *Keeper) Adopt(c *imapclient.Client) error {
	have, err := k.list(c)
	if err == nil {
		k.names, k.without, k.with = have, "", ""
	}
	return err
}

// list reads the keeper's mailboxes.
func (k *Keeper) list(c *imapclient.Client) ([]string, error) {
	reply, err := c.Do(`LIST "" %s/%%`, k.folder)
	if err != nil {
		return nil, err
	}
	var have []string
	for _, line := range reply.Untagged {
		have = append(have, strings.Trim(line[strings.LastIndexByte(line, ' ')+1:], `"`))
	}
	return have, nil
}
