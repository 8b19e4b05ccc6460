package imap

import (
	"strconv"
	"strings"
	"time"
)

// String writes the URL with percent coding where it is needed (RFC 5092 §8,
// §11), so that [ParseURL] reads it again.
func (u *URL) String() string {
	var b []byte
	switch u.Form {
	case URLAbsolute, URLNetworkPath:
		if u.Form == URLAbsolute {
			b = append(b, "imap:"...)
		}
		b = u.appendServer(append(b, "//"...))
		if u.Mailbox != "" {
			b = append(b, '/')
		}
	case URLAbsolutePath:
		b = append(b, '/')
	}
	return string(u.appendPath(b))
}

func (u *URL) appendServer(b []byte) []byte {
	b = appendEscaped(b, u.User, "&=")
	if u.Auth != "" {
		b = appendEscaped(append(b, ";AUTH="...), u.Auth, "&=")
	}
	if u.User != "" || u.Auth != "" {
		b = append(b, '@')
	}
	b = append(b, u.Host...)
	if u.Port != "" {
		b = append(append(b, ':'), u.Port...)
	}
	return b
}

func (u *URL) appendPath(b []byte) []byte {
	b = appendMailbox(b, u.Mailbox, u.Form == URLRelativePath)
	slash := u.Form != URLRelativePath || u.Mailbox != ""
	parameter := func(name string) {
		if slash {
			b = append(b, '/')
		}
		slash = true
		b = append(append(append(b, ';'), name...), '=')
	}
	if u.UIDValidity != 0 {
		b = strconv.AppendUint(append(b, ";UIDVALIDITY="...), uint64(u.UIDValidity), 10)
	}
	if u.Search != "" {
		b = appendEscaped(append(b, '?'), u.Search, "&=:@/")
	}
	if u.UID != 0 {
		parameter("UID")
		b = strconv.AppendUint(b, uint64(u.UID), 10)
	}
	if u.Section != "" {
		parameter("SECTION")
		b = appendEscaped(b, u.Section, "&=:@")
	}
	if u.Partial != nil {
		parameter("PARTIAL")
		b = strconv.AppendUint(b, uint64(u.Partial.Offset), 10)
		if u.Partial.Count != 0 {
			b = strconv.AppendUint(append(b, '.'), uint64(u.Partial.Count), 10)
		}
	}
	if !u.Expire.IsZero() {
		b = append(append(b, ";EXPIRE="...), u.Expire.Format(time.RFC3339Nano)...)
	}
	if u.Access == "" {
		return b
	}
	kind, user := u.AccessOf()
	b = appendEscaped(append(append(b, ";URLAUTH="...), kind...), user, "&=")
	if u.Mechanism == "" {
		return b
	}
	return append(append(append(append(b, ':'), u.Mechanism...), ':'), u.Token...)
}

// EncodeURLMailbox gives a mailbox name, in UTF-8 with "/" between its levels, as it stands in a URL
// behind the server and its "/" (RFC 5092 §11, enc-mailbox).
func EncodeURLMailbox(name string) string { return string(appendMailbox(nil, name, false)) }

// EncodeURLUser gives a login name as it stands in a URL (RFC 5092 §11, enc-user).
func EncodeURLUser(name string) string { return string(appendEscaped(nil, name, "&=")) }

// appendMailbox writes a mailbox name. What would be read as a dot-segment, as a
// second slash at the beginning or as one at the end is coded (RFC 5092 §7, §7.1),
// and where it begins the URL, what would be read as a scheme (RFC 5092 §7.2).
func appendMailbox(b []byte, name string, begins bool) []byte {
	levels := strings.Split(name, "/")
	last := len(levels) - 1
	for i, level := range levels {
		switch {
		case i == 0:
		case i == 1 && levels[0] == "", i == last && level == "":
			b = append(b, "%2F"...)
		default:
			b = append(b, '/')
		}
		if level == "." || level == ".." {
			b = append(b, strings.Repeat("%2E", len(level))...)
			continue
		}
		if begins && i == 0 {
			b = appendEscaped(b, level, "&=@")
			continue
		}
		b = appendEscaped(b, level, "&=:@")
	}
	return b
}

// appendEscaped writes text with all octets percent-coded but those that always
// stand for themselves (RFC 5092 §11, uchar) and those in extra.
func appendEscaped(b []byte, text, extra string) []byte {
	const hex = "0123456789ABCDEF"
	for i := range len(text) {
		c := text[i]
		if c|0x20-'a' < 26 || c-'0' < 10 || strings.IndexByte("-._~!$'()*+,", c) >= 0 || strings.IndexByte(extra, c) >= 0 {
			b = append(b, c)
			continue
		}
		b = append(b, '%', hex[c>>4], hex[c&15])
	}
	return b
}

// Resolve gives what a reference means beside a base (RFC 5092 §7): of the
// references by path only those that name no mailbox, which mean the base's (RFC
// 5092 §7.2, §9.1). ok is false for others.
func (u *URL) Resolve(base *URL) (full URL, ok bool) {
	full = *u
	full.Form = base.Form
	switch u.Form {
	case URLAbsolute:
		return *u, true
	case URLNetworkPath:
		return full, true
	case URLRelativePath:
		if u.Mailbox != "" || base.Mailbox == "" {
			return full, false
		}
		full.Mailbox, full.UIDValidity = base.Mailbox, base.UIDValidity
		if full.UID == 0 {
			full.UID = base.UID
			if full.Section == "" {
				full.Section = base.Section
			}
		}
	case URLEmpty:
		full = *base
	}
	full.User, full.Auth, full.Host, full.Port = base.User, base.Auth, base.Host, base.Port
	return full, true
}
