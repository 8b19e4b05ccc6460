package command

import (
	"strings"

	"github.com/restante/restante/imap/wire"
)

// Parse reads the arguments of the command that [ParseHeader] named. Of APPEND it
// reads the beginning only. A command that it does not know is an error of the
// kind [wire.Syntax]. With an error there is no command, but for SEARCH and SORT, of
// which there is what came before the fault.
func Parse(d *wire.Decoder, name string, o Options) (Command, error) {
	bare, uid := strings.CutPrefix(name, "UID ")
	if uid {
		return parseUID(d, bare, o)
	}
	switch name {
	case "CAPABILITY", "NOOP", "LOGOUT", "STARTTLS", "NAMESPACE", "CHECK", "CLOSE", "UNSELECT", "EXPUNGE", "IDLE", "UNAUTHENTICATE":
		return result(ParseSimple(d, name))
	case "LOGIN":
		return result(ParseLogin(d))
	case "AUTHENTICATE":
		return result(ParseAuthenticate(d))
	case "ID":
		return result(ParseID(d))
	case "LANGUAGE":
		return result(ParseLanguage(d, o))
	case "COMPARATOR":
		return result(ParseComparator(d, o))
	case "ENABLE":
		return result(ParseEnable(d, o))
	case "SELECT", "EXAMINE":
		return result(ParseSelect(d, name == "EXAMINE", o))
	case "ESEARCH":
		c, err := ParseESearch(d, o)
		return c, err // also with an error, as SEARCH
	case "CANCELUPDATE":
		return result(ParseCancelUpdate(d, o))
	case "CREATE":
		return result(ParseCreate(d, o))
	case "DELETE", "SUBSCRIBE", "UNSUBSCRIBE", "GETQUOTAROOT":
		return result(ParseMailbox(d, name, o))
	case "RENAME":
		return result(ParseRename(d, o))
	case "LIST":
		return result(ParseList(d, o))
	case "XLIST":
		return result(ParseXList(d, o))
	case "LSUB", "RLIST", "RLSUB":
		return result(ParseLSub(d, name, o))
	case "STATUS":
		return result(ParseStatus(d, o))
	case "COMPRESS":
		return result(ParseCompress(d))
	case "GETACL", "MYRIGHTS":
		return result(ParseMailbox(d, name, o))
	case "DELETEACL", "LISTRIGHTS":
		return result(ParseIdentifier(d, name, o))
	case "SETACL":
		return result(ParseSetACL(d, o))
	case "CONVERSIONS":
		return result(ParseConversions(d))
	case "UIDBATCHES":
		return result(ParseUIDBatches(d))
	case "APPEND":
		return result(ParseAppendStart(d, o))
	case "GETQUOTA":
		return result(ParseGetQuota(d))
	case "SETQUOTA":
		return result(ParseSetQuota(d))
	case "GETMETADATA":
		return result(ParseGetMetadata(d, o))
	case "SETMETADATA":
		return result(ParseSetMetadata(d, o))
	case "RESETKEY":
		return result(ParseResetKey(d, o))
	case "GENURLAUTH":
		return result(ParseGenURLAuth(d, o))
	case "URLFETCH":
		return result(ParseURLFetch(d, o))
	case "NOTIFY":
		return result(ParseNotify(d, o))
	}
	return parseMessages(d, name, false, o)
}

// parseUID reads the commands that take unique identifiers.
func parseUID(d *wire.Decoder, name string, o Options) (Command, error) {
	if name == "EXPUNGE" {
		return result(ParseUIDExpunge(d, o))
	}
	return parseMessages(d, name, true, o)
}

// parseMessages reads the commands that have a UID form.
func parseMessages(d *wire.Decoder, name string, uid bool, o Options) (Command, error) {
	switch name {
	case "SEARCH":
		c, err := ParseSearch(d, uid, o)
		return c, err // also with an error: what was read decides on "$"
	case "SORT":
		c, err := ParseSort(d, uid, o)
		return c, err
	case "THREAD":
		return result(ParseThread(d, uid, o))
	case "FETCH":
		return result(ParseFetch(d, uid, o))
	case "REPLACE":
		return result(ParseReplace(d, uid, o))
	case "CONVERT":
		return result(ParseConvert(d, uid, o))
	case "STORE":
		return result(ParseStore(d, uid, o))
	case "COPY", "MOVE":
		return result(ParseCopy(d, uid, name == "MOVE", o))
	}
	return nil, d.Fail(wire.Syntax, "unknown command")
}

// result gives a command as a Command, and nil with an error.
func result[C Command](c C, err error) (Command, error) {
	if err != nil {
		return nil, err
	}
	return c, nil
}
