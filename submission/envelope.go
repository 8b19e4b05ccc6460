package submission

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/message"
)

// envelope is who sends a message, and to whom (RFC 5321 §2.3.1).
type envelope struct {
	from string
	to   []string
	utf8 bool // the header has characters beyond ASCII (RFC 6531)
	// utf8Address says that an address has, so that it takes SMTPUTF8.
	utf8Address bool
}

// envelope takes the envelope from a header: the sender is its Sender or, without
// one, its only From, and must be an address of the account; the recipients are
// those of To, Cc and Bcc, each once, groups with all their members. Of a message that
// is sent on it is the Resent fields that say so, those of the last time (RFC 5322
// §3.6.6).
func (s *Submitter) envelope(ctx context.Context, account restante.AccountID, header []byte) (envelope, error) {
	e := envelope{utf8: !ascii(string(header))}
	prefix := ""
	if resent := message.Resent(header); len(resent) > 0 {
		header, prefix = resent, "Resent-"
	}
	senders, ok := addresses(header, prefix+"Sender")
	if ok && len(senders) == 0 {
		senders, ok = addresses(header, prefix+"From")
	}
	if !ok || len(senders) != 1 {
		return e, &Error{Text: "The message has no single sender", Final: true}
	}
	e.from = senders[0]
	owner, err := s.options.Resolve(ctx, e.from)
	switch {
	case errors.Is(err, restante.ErrNotFound), errors.Is(err, restante.ErrInvalid), err == nil && owner != account:
		return e, &Error{Text: "The sender of the message is not an address of yours", Final: true}
	case err != nil:
		return e, err
	}
	for _, field := range [...]string{"To", "Cc", "Bcc"} {
		found, ok := addresses(header, prefix+field)
		if !ok {
			return e, &Error{Text: "The message has a recipient that is no address", Final: true}
		}
		for _, to := range found {
			if !slices.Contains(e.to, to) {
				e.to = append(e.to, to)
			}
			if len(e.to) > s.options.Limits.Recipients {
				return e, &Error{Text: "The message has too many recipients", Final: true}
			}
		}
	}
	if len(e.to) == 0 {
		return e, &Error{Text: "The message has no recipients", Final: true}
	}
	e.utf8Address = !ascii(e.from) || !ascii(strings.Join(e.to, ""))
	e.utf8 = e.utf8 || e.utf8Address
	return e, nil
}

func ascii(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r >= 0x80 })
}

// addresses gives the addresses of all fields of a name, as SMTP wants them. ok is
// false if one is none.
func addresses(header []byte, field string) (all []string, ok bool) {
	for value := range message.HeaderValues(header, field) {
		for a := range message.Addresses(value) {
			if a.Host == nil {
				continue // where a group begins or ends
			}
			if !a.Complete() {
				return nil, false
			}
			address := local(string(a.Mailbox)) + "@" + string(a.Host)
			if strings.ContainsAny(string(a.Host), " <>\"\\") || strings.ContainsFunc(address, func(r rune) bool { return r < 0x20 || r == 0x7f }) {
				return nil, false
			}
			all = append(all, address)
		}
	}
	return all, true
}

// local gives the local part of an address, in quotes where it needs them (RFC 5321
// §4.1.2).
func local(name string) string {
	plain := !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r == 0x7f || strings.ContainsRune("()<>[]:;@\\,\"", r)
	})
	if plain && !strings.HasPrefix(name, ".") && !strings.HasSuffix(name, ".") && !strings.Contains(name, "..") {
		return name
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
}
