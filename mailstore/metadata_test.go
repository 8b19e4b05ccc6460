package mailstore

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/notify"
)

// set sets entries given as "name=value", or removes them, given as "name".
func (f *fixture) setMetadata(p MetadataPlace, entries ...string) (MetadataSet, error) {
	f.t.Helper()
	var changes []MetadataChange
	for _, e := range entries {
		name, value, set := strings.Cut(e, "=")
		changes = append(changes, MetadataChange{Name: name, Value: []byte(value), Remove: !set})
	}
	return f.SetMetadata(f.t.Context(), p, changes)
}

// metadata gives what a query finds in that form.
func (f *fixture) metadata(p MetadataPlace, depth MetadataDepth, names ...string) string {
	f.t.Helper()
	r, err := f.Metadata(f.t.Context(), MetadataQuery{Place: p, Entries: names, Depth: depth, MaxSize: -1})
	if err != nil {
		f.t.Fatal(err)
	}
	var list []string
	for _, e := range r.Entries {
		list = append(list, fmt.Sprintf("%s=%s", e.Name, e.Value))
	}
	return strings.Join(list, " ")
}

// TestMetadataOfGuests keeps what is private to one user from the others.
func TestMetadataOfGuests(t *testing.T) {
	f := newFixture(t, Options{Limits: Limits{GuestEntries: 10, GuestBytes: 300}})
	owner, guest, other := MetadataPlace{Mailbox: f.inbox}, MetadataPlace{f.inbox, 7000}, MetadataPlace{f.inbox, 7001}
	for _, set := range []struct {
		place MetadataPlace
		entry string
	}{{owner, "/private/a=owner"}, {owner, "/shared/a=all"}, {guest, "/private/a=guest"}, {guest, "/Private/B/c=x"}} {
		if _, err := f.setMetadata(set.place, set.entry); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		place MetadataPlace
		want  string
	}{
		{owner, "/private/a=owner /shared/a=all"}, {guest, "/private/a=guest /Private/B/c=x /shared/a=all"}, {other, "/shared/a=all"},
	} {
		if got := f.metadata(c.place, DepthInfinity, "/private", "/shared"); got != c.want {
			t.Errorf("%+v: %q, want %q", c.place, got, c.want)
		}
	}
	if got := f.metadata(guest, DepthOne, "/private"); got != "/private/a=guest" {
		t.Errorf("depth 1: %q", got)
	}
	var many []string
	for i := range 11 {
		many = append(many, fmt.Sprintf("/private/%d=", i))
	}
	if _, err := f.setMetadata(other, many...); !errors.Is(err, ErrMetadataCount) {
		t.Errorf("eleven entries: %v", err)
	}
	if _, err := f.setMetadata(other, "/private/a="+strings.Repeat("x", 300)); !errors.Is(err, restante.ErrOverQuota) {
		t.Errorf("too many octets: %v", err)
	}
	if _, err := f.setMetadata(owner, many...); err != nil {
		t.Errorf("the owner's: %v", err)
	}
	if _, err := f.setMetadata(guest, EntrySpecialUse+`=\Sent`); !errors.Is(err, restante.ErrNotPermitted) {
		t.Errorf("special use of a guest: %v", err)
	}
	want := len("/private/aowner") + len("/shared/aall") + len("/private/aguest") + len("/Private/B/cx")
	for _, e := range many {
		want += len(e) - 1
	}
	if got := f.State().Usage().Metadata; got != int64(want) {
		t.Errorf("%d octets, want %d", got, want)
	}
}

// TestMetadataSince tells what was changed, also to another node, and forgets what
// has long been gone.
func TestMetadataSince(t *testing.T) {
	f := newFixture(t, Options{Limits: Limits{MetadataEntries: 10}})
	g := f.node()
	heard := make(chan struct{}, 100)
	defer g.Subscribe(func(e notify.Event) {
		if e.Metadata {
			heard <- struct{}{}
		}
	})()
	p := MetadataPlace{Mailbox: f.inbox}
	since := func(n *fixture, at restante.ModSeq) string {
		t.Helper()
		if err := n.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		var names []string
		if err := n.MetadataSince(t.Context(), p, at, func(name string, _ restante.ModSeq) { names = append(names, name) }); err != nil {
			t.Fatal(err)
		}
		return strings.Join(names, " ")
	}
	first, err := f.setMetadata(p, "/private/a=1", "/shared/B=2")
	if err != nil {
		t.Fatal(err)
	}
	if got := since(g, 0); got != "/private/a /shared/B" {
		t.Errorf("of all: %q", got)
	}
	<-heard
	if g.State().MetadataModSeq() != first.ModSeq {
		t.Errorf("state at %d", g.State().MetadataModSeq())
	}
	second, err := f.setMetadata(p, "/private/a=1", "/shared/B", "/private/none")
	if err != nil || since(g, first.ModSeq) != "/shared/B" {
		t.Errorf("removed: %q %v", since(g, first.ModSeq), err)
	}
	if again, err := f.setMetadata(p, "/private/a=1"); err != nil || again.ModSeq != 0 || f.State().MetadataModSeq() != second.ModSeq {
		t.Errorf("what is so already: %+v %v", again, err)
	}
	for i := range 30 {
		name := fmt.Sprintf("/private/x%d", i)
		if _, err := f.setMetadata(p, name+"=y"); err != nil {
			t.Fatal(err)
		}
		if _, err := f.setMetadata(p, name); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Fields(since(g, 0)); len(got) != 11 || !slices.Contains(got, "/private/x29") || slices.Contains(got, "/private/x19") {
		t.Errorf("kept %q", got)
	}
}

// TestMetadataRefused changes nothing where one entry is refused.
func TestMetadataRefused(t *testing.T) {
	f := newFixture(t, Options{ServerMetadata: []MetadataEntry{{"/shared/Admin", []byte("mailto:x")}}})
	p := MetadataPlace{Mailbox: f.inbox}
	before := f.State().ModSeq()
	for _, c := range []struct {
		place MetadataPlace
		entry string
		kind  error
	}{
		{p, "/private/a/=x", restante.ErrInvalid}, {p, "/private=x", restante.ErrInvalid}, {p, "/other/a=x", restante.ErrInvalid},
		{p, "/private/" + strings.Repeat("x", 300) + "=x", restante.ErrLimit},
		{p, "/private/a=" + strings.Repeat("x", 64<<10+1), ErrMetadataValue}, {p, EntryAppendLimit + "=1", restante.ErrNotPermitted},
		{p, EntrySpecialUse + `=\Nonsense`, ErrSpecialUse}, {MetadataPlace{}, "/shared/admin", restante.ErrNotPermitted},
		{MetadataPlace{}, "/shared/x=x", restante.ErrNotPermitted}, {MetadataPlace{Mailbox: 99}, "/private/x=x", restante.ErrNotFound},
	} {
		if _, err := f.setMetadata(c.place, "/private/good=x", c.entry); !errors.Is(err, c.kind) {
			t.Errorf("%.60s: %v", c.entry, err)
		}
	}
	if f.State().ModSeq() != before || f.metadata(p, DepthInfinity, "/private") != "" {
		t.Error("something was changed")
	}
	if got := f.metadata(MetadataPlace{}, DepthOne, "/shared"); got != "/shared/Admin=mailto:x" {
		t.Errorf("the server's: %q", got)
	}
	if _, err := f.Metadata(t.Context(), MetadataQuery{Place: MetadataPlace{Mailbox: 99}, Entries: []string{"/private/a"}}); !errors.Is(err, restante.ErrNotFound) {
		t.Errorf("unknown mailbox: %v", err)
	}
}

// TestQuotaBounds holds each part of a quota, and that a bound may allow nothing.
func TestQuotaBounds(t *testing.T) {
	f := newFixture(t, Options{})
	quota := func(q Quota) {
		t.Helper()
		if err := f.SetQuota(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.SetQuota(t.Context(), Quota{Mailboxes: -2}); !errors.Is(err, restante.ErrInvalid) {
		t.Errorf("-2: %v", err)
	}
	f.append(f.inbox, nil, message1(0))
	quota(Quota{Messages: QuotaNothing})
	if _, err := tryAppend(t.Context(), f.Account, f.inbox, nil, message1(1)); !errors.Is(err, restante.ErrOverQuota) {
		t.Errorf("append: %v", err)
	}
	quota(Quota{Bytes: QuotaNothing})
	if _, err := f.Copy(t.Context(), f.inbox, uids(1, 1), f.inbox); !errors.Is(err, restante.ErrOverQuota) {
		t.Errorf("copy: %v", err)
	}
	quota(Quota{Mailboxes: 2})
	if _, err := f.CreateMailbox(t.Context(), "a/b", nil); !errors.Is(err, restante.ErrOverQuota) {
		t.Errorf("create: %v", err)
	}
	if _, err := f.CreateMailbox(t.Context(), "a", nil); err != nil {
		t.Errorf("create: %v", err)
	}
	quota(Quota{Annotations: 20})
	p := MetadataPlace{Mailbox: f.inbox}
	if _, err := f.setMetadata(p, "/private/a=0123456789"); err != nil {
		t.Errorf("set: %v", err)
	}
	if _, err := f.setMetadata(p, "/private/b="); !errors.Is(err, restante.ErrOverQuota) {
		t.Errorf("set: %v", err)
	}
	quota(Quota{Annotations: 5})
	if _, err := f.setMetadata(p, "/private/a=01234567"); err != nil {
		t.Errorf("less, but too much: %v", err)
	}
	if u := f.State().Usage(); u.Above(100, Quota{}) || !u.Above(100, f.State().Quota()) || u.Above(50, Quota{Messages: 2}) || !u.Above(49, Quota{Messages: 2}) {
		t.Errorf("soft: %+v", u)
	}
}

// TestMetadataModSeq raises a mailbox's modseq with its metadata, and not those of
// its messages (RFC 7162 §3.2).
func TestMetadataModSeq(t *testing.T) {
	f := newFixture(t, Options{})
	p := MetadataPlace{Mailbox: f.inbox}
	highest := func() restante.ModSeq { return f.State().Mailbox(f.inbox).HighestModSeq }
	for _, c := range []struct {
		entry  string
		raises bool
	}{{"/private/a=1", true}, {"/private/a=1", false}, {"/private/b", false}, {"/shared/a=2", true}, {"/private/a", true}} {
		was := highest()
		set, err := f.setMetadata(p, c.entry)
		if err != nil {
			t.Fatal(err)
		}
		if now := highest(); c.raises && now != set.ModSeq || !c.raises && now != was {
			t.Errorf("%s: from %d to %d, a change at %d", c.entry, was, now, set.ModSeq)
		}
	}
}
