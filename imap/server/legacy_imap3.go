package server

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/imap/legacy"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/search"
)

// versionRows are the commands by which a client chooses its protocol (RFC 1203).
func versionRows() []row {
	return []row{
		{name: "SUPPORTED.VERSIONS", parse: parsePlain1203, run: solicited(on((*session).supportedVersions)), states: anyState, rfc: "RFC 1203"},
		{name: "SELECT.VERSION", parse: parseSelectVersion, run: on((*session).selectVersion), states: anyState, rfc: "RFC 1203"},
		{name: "SELECT.FEATURES", parse: parseSelectFeatures, run: on((*session).selectFeatures), states: anyState, rfc: "RFC 1203"},
	}
}

// imap3Rows are the commands that RFC 1203 adds to those of RFC 1176, or has
// otherwise.
func imap3Rows() []row {
	return []row{
		{name: "FETCH", parse: parseFetch1203, run: solicited(on((*session).fetch1203)), states: inSelected, sequence: true, rfc: "RFC 1203"},
		{name: "READONLY", parse: parsePlain1203, run: solicited(on((*session).setWriting)), states: inSelected, expunge: true, rfc: "RFC 1203"},
		{name: "READWRITE", parse: parsePlain1203, run: solicited(on((*session).setWriting)), states: inSelected, expunge: true, rfc: "RFC 1203"},
		{name: "FLAGS", parse: parsePlain1203, run: solicited(on((*session).flags1203)), states: inSelected, expunge: true, rfc: "RFC 1203"},
		{name: "SET.FLAGS", parse: parseSetFlags, run: solicited(on((*session).setFlags)), states: inSelected, expunge: true, rfc: "RFC 1203"},
		{name: "SEND", parse: parseSend, run: on((*session).send1203), states: authenticated, expunge: true, rfc: "RFC 1203"},
		{name: "ADD.MESSAGE", parse: parseAddMessage, run: on((*session).addMessage), states: authenticated, expunge: true, rfc: "RFC 1203"},
	}
}

func parsePlain1203(s *session, _ command.Options) (command.Command, error) {
	return legacy.ParsePlain(s.dec, s.name)
}

func parseSelectVersion(s *session, _ command.Options) (command.Command, error) {
	return legacy.ParseSelectVersion(s.dec)
}

func parseSelectFeatures(s *session, _ command.Options) (command.Command, error) {
	return legacy.ParseSelectFeatures(s.dec)
}

func parseFetch1203(s *session, o command.Options) (command.Command, error) {
	return legacy.ParseFetch(s.dec, s.elder.features, o)
}

func parseStore1203(s *session, o command.Options) (command.Command, error) {
	return legacy.ParseStore(s.dec, o)
}

func parseSetFlags(s *session, _ command.Options) (command.Command, error) {
	return legacy.ParseSetFlags(s.dec, s.srv.store.Limits().Keywords)
}

func parseAddMessage(s *session, o command.Options) (command.Command, error) {
	c, err := legacy.ParseAddMessage(s.dec, o)
	return c, err
}

// supportedVersions handles SUPPORTED.VERSIONS (RFC 1203).
func (s *session) supportedVersions(context.Context, legacy.Plain) (imap.StatusResponse, error) {
	s.enc.Raw("* SUPPORTED.VERSIONS ").Raw(legacy.SupportedVersions(s.features1203())).CRLF()
	return done, nil
}

// selectVersion handles SELECT.VERSION (RFC 1203), after which the session has the
// commands of that version alone.
func (s *session) selectVersion(_ context.Context, c legacy.SelectVersion) (imap.StatusResponse, error) {
	d, found := c.Dialect()
	switch {
	case s.selected != nil:
		return done, imap.Bad("SELECT.VERSION: a mailbox is selected")
	case s.enabled != 0 || s.conn.Compressed():
		return done, imap.Bad("SELECT.VERSION: extensions of later protocols are in use")
	case !found:
		return done, imap.No("", "There is no such version")
	}
	s.elder.certain = true
	s.speak(d)
	return ok("", "Version selected"), nil
}

// selectFeatures handles SELECT.FEATURES (RFC 1203): those that are not named are as
// they are by default.
func (s *session) selectFeatures(_ context.Context, c legacy.SelectFeatures) (imap.StatusResponse, error) {
	if s.elder.dialect != legacy.IMAP3 || c.Unknown != "" || !s.features1203().Has(c.On) {
		return done, imap.No("", "There is no such feature in this version")
	}
	s.elder.features = (s.elder.dialect.Features() | c.On) &^ c.Off
	s.followNewMail()
	return ok("", "Features selected"), nil
}

// fetch1203 handles FETCH (RFC 1203).
func (s *session) fetch1203(ctx context.Context, c *legacy.Fetch) (imap.StatusResponse, error) {
	return s.fetch(ctx, &c.Fetch)
}

// setWriting handles READONLY and READWRITE (RFC 1203).
func (s *session) setWriting(_ context.Context, c legacy.Plain) (imap.StatusResponse, error) {
	s.selected.readOnly = c.Command == "READONLY" || s.selected.rights&s.srv.store.WriteRights() == 0
	if s.selected.readOnly {
		s.enc.Raw("* READONLY").CRLF()
	} else {
		s.enc.Raw("* READWRITE").CRLF()
	}
	return done, nil
}

// flags1203 handles FLAGS (RFC 1203).
func (s *session) flags1203(context.Context, legacy.Plain) (imap.StatusResponse, error) {
	s.tellKeywords()
	return done, nil
}

// tellKeywords tells which flags there are.
func (s *session) tellKeywords() {
	s.enc.Raw("* FLAGS ").Flags(slices.Concat(s.keywords(), systemFlags())).CRLF()
}

// setFlags handles SET.FLAGS (RFC 1203): keywords that are not named any more are
// taken from the mailbox's messages.
func (s *session) setFlags(ctx context.Context, c legacy.SetFlags) (imap.StatusResponse, error) {
	if err := s.refuseWriting(); err != nil {
		return done, err
	}
	if !s.selected.rights.Has(mailstore.RightWrite) {
		return done, errNoPermission()
	}
	before := s.selected.view.Shown().Flags().Keywords()
	var gone []string
	for _, name := range before {
		if !slices.ContainsFunc(c.Keywords, sameKeyword(name)) {
			gone = append(gone, name)
		}
	}
	if uids := s.having(gone); len(uids) > 0 {
		if _, err := s.selected.account.StorePermitted(ctx, s.selected.id, uids, mailstore.RemoveFlags, gone, s.selected.rights, nil); err != nil {
			return done, err
		}
	}
	s.elder.known = knownFlags{made: c.Keywords, removed: gone}
	s.tellKeywords()
	return done, s.sync(ctx, false, false) // STORE for each message that was changed
}

// having gives the messages that have one of the keywords.
func (s *session) having(keywords []string) mailstore.UIDSet {
	snap := s.selected.view.Shown()
	if len(keywords) == 0 || snap.Len() == 0 {
		return nil
	}
	flags := s.newFlagNames()
	t := targets{snap: snap, ranges: []imap.NumRange{{Start: 1, Stop: uint32(snap.Len())}}}
	var set mailstore.UIDSet
	t.runs(func(r run) bool {
		for i := r.from; i < r.to; i++ {
			if slices.ContainsFunc(keywords, flags.of(r.page.FlagSet(i)).Has) {
				set = set.Add(r.page.UID(i))
			}
		}
		return true
	})
	return set
}

// sameKeyword gives whether another keyword is the same; case means nothing.
func sameKeyword(name string) func(string) bool {
	return func(other string) bool { return strings.EqualFold(name, other) }
}

// addMessage handles ADD.MESSAGE (RFC 1203, appendix).
func (s *session) addMessage(ctx context.Context, c *command.Append) (imap.StatusResponse, error) {
	if !s.elder.features.Has(legacy.AddMessage) {
		return done, imap.No("", "Select the feature ADD.MESSAGE first")
	}
	if _, err := s.append(ctx, c); err != nil {
		return done, err
	}
	return done, nil
}

// searchHeaders puts for each key that is searched for in all of the header (RFC
// 1203, HEADER) the messages that have it there. They are among those that have the
// text at all.
func (s *session) searchHeaders(ctx context.Context, k *imap.SearchKey) error {
	for i := range k.Keys {
		if err := s.searchHeaders(ctx, &k.Keys[i]); err != nil {
			return err
		}
	}
	if k.Op != imap.SearchHeader || k.Field != "" {
		return nil
	}
	found, err := s.find(ctx, &imap.SearchProgram{Key: imap.SearchKey{Op: imap.SearchText, Text: k.Text}}, nil)
	if err != nil {
		return err
	}
	r, err := s.selected.account.Reader(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	var set imap.NumSet
	needle := search.Fold(nil, []byte(k.Text))
	for seq := range found.All() {
		if err := ctx.Err(); err != nil {
			return err
		}
		header, err := r.Header(found.Snapshot().At(seq).EmailID)
		switch {
		case err == nil && bytes.Contains(search.Fold(nil, header), needle):
			set.AddNum(uint32(seq))
		case err != nil && !errors.Is(err, restante.ErrExpunged):
			return err
		}
	}
	*k = imap.SearchKey{Op: imap.SearchSeq, Set: set}
	if set.IsEmpty() {
		*k = imap.SearchKey{Op: imap.SearchNot, Keys: []imap.SearchKey{{Op: imap.SearchAll}}}
	}
	return nil
}
