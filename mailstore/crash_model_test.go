package mailstore_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/mailstore"
)

// model is an account as plain Go values: what a store must hold after the
// same operations. It is slow and has no pages, tables or sharing.
type model struct {
	boxes    map[string]*modelBox
	subs     map[string]bool
	quota    mailstore.Quota
	versions map[string]uint32 // the UIDVALIDITY that was last seen of a name
}

type modelBox struct {
	uidValidity uint32 // 0: not told by the store yet
	uidNext     restante.UID
	noSelect    bool
	messages    []modelMessage
	gone        map[restante.UID]restante.ModSeq // expunged, with the modseq, 0 as in modelMessage
}

type modelMessage struct {
	uid      restante.UID
	flags    []string // sorted, keywords in small letters
	content  []byte
	parts    contentParts
	internal time.Time
	modSeq   restante.ModSeq // 0: given by the operation that runs
}

func newModel() *model {
	return &model{
		boxes: map[string]*modelBox{"INBOX": {uidNext: 1}}, subs: map[string]bool{},
		versions: map[string]uint32{},
	}
}

func (m *model) clone() *model {
	c := &model{boxes: map[string]*modelBox{}, subs: maps.Clone(m.subs), quota: m.quota, versions: maps.Clone(m.versions)}
	for name, b := range m.boxes {
		copied := *b
		copied.messages = slices.Clone(b.messages) // flags and contents are never changed in place
		copied.gone = maps.Clone(b.gone)
		c.boxes[name] = &copied
	}
	return c
}

func (m *model) usage() (u mailstore.Usage) {
	u.Mailboxes = len(m.boxes)
	for _, b := range m.boxes {
		for _, msg := range b.messages {
			u.Bytes += int64(len(msg.content))
			u.Messages++
		}
	}
	return u
}

// fits reports whether so much more is within the quota.
func (m *model) fits(messages, size int64) bool {
	u := m.usage()
	return (m.quota.Bytes == 0 || u.Bytes+size <= m.quota.Bytes) &&
		(m.quota.Messages == 0 || u.Messages+messages <= m.quota.Messages)
}

// box finds a mailbox that can hold messages.
func (m *model) box(name string) (*modelBox, error) {
	b := m.boxes[name]
	if b == nil || b.noSelect {
		return nil, restante.ErrNotFound
	}
	return b, nil
}

func (m *model) append(name string, list []modelMessage) error {
	b, err := m.box(name)
	if err != nil {
		return err
	}
	var size int64
	for _, msg := range list {
		size += int64(len(msg.content))
	}
	if !m.fits(int64(len(list)), size) {
		return restante.ErrOverQuota
	}
	b.add(list)
	return nil
}

func (b *modelBox) add(list []modelMessage) {
	for _, msg := range list {
		msg.uid, msg.modSeq = b.uidNext, 0
		b.uidNext++
		b.messages = append(b.messages, msg)
	}
}

func (m *model) store(name string, uids mailstore.UIDSet, op mailstore.FlagOp, flags []string) error {
	b, err := m.box(name)
	if err != nil {
		return err
	}
	for i := range b.messages {
		msg := &b.messages[i]
		if !uids.Contains(msg.uid) {
			continue
		}
		next := applyFlags(msg.flags, op, flags)
		if !slices.Equal(next, msg.flags) {
			msg.flags, msg.modSeq = next, 0
		}
	}
	return nil
}

func applyFlags(old []string, op mailstore.FlagOp, flags []string) []string {
	set := map[string]bool{}
	if op != mailstore.ReplaceFlags {
		for _, f := range old {
			set[f] = true
		}
	}
	for _, f := range flags {
		if op == mailstore.RemoveFlags {
			delete(set, strings.ToLower(f))
		} else {
			set[strings.ToLower(f)] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// take removes the messages that f picks and answers them.
func (b *modelBox) take(f func(modelMessage) bool) []modelMessage {
	var taken []modelMessage
	if b.gone == nil {
		b.gone = make(map[restante.UID]restante.ModSeq)
	}
	b.messages = slices.DeleteFunc(b.messages, func(msg modelMessage) bool {
		if f(msg) {
			taken = append(taken, msg)
			b.gone[msg.uid] = 0
			return true
		}
		return false
	})
	return taken
}

func (m *model) expunge(name string, uids mailstore.UIDSet) error {
	b, err := m.box(name)
	if err != nil {
		return err
	}
	b.take(func(msg modelMessage) bool {
		return slices.Contains(msg.flags, `\deleted`) && (uids == nil || uids.Contains(msg.uid))
	})
	return nil
}

func (m *model) copy(from string, uids mailstore.UIDSet, to string, move bool) error {
	src, err := m.box(from)
	if err != nil {
		return err
	}
	dst, err := m.box(to)
	if err != nil {
		return err
	}
	var list []modelMessage
	var size int64
	for _, msg := range src.messages {
		if uids.Contains(msg.uid) {
			list = append(list, msg)
			size += int64(len(msg.content))
		}
	}
	if !move && len(list) > 0 && !m.fits(int64(len(list)), size) {
		return restante.ErrOverQuota
	}
	if move {
		src.take(func(msg modelMessage) bool { return uids.Contains(msg.uid) })
	}
	dst.add(list)
	return nil
}

func (m *model) create(name string) error {
	if b := m.boxes[name]; b != nil && !b.noSelect {
		return restante.ErrExists
	}
	for i := range name {
		if name[i] == '/' && m.boxes[name[:i]] == nil {
			m.boxes[name[:i]] = &modelBox{uidNext: 1}
		}
	}
	m.boxes[name] = &modelBox{uidNext: 1}
	return nil
}

func (m *model) children(name string) []string {
	var list []string
	for n := range m.boxes {
		if strings.HasPrefix(n, name+"/") {
			list = append(list, n)
		}
	}
	sort.Strings(list)
	return list
}

func (m *model) delete(name string) error {
	b := m.boxes[name]
	switch {
	case b == nil:
		return restante.ErrNotFound
	case name == "INBOX":
		return restante.ErrNotPermitted
	case len(m.children(name)) == 0:
		delete(m.boxes, name)
	case b.noSelect:
		return restante.ErrHasChildren
	default:
		b.noSelect, b.messages, b.gone = true, nil, nil
	}
	return nil
}

func (m *model) rename(from, to string) error {
	b := m.boxes[from]
	switch {
	case b == nil:
		return restante.ErrNotFound
	case m.boxes[to] != nil:
		return restante.ErrExists
	case from == "INBOX":
		if err := m.create(to); err != nil {
			return err
		}
		m.boxes[to].add(b.take(func(modelMessage) bool { return true }))
		return nil
	case strings.HasPrefix(to, from+"/"):
		return restante.ErrInvalid
	}
	moved := append([]string{from}, m.children(from)...)
	boxes := make([]*modelBox, len(moved))
	for i, name := range moved {
		boxes[i] = m.boxes[name]
		delete(m.boxes, name)
	}
	for i := range to {
		if to[i] == '/' && m.boxes[to[:i]] == nil {
			m.boxes[to[:i]] = &modelBox{uidNext: 1}
		}
	}
	for i, name := range moved {
		m.boxes[to+strings.TrimPrefix(name, from)] = boxes[i]
	}
	return nil
}

// adopt takes from the account what the model cannot know beforehand: the
// UIDVALIDITY of new mailboxes, which must be new for the name, and the modseq
// of what has just changed.
func (m *model) adopt(s *mailstore.State) error {
	for name, b := range m.boxes {
		mb := s.MailboxByName(name)
		if mb == nil {
			return fmt.Errorf("mailbox %q is missing", name)
		}
		if b.uidValidity == 0 {
			if mb.UIDValidity <= m.versions[name] {
				return fmt.Errorf("UIDVALIDITY %d of %q does not rise above %d", mb.UIDValidity, name, m.versions[name])
			}
			b.uidValidity = mb.UIDValidity
		}
		m.versions[name] = max(m.versions[name], b.uidValidity)
		for uid, at := range b.gone {
			if at == 0 {
				b.gone[uid] = s.ModSeq()
			}
		}
		for i := range b.messages {
			if b.messages[i].modSeq == 0 {
				b.messages[i].modSeq = s.ModSeq()
			}
		}
	}
	return nil
}

// dump writes all that the model holds, one line a thing. With a zero modseq
// or UIDVALIDITY, that is shown as unknown.
func (m *model) dump() string {
	var w strings.Builder
	for _, name := range slices.Sorted(maps.Keys(m.boxes)) {
		b := m.boxes[name]
		if b.noSelect {
			fmt.Fprintf(&w, "level %q\n", name)
			continue
		}
		fmt.Fprintf(&w, "mailbox %q validity %d next %d\n", name, b.uidValidity, b.uidNext)
		for _, msg := range b.messages {
			dumpMessage(&w, msg.uid, msg.flags, msg.modSeq, msg.internal, msg.content)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.subs)) {
		fmt.Fprintf(&w, "subscribed %q\n", name)
	}
	u := m.usage()
	fmt.Fprintf(&w, "quota %v usage %v\n", m.quota, u)
	return w.String()
}

func dumpMessage(w io.Writer, uid restante.UID, flags []string, modSeq restante.ModSeq, internal time.Time, content []byte) {
	sum := sha256.Sum256(content)
	fmt.Fprintf(w, "  %d %q modseq %d at %s: %d bytes %x\n",
		uid, flags, modSeq, internal.Format(time.RFC3339), len(content), sum[:6])
}

// dumpAccount writes what an account holds in the form of model.dump, and
// holds every derived count against the messages.
func dumpAccount(ctx context.Context, a *mailstore.Account) (string, error) {
	var w strings.Builder
	r, err := a.Reader(ctx)
	if err != nil {
		return "", err
	}
	defer r.Close()
	state := a.State()
	boxes := slices.Clone(state.Mailboxes())
	slices.SortFunc(boxes, func(a, b *mailstore.Mailbox) int { return strings.Compare(a.Name, b.Name) })
	var problems []error
	for _, mb := range boxes {
		if mb.NoSelect {
			fmt.Fprintf(&w, "level %q\n", mb.Name)
			continue
		}
		fmt.Fprintf(&w, "mailbox %q validity %d next %d\n", mb.Name, mb.UIDValidity, mb.UIDNext)
		s, err := a.Snapshot(ctx, mb.ID)
		if err != nil {
			return "", err
		}
		problems = append(problems, checkCounts(s))
		for seq := 1; seq <= s.Len(); seq++ {
			msg := s.At(seq)
			var content bytes.Buffer
			if err := r.WriteRange(&content, msg.EmailID, 0, int64(msg.Size)); err != nil {
				return "", fmt.Errorf("%s UID %d: %w", mb.Name, msg.UID, err)
			}
			dumpMessage(&w, msg.UID, flagNames(s, msg), msg.ModSeq, msg.InternalDate.Time(), content.Bytes())
		}
	}
	for _, name := range state.Subscriptions() {
		fmt.Fprintf(&w, "subscribed %q\n", name)
	}
	fmt.Fprintf(&w, "quota %v usage %v\n", state.Quota(), state.Usage())
	return w.String(), errors.Join(problems...)
}

func flagNames(s *mailstore.Snapshot, msg mailstore.Message) []string {
	wire := strings.ToLower(string(s.Flags().Set(msg.FlagSet).Wire))
	names := strings.Fields(wire)
	sort.Strings(names)
	return names
}

// checkCounts compares what the mailbox says of itself with its messages.
func checkCounts(s *mailstore.Snapshot) error {
	mb := s.Mailbox()
	var want mailstore.Mailbox
	firstUnseen := 0
	var last restante.UID
	for seq := 1; seq <= s.Len(); seq++ {
		msg := s.At(seq)
		flags := flagNames(s, msg)
		want.Messages++
		want.Size += uint64(msg.Size)
		if !slices.Contains(flags, `\seen`) {
			want.Unseen++
			if firstUnseen == 0 {
				firstUnseen = seq
			}
		}
		if slices.Contains(flags, `\deleted`) {
			want.Deleted++
			want.DeletedSize += uint64(msg.Size)
		}
		if got, ok := s.SeqOf(msg.UID); !ok || got != seq || s.Below(msg.UID) != seq-1 || msg.UID <= last || msg.UID >= mb.UIDNext {
			return fmt.Errorf("%s: UID %d at %d is found at %d", mb.Name, msg.UID, seq, got)
		}
		if msg.ModSeq > mb.HighestModSeq {
			return fmt.Errorf("%s: modseq %d of UID %d is above %d", mb.Name, msg.ModSeq, msg.UID, mb.HighestModSeq)
		}
		last = msg.UID
	}
	if mb.Messages != want.Messages || mb.Unseen != want.Unseen || mb.Deleted != want.Deleted ||
		mb.Size != want.Size || mb.DeletedSize != want.DeletedSize || s.FirstUnseen() != firstUnseen {
		return fmt.Errorf("%s: counts %+v, first unseen %d, but the messages make %+v, %d",
			mb.Name, *mb, s.FirstUnseen(), want, firstUnseen)
	}
	return nil
}
