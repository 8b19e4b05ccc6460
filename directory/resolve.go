package directory

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/restante/restante"
)

// Resolve finds the user to whom an address delivers. The detail of a
// user+detail@domain address (RFC 5233 §4) is answered beside it, as the
// sender has spelled it; where a name itself has a plus sign, the longest name
// wins. Local domains are as for Lookup. It answers restante.ErrNotFound, and
// restante.ErrInvalid for what cannot be an address.
func (d *Directory) Resolve(ctx context.Context, address string) (u User, detail string, err error) {
	at := strings.LastIndexByte(address, '@')
	spelled, domain := address, ""
	if at >= 0 {
		spelled = address[:at]
		if domain, err = canonicalDomain(address[at+1:]); err != nil {
			return User{}, "", err
		}
	}
	valid := false
	for cut := len(spelled); cut > 0; cut = strings.LastIndexByte(spelled[:cut], '+') {
		local, err := canonicalLocal(spelled[:cut])
		if err != nil {
			continue // a detail may have characters that a name may not
		}
		valid = true
		u, err := d.lookup(ctx, local, domain)
		if errors.Is(err, restante.ErrNotFound) {
			continue
		}
		return u, strings.TrimPrefix(spelled[cut:], "+"), err
	}
	if !valid {
		return User{}, "", fmt.Errorf("address %q has no valid local part: %w", address, restante.ErrInvalid)
	}
	return User{}, "", fmt.Errorf("address %q: %w", address, restante.ErrNotFound)
}
