package command

import "github.com/restante/restante/imap/wire"

// ObjectID is the OBJECTID parameter of SELECT and EXAMINE
// (draft-ietf-mailmaint-imap-objectid-bis):
//
//	"OBJECTID" [SP "(" key SP objectid *(SP key SP objectid) ")"]
//
// Keys that are not known are passed over.
type ObjectID struct {
	Mailbox, Account string // empty where not given
}

// parseObjectID reads what follows the parameter's name.
func parseObjectID(d *wire.Decoder, id *ObjectID) bool {
	if d.Peek() != ' ' {
		return true
	}
	d.SkipSpaces()
	if d.Peek() != '(' {
		return d.Expected("object identifiers")
	}
	return d.List(func() bool {
		b, ok := d.Keyword()
		if !ok {
			return false
		}
		key := string(b)
		if !d.ExpectSP() {
			return false
		}
		if b, ok = d.Atom(); !ok {
			return false
		}
		if len(b) > 255 {
			return d.Expected("an object identifier")
		}
		switch key {
		case "MAILBOXID":
			id.Mailbox = string(b)
		case "ACCOUNTID":
			id.Account = string(b)
		}
		return true
	})
}
