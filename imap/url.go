package imap

import (
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"
)

// URLForm says how much of an IMAP URL is written out (RFC 5092 §7).
type URLForm uint8

// The forms.
const (
	URLAbsolute     URLForm = iota // imap://…
	URLNetworkPath                 // //…
	URLAbsolutePath                // /…
	URLRelativePath                // ;UID=20 and the like
	URLEmpty                       // the same document
)

// URL is an IMAP URL (RFC 5092 §11, RFC 2192). All texts are without percent
// coding, in UTF-8. A zero field is a part that is not there.
type URL struct {
	Form        URLForm
	User        string // whose mailbox names are meant, and who logs in (RFC 5092 §3)
	Auth        string // of ;AUTH=; "*" is any
	Host        string
	Port        string
	Mailbox     string
	UIDValidity uint32
	Search      string // a search program
	UID         uint32
	Section     string // a section-spec (RFC 9051 §9)
	Partial     *URLPartial

	Expire    time.Time
	Access    string // of ;URLAUTH= (RFC 5092 §6.1.2)
	Mechanism string // which made Token; empty in a rump
	Token     string // hexadecimal
}

// URLPartial is ;PARTIAL=offset.length in octets. Count 0 is all that follows.
type URLPartial struct {
	Offset uint32
	Count  uint32
}

// IsMessage reports whether the URL refers to a message or a part of one.
func (u *URL) IsMessage() bool { return u.UID != 0 && u.Search == "" }

// Expired reports whether the URL may no longer be used (RFC 4467 §3).
func (u *URL) Expired(now time.Time) bool { return !u.Expire.IsZero() && now.After(u.Expire) }

// ParseURL reads an IMAP URL, absolute or relative, and says no to a text that is
// none. Beyond the grammar it takes "/" before ;EXPIRE and ;URLAUTH, as in the
// examples of RFC 5550 §8.4.1.
func ParseURL(text string) (u URL, ok bool) {
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("\"#<>\\^`{|}", c) >= 0 {
			return u, false
		}
	}
	rest := text
	switch {
	case hasFoldPrefix(rest, "imap://"):
		rest = rest[len("imap:"):]
	case strings.HasPrefix(rest, "//"):
		u.Form = URLNetworkPath
	case strings.HasPrefix(rest, "/"):
		u.Form = URLAbsolutePath
	case rest == "":
		u.Form = URLEmpty
		return u, true
	default:
		u.Form = URLRelativePath
		if end := strings.IndexAny(rest, ":/?;"); end >= 0 && rest[end] == ':' {
			return u, false // another scheme (RFC 5092 §7.2)
		}
		return u, u.path(rest)
	}
	if u.Form != URLAbsolutePath {
		rest = rest[2:]
		end := strings.IndexAny(rest, "/?")
		if end < 0 {
			end = len(rest)
		}
		if !u.server(rest[:end]) {
			return u, false
		}
		if rest = rest[end:]; rest == "" {
			return u, true
		}
	}
	if rest[0] != '/' {
		return u, false
	}
	return u, u.path(rest[1:])
}

func hasFoldPrefix(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// server reads [iuserinfo "@"] host [":" port].
func (u *URL) server(text string) (ok bool) {
	if at := strings.LastIndexByte(text, '@'); at >= 0 {
		user := text[:at]
		text = text[at+1:]
		if user == "" {
			return false
		}
		user, auth, hasAuth := strings.Cut(user, ";")
		if u.User, ok = unescape(user, false); !ok || strings.ContainsAny(user, ":@/?") {
			return false
		}
		if hasAuth {
			if !hasFoldPrefix(auth, "AUTH=") || strings.ContainsAny(auth, ";:@/?") {
				return false
			}
			if u.Auth, ok = unescape(auth[len("AUTH="):], true); !ok {
				return false
			}
		}
	}
	u.Host = text
	if colon := strings.LastIndexByte(text, ':'); colon > strings.LastIndexByte(text, ']') {
		u.Host, u.Port = text[:colon], text[colon+1:]
	}
	return validHost(u.Host) && strings.Trim(u.Port, "0123456789") == ""
}

// validHost reports whether the text can be a name, an IPv4 address, or an IPv6
// address in brackets (RFC 5092 §11, iserver).
func validHost(host string) bool {
	if inner, bracketed := strings.CutPrefix(host, "["); bracketed {
		inner, bracketed = strings.CutSuffix(inner, "]")
		address, err := netip.ParseAddr(inner)
		return bracketed && err == nil && address.Is6()
	}
	return host != "" && !strings.ContainsAny(host, "@;,&=:[]")
}

// path reads what stands behind the server, without its first slash.
func (u *URL) path(text string) (ok bool) {
	text, query, hasQuery := strings.Cut(text, "?")
	if strings.HasPrefix(text, "/") {
		return false
	}
	if u.Form != URLRelativePath {
		text = removeDots(text)
	}
	mailbox, parameters, hasParameters := strings.Cut(text, ";")
	slash := strings.HasSuffix(mailbox, "/") || mailbox == "" && u.Form == URLRelativePath
	mailbox = strings.TrimSuffix(mailbox, "/")
	if u.Mailbox, ok = unescape(mailbox, false); !ok || !validBchars(mailbox) {
		return false
	}
	u.Mailbox = CanonMailbox(u.Mailbox, Delimiter)
	if hasParameters && !u.parameters(parameters, slash) {
		return false
	}
	if hasQuery {
		if u.Search, ok = unescape(query, true); !ok || u.UID != 0 || u.Mailbox == "" {
			return false
		}
	}
	return u.Mailbox != "" || !hasParameters || u.Form == URLRelativePath
}

// validBchars reports whether none of the octets has to be percent-coded (RFC
// 5092 §11, bchar).
func validBchars(text string) bool { return !strings.ContainsAny(text, "[]") }

// removeDots takes "." and ".." out of a path, as relative URLs of any kind are read
// (RFC 5092 §7.2).
func removeDots(path string) string {
	if !strings.Contains(path, ".") {
		return path
	}
	segments := strings.Split(path, "/")
	kept := segments[:0]
	last := len(segments) - 1
	for i, s := range segments {
		switch s {
		case ".", "..":
			if s == ".." && len(kept) > 0 {
				kept = kept[:len(kept)-1]
			}
			if i == last {
				kept = append(kept, "")
			}
		default:
			kept = append(kept, s)
		}
	}
	return strings.Join(kept, "/")
}

// unescape undoes percent coding, to UTF-8 without NUL. An empty text is refused
// where some is needed.
func unescape(text string, some bool) (string, bool) {
	if some && text == "" {
		return "", false
	}
	if strings.IndexByte(text, '%') < 0 {
		return text, true
	}
	b := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '%' {
			if i+2 >= len(text) {
				return "", false
			}
			high, low := unhex(text[i+1]), unhex(text[i+2])
			if c = high<<4 | low; high > 15 || low > 15 || c == 0 {
				return "", false
			}
			i += 2
		}
		b = append(b, c)
	}
	return string(b), utf8.Valid(b)
}

// unhex gives the value of a hexadecimal digit, and 255 for what is none.
func unhex(c byte) byte {
	switch {
	case c-'0' < 10:
		return c - '0'
	case c|0x20-'a' < 6:
		return c | 0x20 - 'a' + 10
	}
	return 255
}
