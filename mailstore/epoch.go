package mailstore

import (
	"context"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// modSeqEpoch keeps modification sequences rising over crashes. A power cut can
// take Relaxed commits back, whose versions the engine then gives out again; a
// client that kept one of them would miss what happens under it the second time.
// So an account that is opened for the first time after such an end leaves out
// more modification sequences than can be lost.
type modSeqEpoch struct {
	unclean uint64 // the engine's count of unclean ends that is accounted for
	skipped uint64 // what a modification sequence is above its commit's version
}

// skippedPerEnd is more than the commits of an account in the time that a power
// cut can take back.
const skippedPerEnd = 1 << 20

// modSeq is the modification sequence of a version.
func (e modSeqEpoch) modSeq(v kv.Version) restante.ModSeq {
	return restante.ModSeq(uint64(v) + e.skipped)
}

// uncleanOpens is implemented by engines that can lose Relaxed commits and count
// how often they may have.
type uncleanOpens interface{ UncleanOpens() uint64 }

// unclean answers the engine's count; 0 where it has none.
func (s *Store) unclean() uint64 {
	if e, ok := s.kv.(uncleanOpens); ok {
		return e.UncleanOpens()
	}
	return 0
}

// skipLocked begins a new epoch if the engine has come to an unclean end since
// the account's last one, or counts otherwise: an account that was copied from
// another engine may have that one's higher count.
func (a *Account) skipLocked(ctx context.Context) error {
	ends := a.store.unclean()
	if _, loses := a.store.kv.(uncleanOpens); !loses || a.state.Load().account.epoch.unclean == ends {
		return nil
	}
	_, err := a.updateLocked(ctx, kv.Durable, func(tx *txn) error {
		if tx.row.epoch.unclean != ends {
			tx.row.epoch = modSeqEpoch{unclean: ends, skipped: tx.row.epoch.skipped + skippedPerEnd}
			tx.batch.UseReserve() // an account can be read on a full disk
		}
		return nil
	})
	return err
}
