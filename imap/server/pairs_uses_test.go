package server

// use is how a client uses an extension.
type use struct {
	login    string   // instead of LOGIN
	on       []string // sent before SELECT
	open     string   // parameter of SELECT
	selected []string // sent after SELECT
	// everywhere says that it changes how all commands are answered.
	everywhere bool
	limited    bool // on the server with a limit of messages
	fills      []fill
	always     func(*paired) // what it changes of what the client may believe
}

// fill is what an extension adds to a command, and what its answer must then hold.
type fill struct{ command, slot, text, want string }

// fills makes one of each command.
func fills(slot, text, want string, commands ...string) []fill {
	var all []fill
	for _, c := range commands {
		all = append(all, fill{c, slot, text, want})
	}
	return all
}

// both joins fills.
func both(all ...[]fill) (joined []fill) {
	for _, f := range all {
		joined = append(joined, f...)
	}
	return joined
}

// plainly is the use of extensions that consist of commands alone.
func plainly(commands ...string) use {
	return use{fills: fills("", "", "", commands...)}
}

const (
	pairedText = "Subject: x\r\n\r\ny\r\n"
	pairedTwo  = "{17+}\r\n" + pairedText + " {17+}\r\n" + pairedText
	pairedCat  = "CATENATE (TEXT {17+}\r\n" + pairedText + " URL /INBOX/;UID=4)"
	pairedURL  = "imap://%U/INBOX/;UID=4;URLAUTH=anonymous:internal:00000000000000000000000000000000"
)

// uses has every capability that the server may tell.
func uses() map[string]use {
	return map[string]use{
		// How a connection begins and what it turns on.
		"IMAP4rev1":        {everywhere: true},
		"IMAP4rev2":        {everywhere: true, on: []string{"ENABLE IMAP4rev2"}, always: func(p *paired) { p.rev2 = true }},
		"STARTTLS":         {everywhere: true, login: "STARTTLS"},
		"SASL-IR":          {everywhere: true, login: "SASL-IR"},
		"UNAUTHENTICATE":   {everywhere: true, login: "UNAUTHENTICATE"},
		"COMPRESS=DEFLATE": {everywhere: true, on: []string{"COMPRESS DEFLATE"}},
		"LITERAL+":         {everywhere: true, fills: fills("mailbox", "{5+}\r\nINBOX", "", "APPEND", "STATUS", "GETQUOTAROOT", "REPLACE", "EXAMINE")},
		"LANGUAGE":         {everywhere: true, on: []string{"LANGUAGE de"}},
		"UTF8=ACCEPT":      {everywhere: true, on: []string{"ENABLE UTF8=ACCEPT"}, fills: fills("made", `"Entwürfe"`, "", "CREATE", "SUBSCRIBE", "SETACL", "GETACL", "LISTRIGHTS", "MYRIGHTS", "DELETEACL", "SETMETADATA", "GETMETADATA", "UNSUBSCRIBE", "RENAME")},
		"CONDSTORE": {everywhere: true, on: []string{"ENABLE CONDSTORE"}, open: "CONDSTORE", always: func(p *paired) { p.condStore = true }, fills: both(
			fills("items", "MODSEQ", `MODSEQ \(\d+\)`, "FETCH"), fills("modifiers", "CHANGEDSINCE 1", `MODSEQ \(\d+\)`, "FETCH"),
			fills("modifiers", "UNCHANGEDSINCE 4294967295", `MODSEQ \(\d+\)`, "STORE"), fills("keys", "MODSEQ 1", "", "SEARCH", "SORT", "ESEARCH", "THREAD"),
			fills("asked", "HIGHESTMODSEQ", `HIGHESTMODSEQ \d+`, "STATUS"), fills("open", "CONDSTORE", `\[HIGHESTMODSEQ \d+\]`, "EXAMINE"))},
		"QRESYNC": {everywhere: true, on: []string{"ENABLE QRESYNC"}, open: "QRESYNC (1 1)", always: func(p *paired) { p.condStore, p.qresync = true, true }, fills: both(
			fills("modifiers", "CHANGEDSINCE 1 VANISHED", "", "UID FETCH"),
			fills("open", "QRESYNC (1 1 1:100)", `\[HIGHESTMODSEQ \d+\]`, "EXAMINE"))},
		"UIDONLY":    {everywhere: true, on: []string{"ENABLE UIDONLY"}, always: func(p *paired) { p.uidOnly = true }},
		"INPROGRESS": {everywhere: true},
		"IDLE":       {everywhere: true, selected: []string{"IDLE\r\nDONE"}},
		"NOTIFY": {everywhere: true, fills: fills("", "", "", "NOTIFY"), selected: []string{"NOTIFY SET (selected (MessageNew (UID FLAGS) MessageExpunge FlagChange)) (personal (MessageNew MessageExpunge MailboxName))"},
			always: func(p *paired) { p.notified = true }},
		"MESSAGELIMIT": {everywhere: true, limited: true},

		// What is fetched and stored.
		"BINARY":       {fills: fills("items", "BINARY.SIZE[1]", `BINARY\.SIZE\[1\] 3`, "FETCH")},
		"OBJECTID":     {fills: both(fills("items", "EMAILID THREADID", `EMAILID \(M[\w-]+\)`, "FETCH"), fills("asked", "MAILBOXID", `MAILBOXID \(\S+\)`, "STATUS"), fills("keys", "NOT EMAILID Mx", "", "SEARCH", "SORT", "ESEARCH"))},
		"OBJECTID+":    {on: []string{"ENABLE OBJECTID+"}, fills: fills("items", "OBJECTID", `OBJECTID \(EMAILID M[\w-]+`, "FETCH")},
		"SAVEDATE":     {fills: both(fills("items", "SAVEDATE", `SAVEDATE "`, "FETCH"), fills("keys", "SAVEDSINCE 1-Jan-2020", "", "SEARCH", "SORT", "ESEARCH", "THREAD"))},
		"PREVIEW":      {fills: fills("items", "PREVIEW (LAZY)", `PREVIEW "y"`, "FETCH")},
		"X-GM-EXT-1":   {fills: both(fills("items", "X-GM-LABELS X-GM-MSGID", `X-GM-MSGID \d+`, "FETCH"), fills("change", "+X-GM-LABELS (label)", `X-GM-LABELS \(\S*label\S*\)`, "STORE"), fills("keys", `X-GM-RAW "-in:nowhere"`, "", "SEARCH", "SORT", "ESEARCH", "THREAD"))},
		"CONVERT":      plainly("CONVERT", "CONVERSIONS"),
		"SEARCH=FUZZY": {fills: both(fills("return", "RELEVANCY", `RELEVANCY`, "SEARCH"), fills("keys", "FUZZY SUBJECT x", "", "SEARCH", "SORT", "ESEARCH"))},
		"ANNOTATE-EXPERIMENT-1": {fills: both(fills("items", "ANNOTATION (/comment value.priv)", `ANNOTATION \(/comment \(value\.priv`, "FETCH"),
			fills("change", `ANNOTATION (/comment (value.priv "x"))`, "", "STORE"), fills("keys", `NOT ANNOTATION /comment value "zz"`, "", "SEARCH", "SORT", "ESEARCH", "THREAD"))},

		// What is searched, sorted and threaded.
		"ESEARCH":   {fills: fills("return", "MIN COUNT", `COUNT [1-9]`, "SEARCH", "ESEARCH")},
		"SEARCHRES": {selected: []string{"UID SEARCH RETURN (SAVE) ALL"}, fills: both(fills("return", "SAVE", "", "SEARCH", "SORT"), fills("set", "$", "", "FETCH", "STORE", "COPY"), fills("keys", "UID $", "", "SORT", "THREAD"))},
		"WITHIN":    {fills: fills("keys", "YOUNGER 3600", "", "SEARCH", "SORT", "ESEARCH", "THREAD")},
		"PARTIAL":   {fills: both(fills("return", "PARTIAL -1:-2", `PARTIAL \(-1:-2 [\d:,]+\)`, "SEARCH", "SORT"), fills("modifiers", "PARTIAL 1:2", "", "UID FETCH"))},
		"CONTEXT=SEARCH": {selected: []string{"%K SEARCH RETURN (UPDATE) UNSEEN"}, fills: both(fills("return", "CONTEXT", "", "SEARCH"),
			fills("context", "%K", "", "CANCELUPDATE"))},
		"CONTEXT=SORT":          {selected: []string{"%K SORT RETURN (UPDATE) (REVERSE ARRIVAL) UTF-8 UNSEEN"}, fills: fills("return", "CONTEXT", "", "SORT")},
		"MULTISEARCH":           {fills: fills("in", "selected personal", `MAILBOX "?INBOX"? UIDVALIDITY`, "ESEARCH")},
		"FILTERS":               {on: []string{`SETMETADATA "" (/private/filters/values/f "NOT ANSWERED")`}, fills: fills("keys", "FILTER f", "", "SEARCH", "SORT", "ESEARCH", "THREAD")},
		"SORT":                  {fills: fills("criteria", "SUBJECT", "", "SORT")},
		"ESORT":                 {fills: fills("return", "MAX COUNT", `COUNT [1-9]`, "SORT")},
		"SORT=DISPLAY":          {fills: fills("criteria", "DISPLAYFROM", "", "SORT")},
		"I18NLEVEL=1":           {fills: fills("keys", "SUBJECT X", "", "SEARCH", "SORT", "ESEARCH")},
		"I18NLEVEL=2":           {on: []string{"COMPARATOR i;ascii-casemap"}, fills: both(fills("keys", "SUBJECT X", "", "SEARCH", "SORT", "ESEARCH", "THREAD"), fills("", "", `\* COMPARATOR i;`, "COMPARATOR"))},
		"SORT=MODSEQ":           {fills: fills("criteria", "REVERSE MODSEQ", "", "SORT")},
		"SORT=UID":              {fills: fills("criteria", "REVERSE UID", "", "SORT")},
		"THREAD=ORDEREDSUBJECT": {fills: fills("algorithm", "ORDEREDSUBJECT", `\* THREAD \(`, "THREAD")},
		"THREAD=REFERENCES":     {fills: fills("algorithm", "REFERENCES", `\* THREAD \(`, "THREAD")},
		"THREAD=REFS":           {fills: fills("algorithm", "REFS", `\* THREAD \(`, "THREAD")},
		"SEARCH=INTHREAD":       {fills: fills("keys", "INTHREAD ALL", "", "SEARCH", "SORT", "ESEARCH")},

		// What is appended, copied and taken away.
		"MULTIAPPEND":    {fills: fills("message", pairedTwo, `\[APPENDUID \d+ \d+:\d+\]`, "APPEND")},
		"CATENATE":       {fills: fills("message", pairedCat, `\[APPENDUID \d+ \d+\]`, "APPEND")},
		"URL-PARTIAL":    {fills: fills("message", "CATENATE (URL /INBOX/;UID=4/;PARTIAL=0.9)", `\[APPENDUID \d+ \d+\]`, "APPEND", "REPLACE")},
		"URLAUTH":        {fills: both(fills("", "", "URLAUTH=anonymous:internal:[0-9a-f]{32}", "GENURLAUTH"), fills("", "", `URLFETCH "`, "URLFETCH"), fills("", "", "", "RESETKEY"))},
		"URLAUTH=BINARY": {fills: fills("url", "("+pairedURL+" BINARY)", `URLFETCH "`, "URLFETCH")},
		"REPLACE":        plainly("REPLACE"),
		"UIDPLUS":        {fills: both(fills("", "", `\[COPYUID \d+ \S+ \S+\]`, "COPY", "MOVE"), fills("", "", `\[APPENDUID \d+ \S+\]`, "APPEND"), fills("", "", "", "UID EXPUNGE"))},
		"MOVE":           plainly("MOVE"),
		"APPENDLIMIT":    {fills: fills("asked", "APPENDLIMIT", `APPENDLIMIT \d+`, "STATUS")},
		"UIDBATCHES":     plainly("UIDBATCHES"),

		// Mailboxes.
		"ENABLE": plainly("ENABLE"), "ID": plainly("ID"), "NAMESPACE": plainly("NAMESPACE"), "UNSELECT": plainly("UNSELECT"), "XLIST": plainly("XLIST"),
		"LOGIN-REFERRALS": {everywhere: true}, "MAILBOX-REFERRALS": plainly("RLIST", "RLSUB"),
		"CHILDREN":           {fills: fills("return", "CHILDREN", `\\HasNoChildren`, "LIST")},
		"LIST-EXTENDED":      {fills: both(fills("pattern", `("INBOX" "m*")`, "", "LIST"), fills("return", "SUBSCRIBED", "", "LIST"))},
		"LIST-STATUS":        {fills: fills("return", "STATUS (MESSAGES UIDNEXT)", `\* STATUS \S+ \(MESSAGES \d+ UIDNEXT \d+\)`, "LIST")},
		"LIST-METADATA":      {fills: fills("return", "METADATA (/private/comment)", `\* METADATA `, "LIST")},
		"LIST-MYRIGHTS":      {fills: fills("return", "MYRIGHTS", `\* MYRIGHTS `, "LIST")},
		"SPECIAL-USE":        {fills: fills("return", "SPECIAL-USE", "", "LIST")},
		"CREATE-SPECIAL-USE": {fills: fills("use", `\Archive`, "", "CREATE")},
		"STATUS=SIZE":        {fills: fills("asked", "SIZE", `SIZE \d+`, "STATUS")},
		"METADATA":           {fills: both(fills("entry", "/private/comment", "", "SETMETADATA"), fills("options", "DEPTH infinity", `\* METADATA .*"?value"?`, "GETMETADATA"))},
		"METADATA-SERVER":    {on: []string{`SETMETADATA "" (/private/comment "s")`}, selected: []string{`GETMETADATA "" /private/comment`}, fills: fills("", "", "", "GETMETADATA", "SETMETADATA")},
		"ACL":                plainly("SETACL", "GETACL", "LISTRIGHTS", "MYRIGHTS", "DELETEACL", "ESEARCH", "CREATE", "LIST", "SETMETADATA"),
		"RIGHTS=kxten":       {fills: fills("", "", "lrswipkxte", "MYRIGHTS")},

		"QUOTA":                        {fills: both(fills("", "", "", "GETQUOTA", "GETQUOTAROOT", "REPLACE", "APPEND"), fills("asked", "DELETED", `DELETED \d+`, "STATUS"))},
		"QUOTASET":                     plainly("SETQUOTA", "GETQUOTA"),
		"QUOTA=RES-STORAGE":            {fills: both(fills("", "", `STORAGE \d+ \d+`, "GETQUOTA"), fills("asked", "DELETED-STORAGE", `DELETED-STORAGE \d+`, "STATUS"))},
		"QUOTA=RES-MESSAGE":            {fills: fills("", "", `MESSAGE \d+ \d+`, "GETQUOTA", "GETQUOTAROOT")},
		"QUOTA=RES-MAILBOX":            {fills: fills("", "", `MAILBOX \d+ \d+`, "GETQUOTA")},
		"QUOTA=RES-ANNOTATION-STORAGE": {fills: fills("", "", "", "GETQUOTA", "SETMETADATA")},
	}
}
