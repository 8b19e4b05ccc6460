package server

import (
	"context"
	"strings"

	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/mailstore"
)

// filterPasses is how deep filters may name filters; a loop ends there (RFC 5466
// §3.1).
const filterPasses = 8

// expandFilters puts the stored criteria in the place of each FILTER key (RFC
// 5466 §3.1). Such a search is in UTF-8.
func (s *session) expandFilters(ctx context.Context, p *imap.SearchProgram) error {
	if !p.Key.Uses(imap.SearchFilter) {
		return nil
	}
	if p.Charset != "" && !strings.EqualFold(p.Charset, "UTF-8") && !strings.EqualFold(p.Charset, "US-ASCII") {
		return &imap.StatusResponse{Type: imap.StatusBad, Code: imap.CodeBadCharsets([]string{"UTF-8"}), Text: "FILTER implies UTF-8"}
	}
	e := filterExpander{s: s, ctx: ctx, left: p.Key.Count()}
	e.most = max(e.left, s.srv.limits.Command.MaxSearchKeys())
	if err := e.expand(&p.Key, 0); err != nil {
		return err
	}
	if s.uidOnly() && p.Key.Uses(imap.SearchSeq) {
		return errUIDRequired()
	}
	return nil
}

// filterExpander replaces FILTER keys.
type filterExpander struct {
	s          *session
	ctx        context.Context
	left, most int // keys so far, and how many there may be
}

func (e *filterExpander) expand(k *imap.SearchKey, depth int) error {
	for i := range k.Keys {
		if err := e.expand(&k.Keys[i], depth); err != nil {
			return err
		}
	}
	if k.Op != imap.SearchFilter {
		return nil
	}
	name := k.Text
	if depth == filterPasses {
		return errNoFilter(name)
	}
	value, err := e.s.filter(e.ctx, name)
	if err != nil {
		return err
	}
	key, err := command.ParseFilter(value, e.s.parseOptions())
	if err != nil {
		return imap.No(imap.CodeUndefinedFilter(name), "The filter is not a search that can be done")
	}
	if e.left += key.Count(); e.left > e.most {
		return imap.No(imap.CodeLimit, "Too many search keys in filters")
	}
	*k = key
	return e.expand(k, depth+1)
}

// filter gives the value of a filter: the user's private one, or the shared one
// (RFC 5466 §3.2).
func (s *session) filter(ctx context.Context, name string) (string, error) {
	if err := s.account.RefreshSince(ctx, s.moment); err != nil {
		return "", err
	}
	for _, scope := range [...]string{"/private", "/shared"} {
		value, found, err := s.account.MetadataValue(ctx, mailstore.MetadataPlace{}, scope+filterValues+name)
		if err != nil || found {
			return string(value), err
		}
	}
	return "", errNoFilter(name)
}

// filterValues is below which entries filters are kept (RFC 5466 §3.2).
const filterValues = "/filters/values/"

func errNoFilter(name string) error {
	return imap.No(imap.CodeUndefinedFilter(name), "There is no such filter")
}

// checkFilter refuses a value that is no search, when it is stored (RFC 5466
// §3.2), and a name that no FILTER key can have.
func (s *session) checkFilter(entry string, value []byte) error {
	scope, name, is := strings.Cut(strings.ToLower(entry), filterValues)
	if !is || scope != "/private" && scope != "/shared" {
		return nil
	}
	if name == "" || strings.Contains(name, "/") || !imap.IsAtom(name) {
		return imap.Bad("That is not the name of a filter")
	}
	if _, err := command.ParseFilter(string(value), s.parseOptions()); err != nil {
		return imap.No(imap.CodeCannot, "The value is not a search that can be done")
	}
	return nil
}
