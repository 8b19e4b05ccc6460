package mailstore

import (
	"context"
	"errors"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// followAgain is how long those wait who could not be brought up to date because the
// engine could not be read.
const followAgain = 500 * time.Millisecond

// watch brings open accounts up to date when other nodes commit, so that sessions
// which wait hear of it. What cannot be read now is tried again until it can.
func (s *Store) watch(ctx context.Context, changes <-chan kv.Change) {
	missed := make(map[restante.AccountID]struct{})
	again := time.NewTimer(followAgain)
	again.Stop()
	defer again.Stop()
	for {
		var follow []*Account
		select {
		case c, ok := <-changes:
			if !ok {
				return
			}
			if c.Lost || c.Partition < kv.Partition(restante.FirstAccountID) {
				s.DirectoryChanged()
			}
			follow = s.cache.open(c)
		case <-again.C:
			for id := range missed {
				follow = append(follow, s.cache.open(kv.Change{Partition: kv.Partition(id)})...)
			}
			clear(missed)
		}
		for i, a := range follow {
			err := a.Refresh(ctx)
			if err == nil || ctx.Err() != nil || errors.Is(err, restante.ErrNotFound) {
				continue
			}
			if len(missed) == 0 {
				s.options.Logger.Warn("cannot follow another node's change yet", "account", uint64(a.id), "error", err)
			}
			missed[a.id] = struct{}{}
			if errors.Is(err, restante.ErrUnavailable) {
				// It takes its time to find that out, and the others would too.
				for _, rest := range follow[i+1:] {
					missed[rest.id] = struct{}{}
				}
				break
			}
		}
		if len(missed) > 0 {
			again.Reset(followAgain)
		}
	}
}
