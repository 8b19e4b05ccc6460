package server

import (
	"regexp"
	"strings"
)

// form is how a command of the table is written: a slot, @name, takes what the
// extensions of a pair put there, or else what slots gives. What stands in square
// brackets is left out where nothing is put into its slot. "@?name" is a slot
// without which the command is not sent.
type form struct{ name, text string }

// forms has every row of the table, its UID form too, in the order in which a
// session sends them: what takes messages away comes late, what ends a state last.
// An empty text is of commands that the beginning of every session drives.
var forms = []form{
	{"STARTTLS", ""}, {"AUTHENTICATE", ""}, {"LOGIN", ""}, {"SELECT", ""}, {"COMPRESS", ""}, {"UNAUTHENTICATE", ""}, {"LOGOUT", ""},
	{"CAPABILITY", "CAPABILITY"},
	{"NOOP", "NOOP"},
	{"ID", "ID NIL"},
	{"LANGUAGE", "LANGUAGE"},
	{"COMPARATOR", "COMPARATOR"},
	{"ENABLE", "ENABLE X-UNKNOWN"},
	{"NAMESPACE", "NAMESPACE"},
	{"CREATE", "CREATE @made[ (USE (@use))]"},
	{"SUBSCRIBE", "SUBSCRIBE @made"},
	{"SETACL", "SETACL @made bob lrsi"},
	{"GETACL", "GETACL @made"},
	{"LISTRIGHTS", "LISTRIGHTS @made bob"},
	{"MYRIGHTS", "MYRIGHTS @made"},
	{"DELETEACL", "DELETEACL @made bob"},
	{"SETMETADATA", `SETMETADATA @made (@entry "value")`},
	{"GETMETADATA", "GETMETADATA[ (@options)] @made @entry"},
	{"LIST", `LIST[ (@select)] "" @pattern[ RETURN (@return)]`},
	{"XLIST", `XLIST "" *`},
	{"LSUB", `LSUB "" *`},
	{"RLIST", `RLIST "" *`},
	{"RLSUB", `RLSUB "" *`},
	{"STATUS", "STATUS @mailbox (@asked)"},
	{"GETQUOTA", `GETQUOTA ""`},
	{"GETQUOTAROOT", "GETQUOTAROOT @mailbox"},
	{"SETQUOTA", `SETQUOTA "" (STORAGE 1000)`},
	{"UNSUBSCRIBE", "UNSUBSCRIBE @made"},
	{"APPEND", "APPEND @mailbox @message"},
	{"GENURLAUTH", "GENURLAUTH imap://%U/INBOX/;UID=4;URLAUTH=anonymous INTERNAL"},
	{"URLFETCH", "URLFETCH @url"},
	{"RESETKEY", "RESETKEY"},
	{"CHECK", "CHECK"},
	{"IDLE", "IDLE\r\nDONE"},
	{"CONVERSIONS", `CONVERSIONS "text/plain" "text/html"`},
	{"SEARCH", "SEARCH[ RETURN (@return)] @keys"},
	{"ESEARCH", "ESEARCH IN (@in)[ RETURN (@return)] @keys"},
	{"SORT", "SORT[ RETURN (@return)] (@criteria) UTF-8 @keys"},
	{"THREAD", "THREAD @algorithm UTF-8 @keys"},
	{"UIDBATCHES", "UIDBATCHES 500"},
	{"FETCH", "FETCH @set (@items)[ (@modifiers)]"},
	{"CONVERT", `CONVERT @set (NIL ("charset" "utf-8")) BINARY.SIZE[1]`},
	{"STORE", "STORE @set[ (@modifiers)] @change"},
	{"COPY", "COPY @set @target"},
	{"REPLACE", "REPLACE @one @mailbox @message"},
	{"MOVE", "MOVE @one @target"},
	{"CANCELUPDATE", `CANCELUPDATE "@?context"`},
	{"EXPUNGE", "EXPUNGE"},
	{"RENAME", "RENAME @made renamed"},
	{"DELETE", "DELETE renamed"},
	{"NOTIFY", "NOTIFY SET (selected (MessageNew MessageExpunge FlagChange))"},
	{"UNSELECT", "UNSELECT"},
	{"EXAMINE", "EXAMINE @mailbox[ (@open)]"},
	{"CLOSE", "CLOSE"},
}

// slots gives what stands in a slot that no extension fills.
var slots = map[string]string{
	"made": "made", "mailbox": "INBOX", "target": "Sent", "pattern": "%", "items": "FLAGS", "asked": "MESSAGES", "keys": "ALL", "in": "personal",
	"criteria": "REVERSE ARRIVAL", "algorithm": "REFERENCES", "change": `+FLAGS (\Flagged)`, "entry": "/private/comment",
	"message": "{17+}\r\nSubject: x\r\n\r\ny\r\n", "set": "1:*",
	"url": pairedURL,
}

// one names slots that hold one thing: two extensions that fill it differently are
// sent one after the other.
var one = map[string]bool{"url": true, "set": true, "change": true, "entry": true, "algorithm": true, "made": true, "mailbox": true, "message": true, "in": true, "pattern": true, "target": true}

var (
	optionalSlot = regexp.MustCompile(`\[([^\[\]]*)@(\w+)([^\[\]]*)\]`)
	slot         = regexp.MustCompile(`@(\??)(\w+)`)
)

// write gives the command with its slots filled, and whether it can be sent.
func (f form) write(uid bool, filled map[string][]string) (string, bool) {
	sent := true
	name := func(s string) string { return strings.Join(filled[s], " ") }
	text := optionalSlot.ReplaceAllStringFunc(f.text, func(group string) string {
		if m := optionalSlot.FindStringSubmatch(group); name(m[2]) != "" {
			return m[1] + name(m[2]) + m[3]
		}
		return ""
	})
	text = slot.ReplaceAllStringFunc(text, func(s string) string {
		m := slot.FindStringSubmatch(s)
		switch value := name(m[2]); {
		case value != "":
			return value
		case m[1] != "":
			sent = false
			return ""
		case m[2] == "one" && uid:
			return "*"
		case m[2] == "one":
			return "1"
		}
		return slots[m[2]]
	})
	if uid {
		text = "UID " + text
		if f.name == "EXPUNGE" {
			text += " 1:*"
		}
	}
	return text, sent
}
