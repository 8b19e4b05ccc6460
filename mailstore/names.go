package mailstore

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/restante/restante"
)

// separator stands between the levels of a mailbox name.
const separator = "/"

// ErrName is of what cannot be the name of a mailbox.
var ErrName = fmt.Errorf("%w", restante.ErrInvalid)

// ErrNameLimit is of a name above Limits.NameBytes or Limits.NameDepth.
var ErrNameLimit = fmt.Errorf("mailbox name: %w", restante.ErrLimit)

// normalizeName gives the form in which a mailbox name is kept: UTF-8 in NFC
// without control characters (Net-Unicode, RFC 5198 §2), with INBOX in
// capitals where it is the first level. A name that cannot be one is
// ErrName.
func normalizeName(name string) (string, error) {
	bad := func(why string) (string, error) {
		return "", fmt.Errorf("mailstore: mailbox name %q %s: %w", name, why, ErrName)
	}
	if name == "" {
		return bad("is empty")
	}
	if !utf8.ValidString(name) {
		return bad("is not UTF-8")
	}
	for _, r := range name {
		// U+2028 and U+2029 are forbidden by RFC 5198 §2 as well.
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == '\uFEFF' {
			return bad("has control characters")
		}
	}
	normal := norm.NFC.String(name)
	if strings.HasPrefix(normal, separator) || strings.HasSuffix(normal, separator) ||
		strings.Contains(normal, separator+separator) {
		return bad("has an empty level")
	}
	first, _, _ := strings.Cut(normal, separator)
	if first != inbox && strings.EqualFold(first, inbox) {
		normal = inbox + normal[len(first):]
	}
	return normal, nil
}

// newName normalizes the name of a mailbox to be made and holds it against the
// limits. One separator at the end is ignored, as RFC 9051 §6.3.4 asks.
func (l Limits) newName(name string) (string, error) {
	normal, err := normalizeName(strings.TrimSuffix(name, separator))
	if err != nil {
		return "", err
	}
	if len(normal) > l.NameBytes {
		return "", fmt.Errorf("mailstore: %d bytes, more than %d: %w", len(normal), l.NameBytes, ErrNameLimit)
	}
	if depth := strings.Count(normal, separator) + 1; depth > l.NameDepth {
		return "", fmt.Errorf("mailstore: %d levels, more than %d: %w", depth, l.NameDepth, ErrNameLimit)
	}
	return normal, nil
}

// CheckName says whether a mailbox could be made with that name: the error is
// ErrName or ErrNameLimit.
func (l Limits) CheckName(name string) error {
	_, err := l.newName(name)
	return err
}

// CompareNames orders the names of mailboxes, in normal form: INBOX first, the others by
// their bytes. It answers as strings.Compare does.
func CompareNames(a, b string) int {
	switch {
	case a == b:
		return 0
	case a == inbox, b != inbox && a < b:
		return -1
	}
	return 1
}

// superiors are the names above a name, the highest first.
func superiors(name string) []string {
	var list []string
	for i := range len(name) {
		if name[i] == separator[0] {
			list = append(list, name[:i])
		}
	}
	return list
}
