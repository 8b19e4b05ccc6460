package server

import (
	"slices"
	"strconv"
	"strings"
)

// extension is a capability that no command of its own stands for: it extends
// others. Those that bring a command stand in the command table.
type extension struct {
	name  string
	login bool // told before login already
	rfc   string
}

// extensions are the capabilities without a row in the command table.
var extensions = [...]extension{
	{"IMAP4rev2", true, "RFC 9051"},
	{"IMAP4rev1", true, "RFC 3501"},
	{"LITERAL+", true, "RFC 7888"},
	{"SASL-IR", true, "RFC 4959"},
	{"LOGIN-REFERRALS", true, "RFC 2221"},
	{"CHILDREN", false, "RFC 3348"},
	{"ESEARCH", false, "RFC 4731"},
	{"SEARCHRES", false, "RFC 5182"},
	{"LIST-EXTENDED", false, "RFC 5258"},
	{"LIST-STATUS", false, "RFC 5819"},
	{"SPECIAL-USE", false, "RFC 6154"},
	{"CREATE-SPECIAL-USE", false, "RFC 6154"},
	{"BINARY", false, "RFC 3516"},
	{"UTF8=ACCEPT", false, "RFC 9755"},
	{"CONDSTORE", false, "RFC 7162"},
	{"QRESYNC", false, "RFC 7162"},
	{"MULTIAPPEND", false, "RFC 3502"},
	{"CATENATE", false, "RFC 4469"},
	{"URLAUTH=BINARY", false, "RFC 5524"},
	{"URL-PARTIAL", false, "RFC 5550"},
	{"OBJECTID", false, "RFC 8474"},
	{"SAVEDATE", false, "RFC 8514"},
	{"STATUS=SIZE", false, "RFC 8438"},
	{"WITHIN", false, "RFC 5032"},
	{"PARTIAL", false, "RFC 9394"},
	{"CONTEXT=SORT", false, "RFC 5267"},
	{"SEARCH=FUZZY", false, "RFC 6203"},
	{"FILTERS", false, "RFC 5466"},
	{"INPROGRESS", false, "RFC 9585"},
	{"PREVIEW", false, "RFC 8970"},
	{"ESORT", false, "RFC 5267"},
	{"THREAD=ORDEREDSUBJECT", false, "RFC 5256"},
	{"THREAD=REFERENCES", false, "RFC 5256"},
	{"THREAD=REFS", false, "draft-ietf-morg-inthread-01"},
	{"SEARCH=INTHREAD", false, "draft-ietf-morg-inthread-01"},
	{"SORT=DISPLAY", false, "RFC 5957"},
	{"I18NLEVEL=1", false, "RFC 5255"},
	{"SORT=MODSEQ", false, "RFC 5256"}, // as Cyrus has it
	{"SORT=UID", false, "RFC 5256"},    // as Cyrus has it
	{"METADATA-SERVER", false, "RFC 5464"},
	{"LIST-METADATA", false, "RFC 9590"},
	{"RIGHTS=kxten", false, "RFC 4314"},
	{"LIST-MYRIGHTS", false, "RFC 8440"},
	{"QUOTA=RES-STORAGE", false, "RFC 9208"},
	{"QUOTA=RES-MESSAGE", false, "RFC 9208"},
	{"QUOTA=RES-MAILBOX", false, "RFC 9208"},
	{"QUOTA=RES-ANNOTATION-STORAGE", false, "RFC 9208"},
	{"OBJECTID+", false, "draft-ietf-mailmaint-imap-objectid-bis"},
	{"UIDONLY", false, "RFC 9586"},
	{"X-GM-EXT-1", false, "Gmail IMAP extensions"}, // Options.GmailExtensions
	{"ANNOTATE-EXPERIMENT-1", false, "RFC 5257"},
}

// capabilities gives what the server can do for this session now (RFC 9051
// §7.2.2). Before login it is what a client needs to log in, and IDLE, which
// BlackBerry looked for there. It does not depend on what was enabled (RFC 9051
// §6.3.1).
func (s *session) capabilities() []string {
	if s.state != stateNotAuthenticated {
		all := offered(s.srv.capabilities, s.client.without)
		if s.account.State().HasAppendLimits() {
			return withoutAppendLimit(all)
		}
		return all
	}
	caps := slices.Clone(offered(s.srv.loginCapabilities, s.client.without))
	if s.conn.CanStartTLS() {
		caps = append(caps, "STARTTLS")
	}
	mechanisms := s.srv.auth.Mechanisms(s.conn.Auth())
	if len(mechanisms) == 0 {
		return append(caps, "LOGINDISABLED")
	}
	for _, m := range mechanisms {
		caps = append(caps, "AUTH="+m)
	}
	return caps
}

// withoutAppendLimit tells that mailboxes differ in what may be appended, so that
// STATUS has to be asked (RFC 7889 §2).
func withoutAppendLimit(all []string) []string {
	caps := slices.Clone(all)
	for i, c := range caps {
		if strings.HasPrefix(c, "APPENDLIMIT=") {
			caps[i] = "APPENDLIMIT"
		}
	}
	return caps
}

// fixedCapabilities gives the part that depends on the table and the
// configuration alone, before login and after.
func fixedCapabilities(rows []row, l Limits) (login, all []string) {
	for _, e := range extensions {
		all = append(all, e.name)
		if e.login {
			login = append(login, e.name)
		}
	}
	for _, r := range rows {
		// STARTTLS depends on the connection.
		if r.capability == "" || r.capability == "STARTTLS" || slices.Contains(all, r.capability) {
			continue
		}
		all = append(all, r.capability)
		if r.states&inNotAuthenticated != 0 || r.name == "IDLE" || r.name == "ENABLE" {
			login = append(login, r.capability)
		}
	}
	all = append(all, l.limitCapability()...)
	return login, append(all, "APPENDLIMIT="+strconv.FormatInt(l.Message, 10))
}
