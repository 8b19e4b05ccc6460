package mailstore

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/restante/restante"
)

func TestAppendAndRead(t *testing.T) {
	f := newFixture(t, Options{})
	if s := f.snapshot(f.inbox); s.Len() != 0 || s.Last() != 0 || s.FirstUnseen() != 0 {
		t.Fatal("a new INBOX is not empty")
	}
	r := f.append(f.inbox, []string{`\Seen`, "$Forwarded", "$forwarded", `\Recent`}, messages(0, 3)...)
	if r.First != 1 || r.Last != 3 || r.UIDValidity == 0 || r.Snapshot == nil {
		t.Fatalf("%+v", r)
	}
	f.append(f.inbox, nil, message1(3))
	if got := f.show(f.inbox); got != `1(\Seen $Forwarded) 2(\Seen $Forwarded) 3(\Seen $Forwarded) 4()` {
		t.Fatal(got)
	}
	s := f.snapshot(f.inbox)
	for i := range 4 {
		if got := f.text(s.At(i + 1).EmailID); got != message1(i) {
			t.Errorf("message %d: %q", i, got)
		}
	}
	mb := s.Mailbox()
	if mb.Messages != 4 || mb.Unseen != 1 || s.FirstUnseen() != 4 || mb.UIDNext != 5 || mb.HighestModSeq != f.State().ModSeq() {
		t.Errorf("%+v", mb)
	}
	if got := f.State().Flags().Keywords(); !slices.Equal(got, []string{"$Forwarded"}) {
		t.Errorf("keywords %q", got)
	}
}

func TestAppendErrors(t *testing.T) {
	f := newFixture(t, Options{Limits: Limits{MessageSize: 1000, KeywordBytes: 5, Keywords: 2, Quota: Quota{Bytes: 5000, Messages: 3}}})
	for _, c := range []struct {
		name  string
		mb    restante.MailboxID
		flags []string
		body  string
		want  error
	}{
		{"unknown mailbox", 99, nil, "", restante.ErrNotFound},
		{"unknown system flag", f.inbox, []string{`\Nope`}, "", restante.ErrInvalid},
		{"no atom", f.inbox, []string{"a b"}, "", restante.ErrInvalid},
		{"long keyword", f.inbox, []string{"abcdef"}, "", restante.ErrLimit},
		{"many keywords", f.inbox, []string{"a", "b", "c"}, "", restante.ErrLimit},
		{"too large", f.inbox, nil, strings.Repeat("x", 1001), restante.ErrTooLarge},
	} {
		if _, err := tryAppend(t.Context(), f.Account, c.mb, c.flags, c.body); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	f.append(f.inbox, nil, "1", "2", "3")
	if _, err := tryAppend(t.Context(), f.Account, f.inbox, nil, "4"); !errors.Is(err, restante.ErrOverQuota) {
		t.Errorf("over quota: %v", err)
	}
	if err := f.SetQuota(t.Context(), Quota{Bytes: 4}); err != nil {
		t.Fatal(err)
	}
	f.append(f.inbox, nil, "4")
	if _, err := tryAppend(t.Context(), f.Account, f.inbox, nil, "5"); !errors.Is(err, restante.ErrOverQuota) {
		t.Errorf("over quota: %v", err)
	}
	if u := f.State().Usage(); u.Bytes != 4 || u.Messages != 4 || u.Mailboxes != 1 {
		t.Errorf("usage %+v", u)
	}
}

func TestStoreFlags(t *testing.T) {
	f := newFixture(t, Options{})
	f.append(f.inbox, nil, messages(0, 5)...)
	store := func(set UIDSet, op FlagOp, condition *Unchanged, flags ...string) StoreResult {
		t.Helper()
		r, err := f.StoreFlags(t.Context(), f.inbox, set, op, flags, condition)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := store(uids(2, 3, 9, 10), AddFlags, nil, `\seen`, "Junk")
	if got := f.show(f.inbox); got != `1() 2(\Seen Junk) 3(\Seen Junk) 4() 5()` {
		t.Fatal(got)
	}
	if r.ModSeq != f.State().ModSeq() || !slices.Equal(r.Missing, uids(9, 10)) {
		t.Errorf("%+v", r)
	}
	before := f.State().ModSeq()
	if r := store(uids(2, 3), AddFlags, nil, "JUNK"); r.ModSeq != 0 || f.State().ModSeq() != before {
		t.Errorf("a store without a change: %+v", r)
	}
	since := before - 1
	r = store(uids(1, 5), RemoveFlags, &Unchanged{Since: since}, "junk")
	if !slices.Equal(r.Modified, uids(2, 3)) || r.ModSeq != 0 {
		t.Errorf("%+v", r)
	}
	r = store(uids(1, 5), ReplaceFlags, &Unchanged{Since: before}, `\Deleted`, "b", "A")
	if got := f.show(f.inbox); got != strings.Replace(`1(X) 2(X) 3(X) 4(X) 5(X)`, "X", `\Deleted A b`, 5) && got != `1(\Deleted A b) 2(\Deleted A b) 3(\Deleted A b) 4(\Deleted A b) 5(\Deleted A b)` {
		t.Error(got)
	}
	if mb := r.Snapshot.Mailbox(); mb.Unseen != 5 || mb.Deleted != 5 || mb.DeletedSize != mb.Size {
		t.Errorf("%+v", mb)
	}
	store(uids(1, 5), RemoveFlags, nil, "a", `\Deleted`)
	if got := f.show(f.inbox); got != `1(b) 2(b) 3(b) 4(b) 5(b)` {
		t.Error(got)
	}
}

// TestStoreFlagsMerges: what others did to flags that a conditional store does
// not name is no conflict where it is known what the client knew.
func TestStoreFlagsMerges(t *testing.T) {
	f := newFixture(t, Options{})
	f.append(f.inbox, []string{"a"}, messages(0, 4)...)
	known, err := f.Snapshot(t.Context(), f.inbox)
	if err != nil {
		t.Fatal(err)
	}
	store := func(set UIDSet, op FlagOp, condition *Unchanged, flags ...string) StoreResult {
		t.Helper()
		r, err := f.StoreFlags(t.Context(), f.inbox, set, op, flags, condition)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	since := known.Mailbox().HighestModSeq
	store(uids(1, 1), AddFlags, nil, `\Deleted`)
	store(uids(2, 2), AddFlags, nil, "b")
	store(uids(3, 3), RemoveFlags, nil, "A")
	at := func() *Unchanged { return &Unchanged{Since: since, Known: known} }
	r := store(uids(1, 4), AddFlags, at(), "B")
	if !slices.Equal(r.Modified, uids(2, 2)) || !slices.Equal(r.Merged, uids(1, 1, 3, 3)) {
		t.Errorf("adding: %+v", r)
	}
	if got := f.show(f.inbox); got != `1(\Deleted a b) 2(a b) 3(b) 4(a b)` {
		t.Error(got)
	}
	if r = store(uids(1, 4), RemoveFlags, at(), `\Deleted`, "A"); !slices.Equal(r.Modified, uids(1, 1, 3, 3)) || !slices.Equal(r.Merged, uids(2, 2, 4, 4)) {
		t.Errorf("taking away: %+v", r)
	}
	if r = store(uids(1, 4), ReplaceFlags, at(), "c"); !slices.Equal(r.Modified, uids(1, 4)) || r.Merged != nil {
		t.Errorf("replacing: %+v", r)
	}
	// Where the client's knowledge is from before the last store, as Known has it.
	known, err = f.Snapshot(t.Context(), f.inbox)
	if err != nil {
		t.Fatal(err)
	}
	if r = store(uids(1, 4), AddFlags, at(), "d"); !slices.Equal(r.Modified, uids(1, 4)) {
		t.Errorf("known to have changed: %+v", r)
	}
}

func TestCopyMoveExpunge(t *testing.T) {
	f := newFixture(t, Options{})
	work := f.create("Work").ID
	f.append(f.inbox, []string{`\Flagged`}, messages(0, 600)...)
	r, err := f.Copy(t.Context(), f.inbox, uids(1, 2, 500, 502, 700, 800), work)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(r.From, uids(1, 2, 500, 502)) || !slices.Equal(r.To, uids(1, 5)) || r.Snapshot.Len() != 5 {
		t.Fatalf("%+v", r)
	}
	if a, b := f.snapshot(f.inbox).At(500), f.snapshot(work).At(3); a.EmailID != b.EmailID || a.FlagSet != b.FlagSet {
		t.Error("a copy does not share content and flags")
	}
	if r, err = f.Move(t.Context(), f.inbox, uids(1, 10), work); err != nil {
		t.Fatal(err)
	}
	if r.Source.Len() != 590 || r.Snapshot.Len() != 15 || !slices.Equal(r.To, uids(6, 15)) {
		t.Fatalf("%+v", r)
	}
	if _, err := f.StoreFlags(t.Context(), f.inbox, uids(400, 600), AddFlags, []string{`\Deleted`}, nil); err != nil {
		t.Fatal(err)
	}
	before := f.State().ModSeq()
	gone := f.snapshot(f.inbox).At(491 + 10).EmailID // UID 511, no copy
	e, err := f.Expunge(t.Context(), f.inbox, uids(30, 30, 500, 520))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(e.UIDs, uids(500, 520)) || e.Snapshot.Len() != 569 || e.ModSeq != before+1 {
		t.Fatalf("%+v", e)
	}
	if got := f.text(f.snapshot(work).At(3).EmailID); got != message1(499) {
		t.Errorf("a copy lost its content: %q", got)
	}
	reader, err := f.Reader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if _, err := reader.Header(gone); !errors.Is(err, restante.ErrExpunged) {
		t.Errorf("content of an expunged message: %v", err)
	}
	if e, err = f.Expunge(t.Context(), f.inbox, nil); err != nil || e.Snapshot.Len() != 389 {
		t.Fatalf("%+v %v", e, err)
	}
	if got, err := f.Vanished(t.Context(), f.inbox, before); err != nil || !slices.Equal(got, uids(400, 600)) {
		t.Errorf("vanished %v %v", got, err)
	}
	if got, err := f.Vanished(t.Context(), f.inbox, 0); err != nil || !slices.Equal(got, uids(1, 10, 400, 600)) {
		t.Errorf("vanished %v %v", got, err)
	}
	if e, err = f.Expunge(t.Context(), f.inbox, nil); err != nil || e.ModSeq != 0 {
		t.Errorf("nothing to expunge: %+v %v", e, err)
	}
}

func TestMoveToSameMailbox(t *testing.T) {
	f := newFixture(t, Options{})
	f.append(f.inbox, nil, messages(0, 3)...)
	r, err := f.Move(t.Context(), f.inbox, uids(2, 2), f.inbox)
	if err != nil || !slices.Equal(r.To, uids(4, 4)) {
		t.Fatal(r, err)
	}
	if _, err := f.Copy(t.Context(), f.inbox, uids(1, 9), f.inbox); err != nil {
		t.Fatal(err)
	}
	if got := f.show(f.inbox); got != "1() 3() 4() 5() 6() 7()" {
		t.Error(got)
	}
}

func TestMailboxes(t *testing.T) {
	f := newFixture(t, Options{Mailboxes: []NewMailbox{{"Drafts", []string{`\drafts`}}}})
	ctx := t.Context()
	names := func() string {
		var list []string
		for _, m := range f.State().Mailboxes() {
			n := m.Name
			if m.NoSelect {
				n += "!"
			}
			list = append(list, n)
		}
		return strings.Join(list, " ")
	}
	f.create("a/b/c/")
	f.create("inbox/x")
	f.append(f.State().MailboxByName("a/b").ID, nil, message1(1))
	if got := names(); got != "INBOX Drafts INBOX/x a a/b a/b/c" {
		t.Fatal(got)
	}
	for _, c := range []struct {
		do   func() error
		want error
		then string
	}{
		{func() error { _, err := f.CreateMailbox(ctx, "InBox", nil); return err }, restante.ErrExists, ""},
		{func() error { _, err := f.CreateMailbox(ctx, "x//y", nil); return err }, restante.ErrInvalid, ""},
		{func() error { _, err := f.CreateMailbox(ctx, "x\x01", nil); return err }, restante.ErrInvalid, ""},
		{func() error { _, err := f.CreateMailbox(ctx, "D2", []string{`\Drafts`}); return err }, ErrSpecialUse, ""},
		{func() error { _, err := f.CreateMailbox(ctx, "D2", []string{`\All`}); return err }, ErrSpecialUse, ""},
		{func() error { return f.DeleteMailbox(ctx, "INBOX") }, restante.ErrNotPermitted, ""},
		{func() error { return f.DeleteMailbox(ctx, "zz") }, restante.ErrNotFound, ""},
		{func() error { return f.DeleteMailbox(ctx, "a/b") }, nil, "INBOX Drafts INBOX/x a a/b! a/b/c"},
		{func() error { return f.DeleteMailbox(ctx, "a/b") }, restante.ErrHasChildren, ""},
		{func() error { return f.RenameMailbox(ctx, "a", "a/z") }, restante.ErrInvalid, ""},
		{func() error { return f.RenameMailbox(ctx, "zz", "z") }, restante.ErrNotFound, ""},
		{func() error { return f.RenameMailbox(ctx, "a", "Drafts") }, restante.ErrExists, ""},
		{func() error { return f.RenameMailbox(ctx, "a", "n/m") }, nil, "INBOX Drafts INBOX/x n n/m n/m/b! n/m/b/c"},
		{func() error { return f.DeleteMailbox(ctx, "n/m/b/c") }, nil, "INBOX Drafts INBOX/x n n/m n/m/b!"},
		{func() error { return f.DeleteMailbox(ctx, "n/m/b") }, nil, "INBOX Drafts INBOX/x n n/m"},
		{func() error { return f.RenameMailbox(ctx, "n/m", "n2") }, nil, "INBOX Drafts INBOX/x n n2"},
		{func() error { return f.RenameMailbox(ctx, "INBOX", "old/mail") }, nil, "INBOX Drafts INBOX/x n n2 old old/mail"},
	} {
		if err := c.do(); !errors.Is(err, c.want) {
			t.Errorf("%v, want %v", err, c.want)
		}
		if got := names(); c.then != "" && got != c.then {
			t.Errorf("got %q, want %q", got, c.then)
		}
	}
}

func TestRenameInbox(t *testing.T) {
	f := newFixture(t, Options{})
	f.append(f.inbox, []string{`\Seen`}, messages(0, 300)...)
	old := f.State().Mailbox(f.inbox)
	if err := f.RenameMailbox(t.Context(), "inbox", "2023"); err != nil {
		t.Fatal(err)
	}
	if s := f.snapshot(f.inbox); s.Len() != 0 || s.Mailbox().UIDValidity != old.UIDValidity || s.Mailbox().UIDNext != old.UIDNext {
		t.Errorf("%+v", s.Mailbox())
	}
	s := f.snapshot(f.State().MailboxByName("2023").ID)
	if s.Len() != 300 || s.Mailbox().UIDValidity == old.UIDValidity || s.Mailbox().Unseen != 0 {
		t.Errorf("%+v", s.Mailbox())
	}
	if got := f.text(s.At(300).EmailID); got != message1(299) {
		t.Errorf("%q", got)
	}
}

func TestUIDValidityNeverRepeats(t *testing.T) {
	f := newFixture(t, Options{})
	seen := map[uint32]bool{}
	for range 5 {
		mb := f.create("x")
		if seen[mb.UIDValidity] {
			t.Fatal("a UIDVALIDITY came twice")
		}
		seen[mb.UIDValidity] = true
		if err := f.DeleteMailbox(t.Context(), "x"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSubscriptions(t *testing.T) {
	f := newFixture(t, Options{})
	for _, n := range []string{"b", "inbox", "a/x", "b"} {
		if err := f.SetSubscribed(t.Context(), n, true); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.SetSubscribed(t.Context(), "b", false); err != nil {
		t.Fatal(err)
	}
	if got := f.State().Subscriptions(); !slices.Equal(got, []string{"INBOX", "a/x"}) {
		t.Error(got)
	}
	if !f.State().Subscribed("Inbox") || f.State().Subscribed("b") {
		t.Error("subscribed")
	}
	g := f.node()
	if got := g.State().Subscriptions(); !slices.Equal(got, []string{"INBOX", "a/x"}) {
		t.Error("read back: ", got)
	}
}

func TestThreads(t *testing.T) {
	f := newFixture(t, Options{})
	r := f.append(f.inbox, nil,
		"Message-ID: <1@x>\r\n\r\n",
		"Message-ID: <2@x>\r\nIn-Reply-To: <1@x>\r\n\r\n",
		"Message-ID: <3@x>\r\nReferences: <0@x> <9@x>\r\n\r\n", // <0@x> never comes
		"Subject: alone\r\n\r\n",
	)
	f.append(f.inbox, nil,
		"Message-ID: <4@x>\r\nReferences: <0@x> <8@x>\r\n\r\n",
		"Message-ID: <5@x>\r\nReferences: <1@x> <2@x>\r\n\r\n",
	)
	_ = r
	s := f.snapshot(f.inbox)
	var got []restante.ThreadID
	for i := range s.Len() {
		got = append(got, s.At(i+1).ThreadID)
	}
	if want := []restante.ThreadID{1, 1, 3, 4, 3, 1}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	// When a thread's messages go, so does all that is known of it.
	if _, err := f.StoreFlags(t.Context(), f.inbox, uids(1, 6), AddFlags, []string{`\Deleted`}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Expunge(t.Context(), f.inbox, nil); err != nil {
		t.Fatal(err)
	}
	f.append(f.inbox, nil, "Message-ID: <6@x>\r\nReferences: <1@x> <0@x>\r\n\r\n")
	if m := f.snapshot(f.inbox).At(1); uint64(m.ThreadID) != uint64(m.EmailID) {
		t.Errorf("%+v", m)
	}
}

func TestClaimRecent(t *testing.T) {
	f := newFixture(t, Options{})
	f.append(f.inbox, nil, messages(0, 3)...)
	if got := f.ClaimRecent(f.inbox); got != 1 {
		t.Error(got)
	}
	f.append(f.inbox, nil, messages(3, 5)...)
	if got := f.ClaimRecent(f.inbox); got != 4 {
		t.Error(got)
	}
	if got := f.ClaimRecent(f.inbox); got != 6 {
		t.Error(got)
	}
}
