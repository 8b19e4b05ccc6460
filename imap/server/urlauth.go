package server

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/namespace"
)

// internalMechanism is the only mechanism there is (RFC 4467 §2.4.1).
const internalMechanism = "INTERNAL"

// urlTokenForm begins each token, so that another algorithm can be told apart (RFC
// 4467 §10). In this one two seals of the rump URL follow, made with a key of the
// server and with the mailbox access key. By the first, URLs that the server has never
// authorized are told from others before anything is looked for that they name.
const urlTokenForm = 2

// urlSealSize is how many octets a seal has: RFC 4467 §3 asks for 128 bits in all.
const urlSealSize = 16

// urlSeal is HMAC-SHA-256 of a rump URL, cut.
func urlSeal(key []byte, rump string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(rump))
	return mac.Sum(nil)[:urlSealSize]
}

// urlToken calculates the authorization token of a rump URL (RFC 4467 §5).
func (s *Server) urlToken(key []byte, rump string) []byte {
	return slices.Concat([]byte{urlTokenForm}, urlSeal(s.urlKey, rump), urlSeal(key, rump))
}

// splitURLToken gives the second seal of a token, whose first one is good.
func (s *Server) splitURLToken(token, rump string) (seal []byte, ok bool) {
	t, err := hex.DecodeString(token)
	if err != nil || len(t) != 1+2*urlSealSize || t[0] != urlTokenForm {
		return nil, false
	}
	return t[1+urlSealSize:], hmac.Equal(t[1:1+urlSealSize], urlSeal(s.urlKey, rump))
}

// urlTarget is the mailbox of a URL as the user in it sees it.
type urlTarget struct {
	home    *mailstore.Account // the user's, with the table of keys
	account *mailstore.Account // the mailbox's
	mailbox *mailstore.Mailbox
	place   mailstore.URLKeyPlace
}

// urlTarget finds the mailbox of a URL among those of the user in it, who has to
// have the right to read it (RFC 4467 §7). Without an error the accounts are to be
// released. Anything that is not there or not allowed is restante.ErrNotFound.
func (s *session) urlTarget(ctx context.Context, u *imap.URL) (t urlTarget, err error) {
	who, err := s.srv.names.Named(ctx, u.User)
	if err != nil {
		return t, err
	}
	if t.home, err = s.srv.store.Account(ctx, who.Self().Account); err != nil {
		return t, err
	}
	defer func() {
		if err != nil {
			t.release()
		}
	}()
	if err = t.home.RefreshSince(ctx, s.moment); err != nil {
		return t, err
	}
	owner, local := who.Self(), u.Mailbox
	t.account = t.home
	if namespace.Reserved(u.Mailbox) && t.home.State().MailboxByName(u.Mailbox) == nil {
		if owner, local, err = who.Find(ctx, u.Mailbox); err != nil {
			return t, err
		}
		if owner.Account != t.home.ID() {
			t.place.Owner = owner.Account
			if t.account, err = who.Open(ctx, owner); err != nil {
				return t, err
			}
			if err = t.account.RefreshSince(ctx, s.moment); err != nil {
				return t, err
			}
		}
	}
	if t.mailbox = t.account.State().MailboxByName(local); t.mailbox == nil || t.mailbox.NoSelect {
		return t, restante.ErrNotFound
	}
	t.place.Mailbox = t.mailbox.ID
	rights, err := who.Rights(ctx, owner, t.account.State(), t.mailbox.ID)
	if err == nil && !rights.Has(mailstore.RightRead) || u.UIDValidity != 0 && u.UIDValidity != t.mailbox.UIDValidity {
		err = restante.ErrNotFound
	}
	return t, err
}

// release gives back the accounts.
func (t *urlTarget) release() {
	if t.account != nil && t.account != t.home {
		t.account.Release()
	}
	if t.home != nil {
		t.home.Release()
	}
}

// genURLAuth handles GENURLAUTH (RFC 4467 §7): all URLs are authorized or none.
func (s *session) genURLAuth(ctx context.Context, c command.GenURLAuth) (imap.StatusResponse, error) {
	urls := make([]string, len(c.URLs))
	for i, r := range c.URLs {
		if !strings.EqualFold(r.Mechanism, internalMechanism) {
			return done, imap.No(imap.CodeCannot, "There is no such URLAUTH mechanism here")
		}
		token, err := s.authorizeURL(ctx, r.URL)
		if err != nil {
			return done, err
		}
		urls[i] = r.URL + ":internal:" + hex.EncodeToString(token)
	}
	s.enc.Untagged().Raw("GENURLAUTH")
	for _, u := range urls {
		s.enc.SP().String(u)
	}
	s.enc.CRLF()
	return done, nil
}

// authorizeURL gives the token of a URL of the session's user. Whether other users
// exist is not told: theirs are all refused in one way, and the user in the access
// identifier is not looked for.
func (s *session) authorizeURL(ctx context.Context, rump string) ([]byte, error) {
	u, ok := imap.ParseURL(rump)
	switch {
	case !ok || u.Form != imap.URLAbsolute || !u.IsMessage():
		return nil, imap.Bad("Supplied URL is not that of a message or part on an IMAP server")
	case u.Access == "":
		return nil, imap.Bad("Missing access identifier in supplied URL")
	case u.User == "":
		return nil, imap.Bad("Missing owner username in supplied URL")
	case u.Mechanism != "":
		return nil, imap.Bad("Supplied URL is authorized already")
	}
	if _, err := command.ParseSection(u.Section, s.parseOptions()); err != nil {
		return nil, imap.Bad("Bad section in supplied URL")
	}
	who, err := s.srv.names.Named(ctx, u.User)
	if err != nil && !errors.Is(err, restante.ErrNotFound) {
		return nil, err
	}
	if err != nil || who.Self().Account != s.account.ID() {
		return nil, imap.Bad("Only URLs of one's own can be authorized")
	}
	t, err := s.urlTarget(ctx, &u)
	if errors.Is(err, restante.ErrNotFound) {
		return nil, imap.Bad("Supplied URL refers to no mailbox")
	}
	if err != nil {
		return nil, err
	}
	defer t.release()
	key, err := t.home.MakeURLKey(ctx, t.place, false)
	if errors.Is(err, restante.ErrLimit) {
		return nil, imap.No(imap.CodeLimit, "Too many mailboxes have keys; RESETKEY removes all")
	}
	if err != nil {
		return nil, err
	}
	return s.srv.urlToken(key, rump), nil
}

// validURL reports whether a URL carries a valid token and the session may use it
// (RFC 4467 §6), and finds its mailbox. Without an error the target is to be
// released. Whatever is wrong is restante.ErrNotFound. Of a URL that the server has not
// authorized the mailbox is not even looked for, which leaves nothing to be learned of
// it by how long that takes.
func (s *session) validURL(ctx context.Context, text string) (u imap.URL, t urlTarget, err error) {
	u, ok := imap.ParseURL(text)
	if !ok || u.Form != imap.URLAbsolute || !u.IsMessage() || u.User == "" || !strings.EqualFold(u.Mechanism, internalMechanism) {
		return u, t, restante.ErrNotFound
	}
	rump := text[:len(text)-len(u.Token)-len(u.Mechanism)-2]
	seal, ok := s.srv.splitURLToken(u.Token, rump)
	if !ok || u.Expired(s.srv.now()) {
		return u, t, restante.ErrNotFound
	}
	if may, err := s.mayUse(ctx, &u); err != nil || !may {
		return u, t, errors.Join(err, restante.ErrNotFound)
	}
	if t, err = s.urlTarget(ctx, &u); err != nil {
		return u, t, err
	}
	key, err := t.home.URLKey(ctx, t.place)
	if err == nil && !hmac.Equal(seal, urlSeal(key, rump)) {
		err = restante.ErrNotFound
	}
	if err != nil {
		t.release()
	}
	return u, t, err
}

// mayUse reports whether the access identifier of a URL is for the session's user
// (RFC 4467 §3). No session is anonymous.
func (s *session) mayUse(ctx context.Context, u *imap.URL) (bool, error) {
	switch kind, user := u.AccessOf(); kind {
	case imap.AccessSubmit:
		for _, name := range s.srv.submitters {
			if strings.EqualFold(name, s.user.Name) {
				return true, nil
			}
		}
		return false, nil
	case imap.AccessUser:
		who, err := s.srv.names.Named(ctx, user)
		if errors.Is(err, restante.ErrNotFound) {
			return false, nil
		}
		return err == nil && who.Self().Account == s.account.ID(), err
	}
	return true, nil
}
