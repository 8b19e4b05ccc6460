package mailstore

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/restante/restante"
)

// TestRandomOperations compares memory and engine after each of many random
// operations, on two nodes in turn.
func TestRandomOperations(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			f := newFixture(t, Options{})
			nodes := []*fixture{f, f.node()}
			rng := rand.New(rand.NewPCG(seed, 0))
			for step := range 150 {
				n := nodes[0]
				if rng.IntN(4) == 0 {
					n = nodes[1]
				}
				if err := n.randomOperation(rng); err != nil && !expected(err) {
					t.Fatalf("step %d: %v", step, err)
				}
				if err := n.Refresh(t.Context()); err != nil {
					t.Fatal(err)
				}
				n.sameAsStored()
			}
			checkCounts(t, f.store.kv, f.ID())
		})
	}
}

func testRandomOnOneNode(t *testing.T) {
	f := newFixture(t, Options{})
	rng := rand.New(rand.NewPCG(9, 9))
	for step := range 100 {
		if err := f.randomOperation(rng); err != nil && !expected(err) {
			t.Fatalf("step %d: %v", step, err)
		}
		f.sameAsStored()
	}
}

func expected(err error) bool {
	for _, kind := range []error{restante.ErrExists, restante.ErrNotFound, restante.ErrHasChildren, restante.ErrInvalid} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

func (f *fixture) randomOperation(rng *rand.Rand) error {
	ctx := f.t.Context()
	names := []string{"INBOX", "a", "a/b", "a/b/c", "d", "e/f"}
	name, other := names[rng.IntN(len(names))], names[rng.IntN(len(names))]
	id := func(name string) restante.MailboxID {
		if mb := f.State().MailboxByName(name); mb != nil {
			return mb.ID
		}
		return 1
	}
	first := restante.UID(1 + rng.IntN(700))
	set := uids(first, first+restante.UID(rng.IntN(200)), first+300, first+restante.UID(300+rng.IntN(100)))
	flags := [][]string{{`\Seen`}, {`\Deleted`}, {`\Deleted`, "k"}, {`\Flagged`, "l", "k"}}[rng.IntN(4)]
	switch rng.IntN(13) {
	case 11:
		p := MetadataPlace{Mailbox: id(name), User: restante.AccountID(rng.IntN(2)) * 7000}
		_, err := f.SetMetadata(ctx, p, []MetadataChange{
			{Name: "/private/a", Value: make([]byte, rng.IntN(100)), Remove: rng.IntN(3) == 0},
			{Name: "/shared/B", Value: make([]byte, rng.IntN(100)), Remove: rng.IntN(3) == 0},
		})
		return err
	case 0, 1, 2:
		_, err := tryAppend(ctx, f.Account, id(name), flags[:rng.IntN(len(flags)+1)], messages(0, rng.IntN(300))...)
		return err
	case 3, 4:
		_, err := f.StoreFlags(ctx, id(name), set, FlagOp(rng.IntN(3)), flags, nil)
		return err
	case 5:
		_, err := f.Copy(ctx, id(name), set, id(other))
		return err
	case 6:
		_, err := f.Move(ctx, id(name), set, id(other))
		return err
	case 7, 8:
		_, err := f.Expunge(ctx, id(name), nil)
		return err
	case 9:
		_, err := f.CreateMailbox(ctx, name, nil)
		return err
	case 10:
		if rng.IntN(2) == 0 {
			return f.RenameMailbox(ctx, name, other)
		}
		if name == inbox {
			return nil
		}
		return f.DeleteMailbox(ctx, name)
	default:
		return f.SetSubscribed(ctx, name, rng.IntN(2) == 0)
	}
}
