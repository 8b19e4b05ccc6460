package imap

import (
	"strconv"
	"strings"
	"time"
)

// The parameters of an IMAP URL in the order in which they stand (RFC 5092 §11).
const (
	urlUIDValidity = iota
	urlUID
	urlSection
	urlPartial
	urlExpire
	urlAuth
	urlParameters
)

// urlParameter finds the parameter that text begins with, and its value.
func urlParameter(text string) (which int, value string) {
	name, value, _ := strings.Cut(text, "=")
	for i, n := range [...]string{"UIDVALIDITY", "UID", "SECTION", "PARTIAL", "EXPIRE", "URLAUTH"} {
		if strings.EqualFold(name, n) {
			return i, value
		}
	}
	return urlParameters, ""
}

// parameters reads what follows the first ";". slash says that "/" stood before it.
func (u *URL) parameters(text string, slash bool) bool {
	next := urlUIDValidity
	for {
		one, rest, more := strings.Cut(text, ";")
		closed := strings.HasSuffix(one, "/")
		if more {
			one = strings.TrimSuffix(one, "/")
		}
		which, value := urlParameter(one)
		if which < next || which == urlParameters || !u.belongs(which, slash) || !u.parameter(which, value) {
			return false
		}
		if !more {
			return true
		}
		next, slash, text = which+1, closed, rest
	}
}

// belongs reports whether a parameter may follow what was read, with or without a
// slash.
func (u *URL) belongs(which int, slash bool) bool {
	switch which {
	case urlUIDValidity:
		return !slash && u.Mailbox != ""
	case urlUID:
		return slash
	case urlSection:
		return slash && (u.UID != 0 || u.Form == URLRelativePath && u.Mailbox == "")
	case urlPartial:
		return slash && (u.UID != 0 || u.Form == URLRelativePath && u.Mailbox == "")
	}
	return u.UID != 0
}

// parameter takes the value of a parameter.
func (u *URL) parameter(which int, value string) (ok bool) {
	switch which {
	case urlUIDValidity:
		u.UIDValidity, ok = urlNumber(value, true)
	case urlUID:
		u.UID, ok = urlNumber(value, true)
	case urlSection:
		u.Section, ok = unescape(value, true)
		ok = ok && validBchars(value)
	case urlPartial:
		u.Partial = new(URLPartial)
		offset, count, both := strings.Cut(value, ".")
		u.Partial.Offset, ok = urlNumber(offset, false)
		if ok && both {
			u.Partial.Count, ok = urlNumber(count, true)
		}
	case urlExpire:
		var err error
		u.Expire, err = time.Parse(time.RFC3339, strings.ToUpper(value))
		ok = err == nil
	case urlAuth:
		ok = u.authorization(value)
	}
	return ok
}

// urlNumber reads a number, or nz-number (RFC 9051 §9).
func urlNumber(text string, positive bool) (uint32, bool) {
	n, err := strconv.ParseUint(text, 10, 32)
	return uint32(n), err == nil && text[0] != '+' && !(positive && (n == 0 || text[0] == '0'))
}

// authorization reads access [":" uauth-mechanism ":" enc-urlauth] (RFC 5092 §11).
func (u *URL) authorization(text string) (ok bool) {
	access, verifier, full := strings.Cut(text, ":")
	if u.Access, ok = unescape(access, true); !ok || strings.ContainsAny(access, "@/?") || !isAccess(u.Access) {
		return false
	}
	kind, user := u.AccessOf()
	u.Access = kind + user
	if !full {
		return true
	}
	u.Mechanism, u.Token, ok = strings.Cut(verifier, ":")
	if !ok || !IsURLMechanism(u.Mechanism) || len(u.Token) < 32 {
		return false
	}
	for i := range len(u.Token) {
		if unhex(u.Token[i]) > 15 {
			return false
		}
	}
	return true
}

// IsURLMechanism reports whether a text can name a mechanism of URLAUTH (RFC 4467
// §9).
func IsURLMechanism(name string) bool {
	for i := range len(name) {
		if c := name[i]; c|0x20-'a' >= 26 && c-'0' >= 10 && c != '-' && c != '.' {
			return false
		}
	}
	return name != ""
}

// Kinds of access identifiers (RFC 4467 §3).
const (
	AccessSubmit    = "submit+"   // message submission entities, on behalf of a user
	AccessUser      = "user+"     // one user
	AccessAuthUser  = "authuser"  // all who are logged in
	AccessAnonymous = "anonymous" // all
)

// AccessOf gives the kind of the URL's access identifier and the user that it
// names, if it does.
func (u *URL) AccessOf() (kind, user string) {
	for _, kind := range [...]string{AccessSubmit, AccessUser} {
		if hasFoldPrefix(u.Access, kind) {
			return kind, u.Access[len(kind):]
		}
	}
	return strings.ToLower(u.Access), ""
}

func isAccess(text string) bool {
	kind, user := (&URL{Access: text}).AccessOf()
	return kind == AccessAuthUser || kind == AccessAnonymous || user != ""
}
