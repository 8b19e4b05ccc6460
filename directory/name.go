package directory

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/secure/precis"

	"github.com/restante/restante"
)

// Bounds of RFC 5321 §4.5.3.1, in octets of UTF-8.
const (
	maxLocalPart = 64
	maxDomain    = 255
)

// Canonical gives the one form of a login name or address under which the
// directory keeps it: the local part, or a name without a domain, in the
// UsernameCaseMapped profile of PRECIS (RFC 8265 §3.3), and the domain in
// lower case with A-labels (RFC 5890 §2.3.2.1) or as an address literal
// (RFC 5321 §4.1.3). It answers an error of kind restante.ErrInvalid for what
// cannot be a name.
func Canonical(name string) (string, error) {
	local, domain, err := split(name)
	if err != nil {
		return "", err
	}
	return join(local, domain), nil
}

// split parses name and canonicalises its two halves; domain is empty for a
// name without one.
func split(name string) (local, domain string, err error) {
	if !utf8.ValidString(name) {
		return "", "", fmt.Errorf("name is not UTF-8: %w", restante.ErrInvalid)
	}
	if len(name) > 4*(maxLocalPart+maxDomain) {
		return "", "", fmt.Errorf("name of %d octets is too long: %w", len(name), restante.ErrInvalid)
	}
	local = name
	if at := strings.LastIndexByte(name, '@'); at >= 0 {
		local, domain = name[:at], name[at+1:]
		if domain, err = canonicalDomain(domain); err != nil {
			return "", "", err
		}
	}
	if local, err = canonicalLocal(local); err != nil {
		return "", "", err
	}
	return local, domain, nil
}

func join(local, domain string) string {
	if domain == "" {
		return local
	}
	return local + "@" + domain
}

func canonicalLocal(local string) (string, error) {
	lower := isLowerASCII(local) // as nearly all names: PRECIS would not change it
	longest := maxLocalPart
	if !lower {
		longest *= 4 // what PRECIS makes of a character is at least a fourth of it
	}
	if len(local) > longest {
		return "", fmt.Errorf("name is longer than %d octets: %w", maxLocalPart, restante.ErrInvalid)
	}
	if lower {
		return local, nil
	}
	mapped, err := precis.UsernameCaseMapped.String(local)
	if err != nil {
		return "", fmt.Errorf("name %q has characters that no name may have: %w", local, restante.ErrInvalid)
	}
	if mapped == "" || len(mapped) > maxLocalPart {
		return "", fmt.Errorf("name is empty or longer than %d octets: %w", maxLocalPart, restante.ErrInvalid)
	}
	if strings.IndexByte(mapped, '@') >= 0 {
		return "", fmt.Errorf("name %q has more than one @: %w", local, restante.ErrInvalid)
	}
	return mapped, nil
}

// isLowerASCII reports whether s is not empty and only of the printable ASCII
// characters that canonicalLocal leaves as they are.
func isLowerASCII(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || c == '@' || c >= 'A' && c <= 'Z' {
			return false
		}
	}
	return s != ""
}

func canonicalDomain(domain string) (string, error) {
	if strings.HasPrefix(domain, "[") && strings.HasSuffix(domain, "]") {
		return canonicalLiteral(domain)
	}
	domain = strings.TrimSuffix(domain, ".")
	ascii, err := idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false),
		idna.StrictDomainName(false)).ToASCII(domain)
	if err != nil || ascii == "" || len(ascii) > maxDomain {
		return "", fmt.Errorf("domain %q is not valid: %w", domain, restante.ErrInvalid)
	}
	for label := range strings.SplitSeq(ascii, ".") {
		if !validLabel(label) {
			return "", fmt.Errorf("domain %q is not valid: %w", domain, restante.ErrInvalid)
		}
	}
	return ascii, nil
}

// validLabel takes letters, digits, hyphens, and the underscores that some
// sites have in their names.
func validLabel(label string) bool {
	for i := range len(label) {
		c := label[i]
		if c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return label != "" && len(label) <= 63
}

func canonicalLiteral(literal string) (string, error) {
	inner := strings.ToLower(literal[1 : len(literal)-1])
	bare, v6 := strings.CutPrefix(inner, "ipv6:")
	addr, err := netip.ParseAddr(bare)
	if err != nil || addr.Zone() != "" || addr.Is6() != v6 {
		return "", fmt.Errorf("address literal %q is not valid: %w", literal, restante.ErrInvalid)
	}
	if v6 {
		return "[ipv6:" + addr.String() + "]", nil
	}
	return "[" + addr.String() + "]", nil
}
