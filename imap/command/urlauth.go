package command

import (
	"log/slog"
	"strings"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/wire"
)

// ResetKey is the RESETKEY command (RFC 4467 §7):
//
//	resetkey = "RESETKEY" [SP mailbox *(SP mechanism)]
type ResetKey struct {
	Mailbox    string   // empty: all keys go
	Mechanisms []string // as the client wrote them
}

// Name is RESETKEY.
func (ResetKey) Name() string { return "RESETKEY" }

// LogValue gives the mailbox.
func (c ResetKey) LogValue() slog.Value { return slog.GroupValue(slog.String("mailbox", c.Mailbox)) }

// GenURLAuth is the GENURLAUTH command (RFC 4467 §7):
//
//	genurlauth = "GENURLAUTH" 1*(SP url-rump SP mechanism)
//	url-rump   = astring
type GenURLAuth struct {
	URLs []RumpURL
}

// RumpURL is a URL that is to be authorized by a mechanism, both as the client wrote
// them.
type RumpURL struct{ URL, Mechanism string }

// Name is GENURLAUTH.
func (GenURLAuth) Name() string { return "GENURLAUTH" }

// LogValue gives how many URLs there are.
func (c GenURLAuth) LogValue() slog.Value { return slog.GroupValue(slog.Int("urls", len(c.URLs))) }

// URLFetch is the URLFETCH command (RFC 5524 §5):
//
//	urlfetch         = "URLFETCH" 1*(SP url-fetch-arg)
//	url-fetch-arg    = url-fetch-simple / url-fetch-ext
//	url-fetch-simple = url-full
//	url-fetch-ext    = "(" url-full *(SP url-fetch-param) ")"
//	url-fetch-param  = "BODY" / "BINARY" / "BODYPARTSTRUCTURE" / atom
type URLFetch struct {
	URLs []FetchURL
}

// FetchURL is one URL with what is asked for. Without Body, Binary and Structure
// that is its octets, in the form of RFC 4467.
type FetchURL struct {
	URL                     string // as the client wrote it
	Body, Binary, Structure bool
}

// Name is URLFETCH.
func (URLFetch) Name() string { return "URLFETCH" }

// LogValue gives how many URLs there are: whoever reads one can use it.
func (c URLFetch) LogValue() slog.Value { return slog.GroupValue(slog.Int("urls", len(c.URLs))) }

// ParseResetKey reads the arguments of RESETKEY.
func ParseResetKey(d *wire.Decoder, o Options) (c ResetKey, err error) {
	if d.AtEnd() {
		return c, end(d)
	}
	if c.Mailbox, _ = mailbox(d, &o); d.Err() == nil && c.Mailbox == "" {
		d.Expected("a mailbox")
	}
	for d.Err() == nil && !d.AtEnd() {
		m, ok := mechanism(d)
		switch {
		case !ok:
		case len(c.Mechanisms) == or(o.Limits.URLs, 1000):
			d.Fail(wire.OverLimit, "too many mechanisms")
		default:
			c.Mechanisms = append(c.Mechanisms, m)
		}
	}
	return c, end(d)
}

// mechanism reads SP mechanism (RFC 4467 §9).
func mechanism(d *wire.Decoder) (string, bool) {
	if !d.ExpectSP() {
		return "", false
	}
	b, ok := d.Keyword()
	if ok && !imap.IsURLMechanism(string(b)) {
		ok = d.Expected("a mechanism")
	}
	return string(b), ok
}

// ParseGenURLAuth reads the arguments of GENURLAUTH.
func ParseGenURLAuth(d *wire.Decoder, o Options) (c GenURLAuth, err error) {
	for more := true; more && d.Err() == nil; more = !d.AtEnd() {
		var r RumpURL
		ok := d.ExpectSP()
		if ok {
			r.URL, ok = urlText(d, &o)
		}
		if ok {
			r.Mechanism, ok = mechanism(d)
		}
		if ok && len(c.URLs) == or(o.Limits.URLs, 1000) {
			d.Fail(wire.OverLimit, "too many URLs")
		}
		c.URLs = append(c.URLs, r)
	}
	return c, end(d)
}

// ParseURLFetch reads the arguments of URLFETCH. More than one space before a URL
// is taken, as in the examples of RFC 5524 §4.
func ParseURLFetch(d *wire.Decoder, o Options) (c URLFetch, err error) {
	for more := true; more && d.Err() == nil; more = !d.AtEnd() {
		var u FetchURL
		ok := d.ExpectSP()
		if d.SkipSpaces(); ok && d.AtEnd() && len(c.URLs) > 0 {
			break
		}
		switch {
		case !ok:
		case d.Peek() == '(':
			first := true
			d.List(func() bool {
				if first {
					first = false
					u.URL, ok = urlText(d, &o)
					return ok
				}
				return u.parameter(d)
			})
			if d.Err() == nil && first {
				d.Expected("a URL")
			}
		default:
			u.URL, _ = urlText(d, &o)
		}
		if d.Err() == nil && len(c.URLs) == or(o.Limits.URLs, 1000) {
			d.Fail(wire.OverLimit, "too many URLs")
		}
		c.URLs = append(c.URLs, u)
	}
	return c, end(d)
}

// parameter reads a url-fetch-param. None may be there twice, and not BODY with
// BINARY (RFC 5524 §3.1). There are no others yet.
func (u *FetchURL) parameter(d *wire.Decoder) bool {
	b, ok := d.Keyword()
	if !ok {
		return false
	}
	var which *bool
	switch strings.ToUpper(string(b)) {
	case "BODY":
		which = &u.Body
	case "BINARY":
		which = &u.Binary
	case "BODYPARTSTRUCTURE":
		which = &u.Structure
	default:
		return d.Expected("BODY, BINARY or BODYPARTSTRUCTURE")
	}
	if *which {
		return d.Expected("each parameter once")
	}
	*which = true
	return !(u.Body && u.Binary) || d.Expected("either BODY or BINARY")
}
