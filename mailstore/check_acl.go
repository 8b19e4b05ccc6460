package mailstore

import (
	"fmt"

	"github.com/restante/restante"
)

// checkACLs looks at the access control lists. One that cannot be read, or that is
// of no mailbox, is removed: that takes rights from others and from the owner none.
func (c *checker) checkACLs() error {
	start, end := kindRange(kindACL)
	return c.scan(start, end, func(key, value []byte) error {
		n, rest, ok := keyNumber(key)
		list, readable := parseACL(value)
		cb := c.boxes[restante.MailboxID(n)]
		why := ""
		switch {
		case !ok || len(rest) > 0:
			why = fmt.Sprintf("an access control list has the key %x", key)
		case !readable:
			why = fmt.Sprintf("the access control list of mailbox %d cannot be read", n)
		case cb == nil && c.damaged:
			return nil // its row may be the one that cannot be read
		case cb == nil:
			why = fmt.Sprintf("there is an access control list of mailbox %d, which is not there", n)
		default:
			if err := formOfACL(list); err != nil {
				why = fmt.Sprintf("the access control list of mailbox %d is not one: %v", n, err)
			}
		}
		if why != "" {
			c.foundf(FindACL, true, "%s; it is removed", why)
			c.delete(key, len(value))
		}
		return nil
	})
}
