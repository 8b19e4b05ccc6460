package server

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
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
// 4467 §10): 1 is HMAC-SHA-256 of the rump URL.
const urlTokenForm = 1

// urlToken calculates the authorization token of a rump URL (RFC 4467 §5).
func urlToken(key []byte, rump string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(rump))
	return mac.Sum([]byte{urlTokenForm})
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
// The session's own account stands in for that of a user who does not exist, so that
// it takes as long to say so.
func (s *session) urlTarget(ctx context.Context, u *imap.URL) (t urlTarget, err error) {
	id, err := s.srv.auth.Account(ctx, u.User)
	if errors.Is(err, restante.ErrNotFound) || errors.Is(err, restante.ErrInvalid) {
		if t, err = s.urlTargetOf(ctx, u, s.account.ID()); err == nil {
			t.release()
		}
		if err == nil || errors.Is(err, restante.ErrInvalid) {
			err = restante.ErrNotFound
		}
		return t, err
	}
	if err != nil {
		return t, err
	}
	return s.urlTargetOf(ctx, u, id)
}

// urlTargetOf is urlTarget for a user with a known account.
func (s *session) urlTargetOf(ctx context.Context, u *imap.URL, id restante.AccountID) (t urlTarget, err error) {
	name, err := s.srv.names.Identifier(ctx, u.User)
	if err != nil {
		return t, err
	}
	who := s.srv.names.User(name, id)
	if t.home, err = s.srv.store.Account(ctx, id); err != nil {
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
		if owner.Account != id {
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
	if id, err := s.srv.auth.Account(ctx, u.User); err != nil || id != s.account.ID() {
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
	return urlToken(key, rump), nil
}

// validURL reports whether a URL carries a valid token and the session may use it
// (RFC 4467 §6), and finds its mailbox. Without an error the target is to be
// released. Whatever is wrong is restante.ErrNotFound, and takes as long where there
// is no such mailbox.
func (s *session) validURL(ctx context.Context, text string) (u imap.URL, t urlTarget, err error) {
	u, ok := imap.ParseURL(text)
	if !ok || u.Form != imap.URLAbsolute || !u.IsMessage() || u.User == "" || !strings.EqualFold(u.Mechanism, internalMechanism) {
		return u, t, restante.ErrNotFound
	}
	rump := text[:len(text)-len(u.Token)-len(u.Mechanism)-2]
	token, err := hex.DecodeString(u.Token)
	if err != nil {
		return u, t, restante.ErrNotFound
	}
	key := s.srv.plausibleKey
	t, missing := s.urlTarget(ctx, &u)
	if missing == nil {
		var k []byte
		if k, missing = t.home.URLKey(ctx, t.place); missing == nil {
			key = k
		} else {
			t.release()
		}
	} else {
		_, _ = s.account.URLKey(ctx, mailstore.URLKeyPlace{}) // what is not there takes as long as what is
	}
	valid := hmac.Equal(token, urlToken(key, rump))
	if missing != nil {
		return u, t, missing
	}
	if valid && !u.Expired(s.srv.now()) {
		if valid, err = s.mayUse(ctx, &u); valid && err == nil {
			return u, t, nil
		}
	}
	t.release()
	return u, t, errors.Join(err, restante.ErrNotFound)
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
		id, err := s.srv.auth.Account(ctx, user)
		if errors.Is(err, restante.ErrNotFound) || errors.Is(err, restante.ErrInvalid) {
			return false, nil
		}
		return err == nil && id == s.account.ID(), err
	}
	return true, nil
}
