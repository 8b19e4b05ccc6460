package mailstore

import "github.com/restante/restante/kv"

// Place is where others who look at the engine find the account's version along the way;
// there is no row.
func (a *Account) Place() kv.Place {
	return kv.Place{Partition: a.partition(), Range: kv.Range{Start: []byte{}, End: []byte{}}}
}

// Glance is a look at the engine that tells the account's version along the way, so that
// it need not be asked for if State is at it. It begins before the look.
type Glance struct {
	account *Account
	moment  Moment
	known   *State
}

// Glance begins one.
func (a *Account) Glance() Glance {
	return Glance{account: a, moment: a.store.Moment(), known: a.state.Load()}
}

// Saw notes the version. If State is of one that the engine had and has no more, it is
// stale.
func (g Glance) Saw(version kv.Version) {
	if g.known != nil && version < g.known.version {
		g.account.stale.Store(true)
		return
	}
	g.account.current(version, g.moment)
}
