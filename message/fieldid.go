package message

// fieldID names a header field that the parser keeps.
type fieldID uint8

const (
	fieldNone fieldID = iota
	fieldContentType
	fieldEncoding
	fieldContentID
	fieldDescription
	fieldMD5
	fieldDisposition
	fieldLanguage
	fieldLocation
	// The fields below are kept for messages only, not for parts.
	fieldDate
	fieldSubject
	fieldInReplyTo
	fieldMessageID
	fieldReferences
	// The fields below are joined where they are repeated.
	fieldFrom
	fieldSender
	fieldReplyTo
	fieldTo
	fieldCc
	fieldBcc
	fieldCount
)

// identifyField tells which of the fields a name is, in any case; fieldNone for others.
func identifyField(name []byte) fieldID {
	is := func(low string, id fieldID) fieldID {
		if equalFold(low, name) {
			return id
		}
		return fieldNone
	}
	switch len(name) {
	case 2:
		switch lower(name[0]) {
		case 't':
			return is("to", fieldTo)
		case 'c':
			return is("cc", fieldCc)
		}
	case 3:
		return is("bcc", fieldBcc)
	case 4:
		if lower(name[0]) == 'd' {
			return is("date", fieldDate)
		}
		return is("from", fieldFrom)
	case 6:
		return is("sender", fieldSender)
	case 7:
		return is("subject", fieldSubject)
	case 8:
		return is("reply-to", fieldReplyTo)
	case 10:
		switch lower(name[0]) {
		case 'm':
			return is("message-id", fieldMessageID)
		case 'r':
			return is("references", fieldReferences)
		}
		return is("content-id", fieldContentID)
	case 11:
		if lower(name[0]) == 'i' {
			return is("in-reply-to", fieldInReplyTo)
		}
		return is("content-md5", fieldMD5)
	case 12:
		return is("content-type", fieldContentType)
	case 16:
		if lower(name[9]) == 'a' {
			return is("content-language", fieldLanguage)
		}
		return is("content-location", fieldLocation)
	case 19:
		if lower(name[9]) == 'i' {
			return is("content-disposition", fieldDisposition)
		}
		return is("content-description", fieldDescription)
	case 25:
		return is("content-transfer-encoding", fieldEncoding)
	}
	return fieldNone
}

// longestField is the longest name identifyField knows, with room for the
// white space that obsolete syntax allows before the colon.
const longestField = 64
