package mailstore

// Step is what one change made of an account: the states just before it and just
// after it, with nothing of anybody else in between, but for messages that were
// delivered in the same commit. Where there was nothing to be changed both are the
// state in which that was so; both are nil until a change was made.
type Step struct {
	Before, After *State
	Shared        bool // there are deliveries of others in it
}

// Noting answers the account as a itself sees it, whose changes are noted in step:
// the last one that was made. It is the same use of the account, so that it is
// released once, and it is not safe for concurrent use.
func (a *Account) Noting(step *Step) *Account {
	return &Account{accountCore: a.accountCore, viewer: a.viewer, step: step, since: a.since, durably: a.durably}
}

// noted notes a change.
func (a *Account) noted(before, after *State) {
	if a.step != nil {
		*a.step = Step{Before: before, After: after}
	}
}
