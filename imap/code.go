package imap

import (
	"strconv"
	"strings"
)

// Code is a response code as it stands between the brackets: a name, and for
// some an argument (RFC 9051 §7.1). The empty Code is none.
type Code string

// The codes without an argument: RFC 9051 §7.1, RFC 5530 §3, RFC 7162 §7, RFC
// 9208 §4.3, RFC 5464 §4.
const (
	CodeAlert                Code = "ALERT"
	CodeAlreadyExists        Code = "ALREADYEXISTS"
	CodeAuthenticationFailed Code = "AUTHENTICATIONFAILED"
	CodeAuthorizationFailed  Code = "AUTHORIZATIONFAILED"
	CodeBadCharset           Code = "BADCHARSET"
	CodeBadComparator        Code = "BADCOMPARATOR"
	CodeCannot               Code = "CANNOT"
	CodeClientBug            Code = "CLIENTBUG"
	CodeClosed               Code = "CLOSED"
	CodeCompressionActive    Code = "COMPRESSIONACTIVE"
	CodeContactAdmin         Code = "CONTACTADMIN"
	CodeCorruption           Code = "CORRUPTION"
	CodeExpired              Code = "EXPIRED"
	CodeExpungeIssued        Code = "EXPUNGEISSUED"
	CodeHasChildren          Code = "HASCHILDREN"
	CodeInUse                Code = "INUSE"
	CodeLimit                Code = "LIMIT"
	CodeNoModSeq             Code = "NOMODSEQ"
	CodeNonExistent          Code = "NONEXISTENT"
	CodeNoPerm               Code = "NOPERM"
	CodeNotSaved             Code = "NOTSAVED"
	CodeOverQuota            Code = "OVERQUOTA"
	CodeParse                Code = "PARSE"
	CodePrivacyRequired      Code = "PRIVACYREQUIRED"
	CodeReadOnly             Code = "READ-ONLY"
	CodeReadWrite            Code = "READ-WRITE"
	CodeServerBug            Code = "SERVERBUG"
	CodeTempFail             Code = "TEMPFAIL" // RFC 5259 §9
	CodeTooBig               Code = "TOOBIG"
	CodeTooFew               Code = "TOOFEW"  // RFC 10022 §3.1.3.2
	CodeTooMany              Code = "TOOMANY" // RFC 10022 §3.1.5
	CodeTryCreate            Code = "TRYCREATE"
	CodeUIDNotSticky         Code = "UIDNOTSTICKY"
	CodeUnavailable          Code = "UNAVAILABLE"
	CodeUIDRequired          Code = "UIDREQUIRED" // RFC 9586 §3
	CodeUnknownCTE           Code = "UNKNOWN-CTE"
	CodeUseAttr              Code = "USEATTR" // RFC 6154 §3
)

// CodeCapability is CAPABILITY with the names given.
func CodeCapability(caps []string) Code {
	return Code("CAPABILITY " + strings.Join(caps, " "))
}

// CodeBadCharsets is BADCHARSET with the charsets that would do (RFC 9051 §7.1).
// They must be atoms.
func CodeBadCharsets(charsets []string) Code {
	return Code("BADCHARSET (" + strings.Join(charsets, " ") + ")")
}

// CodeUIDNext is UIDNEXT; n is the predicted next UID.
func CodeUIDNext(n uint32) Code { return numberCode("UIDNEXT ", uint64(n)) }

// CodeUIDValidity is UIDVALIDITY.
func CodeUIDValidity(n uint32) Code { return numberCode("UIDVALIDITY ", uint64(n)) }

// CodeUnseen is UNSEEN (RFC 3501 §7.1); n is the first unseen message's number.
func CodeUnseen(n uint32) Code { return numberCode("UNSEEN ", uint64(n)) }

// CodeHighestModSeq is HIGHESTMODSEQ (RFC 7162 §3.1.2.1).
func CodeHighestModSeq(n uint64) Code { return numberCode("HIGHESTMODSEQ ", n) }

// The codes of SETMETADATA without an argument (RFC 5464 §4.3).
const (
	CodeMetadataTooMany   Code = "METADATA TOOMANY"
	CodeMetadataNoPrivate Code = "METADATA NOPRIVATE"
)

// The codes of annotations that cannot be stored (RFC 5257 §4.5), and of mailboxes
// whose annotations cannot be changed (RFC 5257 §4.1).
const (
	CodeAnnotateTooBig      Code = "ANNOTATE TOOBIG"
	CodeAnnotateTooMany     Code = "ANNOTATE TOOMANY"
	CodeAnnotationsReadOnly Code = "ANNOTATIONS READ-ONLY"
)

// CodeAnnotations is ANNOTATIONS; most is how many octets a value may have (RFC 5257
// §4.1).
func CodeAnnotations(most int) Code { return numberCode("ANNOTATIONS ", uint64(most)) }

// CodeMetadataMaxSize is METADATA MAXSIZE; most is how many octets a value may
// have (RFC 5464 §4.3).
func CodeMetadataMaxSize(most int) Code { return numberCode("METADATA MAXSIZE ", uint64(most)) }

// CodeMetadataLongEntries is METADATA LONGENTRIES; longest is the size of the
// longest value that was left out (RFC 5464 §4.2.1).
func CodeMetadataLongEntries(longest int) Code {
	return numberCode("METADATA LONGENTRIES ", uint64(longest))
}

// CodeMailboxID is MAILBOXID (RFC 8474 §4.1); id must be a legal objectid.
func CodeMailboxID(id string) Code { return Code("MAILBOXID (" + id + ")") }

// CodeMessageLimit is MESSAGELIMIT (RFC 9738 §5): the most messages that one
// command may be about, and the lowest UID of those it was about, 0 where that
// is not known.
func CodeMessageLimit(n, lowest uint32) Code {
	code := numberCode("MESSAGELIMIT ", uint64(n))
	if lowest > 0 {
		code += numberCode(" ", uint64(lowest))
	}
	return code
}

// CodeUndefinedFilter is UNDEFINED-FILTER with the name of the filter that is not
// there (RFC 5466 §4). It must be an atom.
func CodeUndefinedFilter(name string) Code { return Code("UNDEFINED-FILTER " + name) }

// CodeReferral is REFERRAL (RFC 2193 §6, RFC 2221 §5).
func CodeReferral(urls []string) Code {
	return Code("REFERRAL " + strings.Join(urls, " "))
}

// CodeInProgress is INPROGRESS with the tag of the command, quoted or NIL, and its
// inprogress-state (RFC 9585 §5).
func CodeInProgress(tag, state string) Code { return Code("INPROGRESS (" + tag + " " + state + ")") }

// CodeObjectID is OBJECTID with identifiers in pairs of key and value, in
// parentheses (draft-ietf-mailmaint-imap-objectid-bis).
func CodeObjectID(pairs string) Code { return Code("OBJECTID " + pairs) }

// CodeModified is MODIFIED with the messages that UNCHANGEDSINCE kept from
// being changed (RFC 7162 §3.1.3).
func CodeModified(set NumSet) Code {
	return Code(set.Append([]byte("MODIFIED ")))
}

// CodeAppendUID is APPENDUID with the UIDs that the messages got, in order (RFC
// 9051 §7.1, RFC 4315 §3).
func CodeAppendUID(uidValidity uint32, uids UIDSet) Code {
	b := strconv.AppendUint([]byte("APPENDUID "), uint64(uidValidity), 10)
	return Code(uids.Append(append(b, ' ')))
}

// CodeCopyUID is COPYUID: the nth UID of from was copied to the nth of to (RFC
// 9051 §7.1, RFC 4315 §3). uidValidity is that of the mailbox copied to.
func CodeCopyUID(uidValidity uint32, from, to UIDSet) Code {
	b := strconv.AppendUint([]byte("COPYUID "), uint64(uidValidity), 10)
	b = from.Append(append(b, ' '))
	return Code(to.Append(append(b, ' ')))
}

// CodeMaxConvertMessages is MAXCONVERTMESSAGES (RFC 5259 §9).
func CodeMaxConvertMessages(n int) Code { return numberCode("MAXCONVERTMESSAGES ", uint64(n)) }

// CodeMaxConvertParts is MAXCONVERTPARTS (RFC 5259 §9).
func CodeMaxConvertParts(n int) Code { return numberCode("MAXCONVERTPARTS ", uint64(n)) }

func numberCode(name string, n uint64) Code {
	return Code(strconv.AppendUint([]byte(name), n, 10))
}

// Name gives the code without its argument.
func (c Code) Name() string {
	name, _, _ := strings.Cut(string(c), " ")
	return name
}

// StatusType is the kind of a status response (RFC 9051 §7.1).
type StatusType string

// The kinds.
const (
	StatusOK      StatusType = "OK"
	StatusNo      StatusType = "NO"
	StatusBad     StatusType = "BAD"
	StatusPreauth StatusType = "PREAUTH"
	StatusBye     StatusType = "BYE"
)

// StatusResponse is a status response, also as an error: how a command that
// failed is answered. Text is for the client's user and says nothing of the
// server's insides.
type StatusResponse struct {
	Type StatusType
	Code Code
	Text string
}

// Error gives the response as it would be sent, without a tag.
func (s *StatusResponse) Error() string {
	if s.Code == "" {
		return string(s.Type) + " " + s.Text
	}
	return string(s.Type) + " [" + string(s.Code) + "] " + s.Text
}

// No gives a NO response with a code, which may be empty, and a text.
func No(code Code, text string) *StatusResponse {
	return &StatusResponse{Type: StatusNo, Code: code, Text: text}
}

// Bad gives a BAD response with a text.
func Bad(text string) *StatusResponse {
	return &StatusResponse{Type: StatusBad, Text: text}
}
