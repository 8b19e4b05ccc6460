package server

import "strings"

// state is where a session stands (RFC 9051 §3).
type state uint8

const (
	stateNotAuthenticated state = iota
	stateAuthenticated
	stateSelected
	stateLogout
)

// states is a set of states, of the table's rows.
type states uint8

const (
	inNotAuthenticated states = 1 << stateNotAuthenticated
	inAuthenticated    states = 1 << stateAuthenticated
	inSelected         states = 1 << stateSelected

	anyState      = inNotAuthenticated | inAuthenticated | inSelected
	authenticated = inAuthenticated | inSelected
)

// has reports whether st is one of the states.
func (s states) has(st state) bool { return s&(1<<st) != 0 }

// features is what the client enabled (RFC 9051 §6.3.1, RFC 7162 §3.1).
type features uint32

const (
	featureRev2 features = 1 << iota
	featureUTF8
	featureCondStore
	featureQResync
	featureUIDOnly
	featureObjectID
	featureMetadata
)

// has reports whether all of f are enabled.
func (e features) has(f features) bool { return e&f == f }

// utf8 reports whether mailbox names are UTF-8 on the wire (RFC 9051 §5.1, RFC
// 9755 §3) and not modified UTF-7 (RFC 3501 §5.1.3).
func (e features) utf8() bool { return e&(featureRev2|featureUTF8) != 0 }

// enableable gives, for a capability that ENABLE takes, its name as CAPABILITY
// tells it, which clients look for, and its feature with those that come with
// it: QRESYNC is CONDSTORE too (RFC 7162 §3.2.3). No feature: there is none.
func enableable(capability string) (name string, f features) {
	switch strings.ToUpper(capability) {
	case "IMAP4REV2":
		return "IMAP4rev2", featureRev2
	case "UTF8=ACCEPT":
		return "UTF8=ACCEPT", featureUTF8
	case "CONDSTORE":
		return "CONDSTORE", featureCondStore
	case "QRESYNC":
		return "QRESYNC", featureQResync | featureCondStore
	case "METADATA", "METADATA-SERVER":
		return strings.ToUpper(capability), featureMetadata
	case "OBJECTID+":
		return "OBJECTID+", featureObjectID
	case "UIDONLY":
		return "UIDONLY", featureUIDOnly
	}
	return "", 0
}
