package wire

import "sync/atomic"

// Budget bounds what the decoders that share it, such as those of an account's
// connections, hold together beyond the buffers that they were lent: long lines
// and literals that are arguments.
type Budget struct{ left atomic.Int64 }

// NewBudget gives a budget of so many octets.
func NewBudget(octets int64) *Budget {
	b := &Budget{}
	b.left.Store(octets)
	return b
}

// take takes n octets, or says no.
func (b *Budget) take(n int64) bool {
	if b.left.Add(-n) >= 0 {
		return true
	}
	b.left.Add(n)
	return false
}

// SetBudget sets what the decoder's buffer may grow by from now on; nil is no
// bound. A command that needs more fails with the kind [OverLimit].
func (d *Decoder) SetBudget(b *Budget) {
	d.giveBack()
	d.budget = b
}

// giveBack returns to the budget what the buffer had grown by.
func (d *Decoder) giveBack() {
	if d.budget != nil {
		d.budget.left.Add(d.grown)
	}
	d.grown = 0
}

// mayGrow takes n octets from the budget.
func (d *Decoder) mayGrow(n int) bool {
	if d.budget == nil {
		return true
	}
	if !d.budget.take(int64(n)) {
		return false
	}
	d.grown += int64(n)
	return true
}

func (d *Decoder) failBudget() error {
	return d.Fail(OverLimit, "too many long commands at a time")
}
