package migrate

import "sync/atomic"

// Phase is what a migration is doing.
type Phase int32

// The phases, of which Copying and Comparing may come again.
const (
	Counting  Phase = iota // reading which partitions there are
	Copying                // writing the target
	Comparing              // reading both
	Checking               // Options.Accept
)

// String names the phase in one word.
func (p Phase) String() string {
	return [...]string{"counting", "copying", "comparing", "checking"}[p]
}

// Progress is how far a migration is in its phase.
type Progress struct {
	Phase      Phase
	Partitions int64 // done
	Total      int64 // to be done; 0: not known
	Rows       int64 // gone through
	Bytes      int64 // of their keys and values
}

// progress counts for those who look on.
type progress struct {
	phase                    atomic.Int32
	done, total, rows, bytes atomic.Int64
}

// Progress answers how far the migration is. It may be called at any time.
func (p *progress) Progress() Progress {
	return Progress{Phase: Phase(p.phase.Load()), Partitions: p.done.Load(), Total: p.total.Load(), Rows: p.rows.Load(), Bytes: p.bytes.Load()}
}

// enter begins a phase of so many partitions.
func (p *progress) enter(phase Phase, total int64) {
	p.phase.Store(int32(phase))
	p.done.Store(0)
	p.rows.Store(0)
	p.bytes.Store(0)
	p.total.Store(total)
}

// results counts for Result.
type results struct {
	partitions, copied, rows, bytes, mended, unreadable atomic.Int64
}

func (r *results) get() Result {
	return Result{
		Partitions: r.partitions.Load(), Copied: r.copied.Load(), Rows: r.rows.Load(), Bytes: r.bytes.Load(),
		Mended: r.mended.Load(), Unreadable: r.unreadable.Load(),
	}
}
