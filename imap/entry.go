package imap

import (
	"strings"
)

// EntryFault says what is wrong with the name of a metadata entry (RFC 5464
// §3.2), or answers "". A name has two components at least, or four where it is
// a vendor's. scope says that "/private" and "/shared" alone will do, as they do
// where all below them is asked for.
func EntryFault(name string, scope bool) string {
	for i := range len(name) {
		switch c := name[i]; {
		case c == '*' || c == '%':
			return "entry name has a wildcard"
		case c < 0x20 || c >= 0x7f:
			return "entry name has a character that is not printable ASCII"
		}
	}
	parts := strings.Split(strings.ToLower(name), "/")
	switch {
	case len(parts) < 2 || parts[0] != "" || parts[1] != "private" && parts[1] != "shared":
		return "entry name does not begin with /private or /shared"
	case len(parts) > 2 && anyEmpty(parts[1:]):
		return "entry name has an empty component"
	case scope:
		return ""
	case len(parts) < 3:
		return "entry name is only a scope"
	case parts[2] == "vendor" && len(parts) < 5:
		return "entry name of a vendor has less than four components"
	}
	return ""
}

func anyEmpty(parts []string) bool {
	for _, p := range parts {
		if p == "" {
			return true
		}
	}
	return false
}

// MetadataDepth is how far below an entry GETMETADATA asks for others (RFC 5464
// §4.2.2).
type MetadataDepth uint8

// The depths.
const (
	MetadataDepthNone MetadataDepth = iota
	MetadataDepthOne
	MetadataDepthInfinity
)
