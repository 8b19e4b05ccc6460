package imap

import (
	"strconv"
	"strings"
)

// searchNames are the names of the keys whose name is all or comes before their
// argument.
var searchNames = [...]string{
	SearchAll:               "ALL",
	SearchUID:               "UID",
	SearchRecent:            "RECENT",
	SearchNew:               "NEW",
	SearchOld:               "OLD",
	SearchBefore:            "BEFORE",
	SearchOn:                "ON",
	SearchSince:             "SINCE",
	SearchSentBefore:        "SENTBEFORE",
	SearchSentOn:            "SENTON",
	SearchSentSince:         "SENTSINCE",
	SearchSavedBefore:       "SAVEDBEFORE",
	SearchSavedOn:           "SAVEDON",
	SearchSavedSince:        "SAVEDSINCE",
	SearchSaveDateSupported: "SAVEDATESUPPORTED",
	SearchOlder:             "OLDER",
	SearchYounger:           "YOUNGER",
	SearchLarger:            "LARGER",
	SearchSmaller:           "SMALLER",
	SearchModSeq:            "MODSEQ",
	SearchHeader:            "HEADER",
	SearchFrom:              "FROM",
	SearchTo:                "TO",
	SearchCc:                "CC",
	SearchBcc:               "BCC",
	SearchSubject:           "SUBJECT",
	SearchBody:              "BODY",
	SearchText:              "TEXT",
	SearchFilter:            "FILTER",
	SearchEmailID:           "EMAILID",
	SearchThreadID:          "THREADID",
	SearchGmailMsgID:        "X-GM-MSGID",
	SearchGmailThrID:        "X-GM-THRID",
	SearchLabel:             "X-GM-LABELS",
	SearchGmailRaw:          "X-GM-RAW",
	SearchInThread:          "INTHREAD",
	SearchThreadRoot:        "THREADROOT",
	SearchThreadLeaf:        "THREADLEAF",
	SearchMessageID:         "MESSAGEID",
	SearchAnnotation:        "ANNOTATION",
}

// Append writes the key as a client may send it, with texts in UTF-8, as
// non-synchronizing literals where they cannot be quoted.
func (k *SearchKey) Append(dst []byte) []byte {
	switch k.Op {
	case SearchAnd:
		dst = append(dst, '(')
		for i := range k.Keys {
			if i > 0 {
				dst = append(dst, ' ')
			}
			dst = k.Keys[i].Append(dst)
		}
		return append(dst, ')')
	case SearchOr:
		dst = k.Keys[0].Append(append(dst, "OR "...))
		return k.Keys[1].Append(append(dst, ' '))
	case SearchFuzzy:
		return k.Keys[0].Append(append(dst, "FUZZY "...))
	case SearchNot:
		return k.Keys[0].Append(append(dst, "NOT "...))
	case SearchSeq:
		return k.Set.Append(dst)
	case SearchFlag, SearchNotFlag:
		return k.appendFlag(dst)
	}
	if int(k.Op) < len(searchNames) {
		dst = append(dst, searchNames[k.Op]...)
	}
	switch k.Op {
	case SearchUID:
		return k.Set.Append(append(dst, ' '))
	case SearchEmailID, SearchThreadID, SearchFilter:
		return append(append(dst, ' '), k.Text...)
	case SearchOlder, SearchYounger, SearchLarger, SearchSmaller, SearchGmailMsgID, SearchGmailThrID:
		return strconv.AppendUint(append(dst, ' '), k.Num, 10)
	case SearchModSeq:
		if k.Text != "" {
			dst = appendText(append(dst, ' '), k.Field)
			dst = append(append(dst, ' '), k.Text...)
		}
		return strconv.AppendUint(append(dst, ' '), k.Num, 10)
	case SearchHeader:
		dst = appendText(append(dst, ' '), k.Field)
		return appendText(append(dst, ' '), k.Text)
	case SearchAnnotation:
		return k.appendAnnotation(dst)
	case SearchInThread:
		return k.Keys[0].Append(append(dst, ' '))
	case SearchMessageID:
		return appendText(append(dst, ' '), k.Text)
	case SearchFrom, SearchTo, SearchCc, SearchBcc, SearchSubject, SearchBody, SearchText, SearchLabel, SearchGmailRaw:
		return appendText(append(dst, ' '), k.Text)
	case SearchBefore, SearchOn, SearchSince, SearchSentBefore, SearchSentOn, SearchSentSince,
		SearchSavedBefore, SearchSavedOn, SearchSavedSince:
		return k.Date.Append(append(dst, ' '))
	}
	return dst
}

// appendAnnotation writes the arguments of ANNOTATION.
func (k *SearchKey) appendAnnotation(dst []byte) []byte {
	dst = append(appendText(append(dst, ' '), k.Field), " value"...)
	switch k.Num &^ AnnotationNil {
	case AnnotationPrivate:
		dst = append(dst, ".priv"...)
	case AnnotationShared:
		dst = append(dst, ".shared"...)
	}
	if k.Num&AnnotationNil != 0 {
		return append(dst, " NIL"...)
	}
	return appendText(append(dst, ' '), k.Text)
}

// appendFlag writes the key of a flag: system flags have keys of their own.
func (k *SearchKey) appendFlag(dst []byte) []byte {
	if k.Op == SearchNotFlag {
		dst = append(dst, "UN"...)
	}
	if IsSystemFlag(k.Text) {
		return append(dst, strings.ToUpper(k.Text[1:])...)
	}
	return append(append(dst, "KEYWORD "...), k.Text...)
}

// appendText writes a text as a quoted string, or as a literal where it has
// what cannot be quoted.
func appendText(dst []byte, s string) []byte {
	start := len(dst)
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case IsQuotedChar(c) || c >= 0x80:
			dst = append(dst, c)
		default:
			dst = append(dst[:start], '{')
			dst = strconv.AppendInt(dst, int64(len(s)), 10)
			return append(append(dst, "+}\r\n"...), s...)
		}
	}
	return append(dst, '"')
}
