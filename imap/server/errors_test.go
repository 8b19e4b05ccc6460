package server

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/mailstore"
)

func TestErrorsBecomeResponses(t *testing.T) {
	for _, c := range []struct {
		err     error
		code    imap.Code
		serious bool
	}{
		{restante.ErrNotFound, "NONEXISTENT", false},
		{restante.ErrExists, "ALREADYEXISTS", false},
		{restante.ErrHasChildren, "HASCHILDREN", false},
		{restante.ErrNotPermitted, "CANNOT", false},
		{restante.ErrInvalid, "CANNOT", false},
		{restante.ErrLimit, "LIMIT", false},
		{restante.ErrOverQuota, "OVERQUOTA", false},
		{restante.ErrTooLarge, "TOOBIG", false},
		{restante.ErrExpunged, "EXPUNGEISSUED", false},
		{restante.ErrUnknownCharset, "BADCHARSET", false},
		{restante.ErrAuthFailed, "AUTHENTICATIONFAILED", false},
		{restante.ErrNoSpace, "UNAVAILABLE", true},
		{restante.ErrUnavailable, "UNAVAILABLE", true},
		{restante.ErrCorrupt, "CORRUPTION", true},
		{mailstore.ErrSpecialUse, "USEATTR", false},
		{context.Canceled, "UNAVAILABLE", false},
		{errPanicked, "SERVERBUG", true},
		{errors.New("/var/lib/secret"), "SERVERBUG", true},
		{imap.No(imap.CodeTryCreate, "No such mailbox"), "TRYCREATE", false},
	} {
		r, serious := statusOf(fmt.Errorf("mailstore: /var/lib/secret: %w", c.err))
		if r.Type != imap.StatusNo || r.Code != c.code || serious != c.serious {
			t.Errorf("%v: %v, serious %v", c.err, r.Error(), serious)
		}
		if r.Text == "" || strings.Contains(r.Text, "secret") {
			t.Errorf("%v: text %q", c.err, r.Text)
		}
	}
}

// TestStoreFailures fills the disk for a while.
func TestStoreFailures(t *testing.T) {
	h := newHost(t, hostOptions{})
	c := h.login(t, "alice")
	h.kv.Inject(memkv.Faults{BeforeCommit: memkv.Writes(kv.ErrNoSpace)})
	if _, answer := c.try("a1 CREATE new"); !strings.HasPrefix(answer, "a1 NO [UNAVAILABLE] No space") {
		t.Error(answer)
	}
	h.kv.Inject(memkv.Faults{})
	c.do("a2 CREATE new")
}
