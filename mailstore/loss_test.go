package mailstore

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
	"github.com/restante/restante/kv/memkv"
	"github.com/restante/restante/notify"
)

// failsOver is an engine behind which another one takes over.
type failsOver struct {
	kv.Store
	now        atomic.Pointer[memkv.Store]
	committing func() // called before each commit; nil: nothing is
}

func (e *failsOver) Snapshot(ctx context.Context, p kv.Partition) (kv.Snapshot, error) {
	return e.now.Load().Snapshot(ctx, p)
}

func (e *failsOver) Commit(ctx context.Context, p kv.Partition, base kv.Version, b *kv.Batch, d kv.Durability) (kv.Version, error) {
	if e.committing != nil {
		e.committing()
	}
	return e.now.Load().Commit(ctx, p, base, b, d)
}

// TestLostCommits has the engine come back without an account's last commits, which
// clients were told of: what they were told gets no other meaning, and all that is no more
// is told as gone. So whether a node finds out by looking, by a change, or by a client
// that opens a mailbox.
func TestLostCommits(t *testing.T) {
	notice := map[string]func(*testing.T, *fixture) error{
		"looks": func(t *testing.T, f *fixture) error { return f.Refresh(t.Context()) },
		"reads": func(t *testing.T, f *fixture) error {
			r, err := f.Reader(t.Context())
			if err != nil {
				return err
			}
			r.Close()
			return f.RefreshSince(t.Context(), 1) // no more than what was seen along the way
		},
		"changes": func(t *testing.T, f *fixture) error { return f.SetSubscribed(t.Context(), "new", true) },
		"refuses": func(t *testing.T, f *fixture) error {
			_, err := f.CreateMailbox(t.Context(), "lost", nil) // which is there no more
			return err
		},
	}
	for name, notice := range notice {
		t.Run(name, func(t *testing.T) {
			backing := memkv.NewBacking()
			engine := &failsOver{Store: deaf{backing.Open()}}
			engine.now.Store(backing.Open())
			f := newFixture(t, Options{KV: engine})
			f.append(f.inbox, nil, messages(0, 300)...)
			sent := f.create("sent")
			f.append(sent.ID, nil, "x")
			standby := backing.CrashClone()
			f.append(f.inbox, nil, messages(300, 303)...)
			lostBox := f.create("lost")
			if _, err := f.StoreFlags(t.Context(), f.inbox, uids(7, 7), AddFlags, []string{"lost"}, nil); err != nil {
				t.Fatal(err)
			}
			f.expungeUID(f.inbox, 9)
			told, lost := f.State().ModSeq(), f.snapshot(f.inbox)
			highest, lastEmail := lost.Mailbox().HighestModSeq, lost.At(lost.Len()).EmailID
			untouched := f.snapshot(sent.ID).Mailbox().HighestModSeq

			engine.now.Store(standby.Open())
			var heard []notify.Event
			cancel := f.Subscribe(func(e notify.Event) { heard = append(heard, e) })
			defer cancel()
			if err := notice(t, f); err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(heard, func(e notify.Event) bool { return slices.Contains(e.Mailboxes, f.inbox) }) {
				t.Errorf("sessions were told %+v", heard)
			}
			now := f.snapshot(f.inbox)
			if now.Len() != 300 || now.Mailbox().UIDNext != 304 {
				t.Errorf("%d messages, UIDNEXT %d", now.Len(), now.Mailbox().UIDNext)
			}
			if seq, there := now.SeqOf(9); !there || now.At(seq).ModSeq <= highest {
				t.Error("the message whose expunge was lost is not told of again")
			}
			if seq, _ := now.SeqOf(7); now.At(seq).ModSeq <= highest || now.Mailbox().HighestModSeq <= told {
				t.Errorf("modseq %d of a message whose flag was lost, %d of all, %d was told", now.At(seq).ModSeq, now.Mailbox().HighestModSeq, told)
			}
			gone, err := f.Vanished(t.Context(), f.inbox, highest)
			if err != nil || fmt.Sprint(gone) != fmt.Sprint(uids(301, 303)) {
				t.Errorf("vanished: %v, %v", gone, err)
			}
			if got := f.snapshot(sent.ID).Mailbox().HighestModSeq; got != untouched {
				t.Errorf("a mailbox of which nothing was lost is at modseq %d, not %d", got, untouched)
			}
			r := f.append(f.inbox, nil, message1(1000))
			if m := f.snapshot(f.inbox).At(301); r.First != 304 || m.UID != 304 || m.EmailID <= lastEmail || m.ModSeq <= told {
				t.Errorf("the next message: %+v", m)
			}
			if mb := f.State().MailboxByName("lost"); mb != nil && (mb.ID <= lostBox.ID || mb.UIDValidity <= lostBox.UIDValidity) {
				t.Errorf("a mailbox made again: %+v, was %+v", mb, lostBox)
			}
			again := f.State().ModSeq()
			if err := f.Refresh(t.Context()); err != nil || f.State().ModSeq() != again {
				t.Errorf("modseq %d after %d, %v", f.State().ModSeq(), again, err)
			}
			if r, err := f.store.Check(t.Context(), CheckOptions{}); err != nil || !r.Clean() {
				t.Errorf("%+v, %v", r.Findings, err)
			}
		})
	}
}

// expungeUID removes a message as EXPUNGE does.
func (f *fixture) expungeUID(mb restante.MailboxID, uid restante.UID) {
	f.t.Helper()
	if _, err := f.Remove(f.t.Context(), mb, uid); err != nil {
		f.t.Fatal(err)
	}
}
