package mailstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// CheckOptions say what is checked. The zero value is everything.
type CheckOptions struct {
	// Accounts are the accounts to check; nil is all of the store.
	Accounts []restante.AccountID
	// SkipContents leaves out what takes reading every message: that its
	// bytes are all there and that its summary is what a fresh parse gives.
	SkipContents bool
	// Progress is called now and then, and at the end of each account.
	Progress func(CheckProgress)
	// Found is called with each finding once its account is done, with at most
	// 10,000 of an account.
	Found func(Finding)
	// Limit bounds the findings that the report keeps: 0 is 1,000. Those
	// beyond are counted, and Found gets them.
	Limit int
}

// CheckProgress says how far a check is.
type CheckProgress struct {
	Account  restante.AccountID // the one at hand
	Accounts int                // done
	Messages int64              // contents looked at so far
	Bytes    int64              // octets read of them
}

// FindingKind is what is wrong, as a word for programs.
type FindingKind string

const (
	FindAccount FindingKind = "account" // the account row, or rows of no account
	FindMailbox FindingKind = "mailbox" // a mailbox's row, name or place in the hierarchy
	FindCount   FindingKind = "count"   // counts, sizes or usage that are not what the messages make
	FindPage    FindingKind = "page"    // a page that cannot be read or is out of order
	FindMessage FindingKind = "message" // an entry with impossible values
	FindFlags   FindingKind = "flags"   // flag sets
	FindHistory FindingKind = "history" // the history of expunges
	FindContent FindingKind = "content" // content that is missing or not whole
	FindSummary FindingKind = "summary" // a summary that is not what the message gives
	FindOrphan  FindingKind = "orphan"  // rows that nothing names
	FindUpload  FindingKind = "upload"  // an upload that was never finished
	FindObject  FindingKind = "object"  // objects in the blob store that no row names
	FindRefs    FindingKind = "refs"    // counts of copies
	FindThread  FindingKind = "thread"  // thread rows

	FindACL      FindingKind = "acl"      // access control lists
	FindSeen     FindingKind = "seen"     // what other accounts have seen
	FindMetadata FindingKind = "metadata" // metadata of mailboxes and of the server
	FindURLKey   FindingKind = "urlkey"   // mailbox access keys
	FindRow      FindingKind = "row"      // rows of unknown form

	FindAnnotation FindingKind = "annotation" // annotations of messages
	FindGuest      FindingKind = "guest"      // rows of accounts that were removed
)

// Finding is one thing that is not as it must be.
type Finding struct {
	Kind    FindingKind
	Account restante.AccountID
	Mailbox string           // name; "" where it is about no mailbox
	UID     restante.UID     // 0 where it is about no one message
	Email   restante.EmailID // 0 where it is about no one content
	Text    string           // in plain words
	// Fixed says that Repair has put it right, in the way that Text tells.
	Fixed bool
}

// String gives the finding as one line.
func (f Finding) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "account %d", uint64(f.Account))
	if f.Mailbox != "" {
		fmt.Fprintf(&b, ", mailbox %q", f.Mailbox)
	}
	if f.UID != 0 {
		fmt.Fprintf(&b, ", UID %d", f.UID)
	}
	if f.Email != 0 {
		fmt.Fprintf(&b, ", content %d", f.Email)
	}
	fmt.Fprintf(&b, ": %s (%s)", f.Text, f.Kind)
	return b.String()
}

// Report is the outcome of a check or repair.
type Report struct {
	Accounts  int
	Mailboxes int
	Messages  int64 // entries in mailboxes
	Contents  int64 // contents that they share
	Bytes     int64 // octets that were read of them
	Findings  []Finding
	More      int // findings beyond CheckOptions.Limit
	Fixed     int // of all findings, how many Repair has put right
}

// Clean reports whether nothing is wrong, or nothing is wrong any more.
func (r Report) Clean() bool { return len(r.Findings)+r.More == r.Fixed }

// Check verifies every invariant of the store's accounts. It works on a
// consistent view of one account after the other, while they are in use, and
// changes nothing. Memory grows with the number of messages of one account, by
// a few bytes each. The error is that of the engine or of ctx, not what was
// found; the report holds what was found until then.
func (s *Store) Check(ctx context.Context, o CheckOptions) (Report, error) {
	run := &checkRun{ctx: ctx, store: s, options: o, listed: make(map[restante.AccountID]bool)}
	err := run.accounts(run.check)
	if err == nil {
		err = run.otherObjects()
	}
	return run.report, err
}

// checkRun is one call of Check or Repair.
type checkRun struct {
	ctx     context.Context
	store   *Store
	options CheckOptions
	report  Report
	listed  map[restante.AccountID]bool // whose objects were looked at
}

// accounts calls f for each account that is asked for.
func (r *checkRun) accounts(f func(restante.AccountID) error) error {
	one := func(id restante.AccountID) error {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		if err := f(id); err != nil {
			return fmt.Errorf("mailstore: check account %d: %w", uint64(id), err)
		}
		r.progress(id)
		return nil
	}
	if r.options.Accounts != nil {
		for _, id := range r.options.Accounts {
			if err := one(id); err != nil {
				return err
			}
		}
		return nil
	}
	return r.store.kv.Partitions(r.ctx, func(p kv.Partition, _ kv.Version) error {
		if id := restante.AccountID(p); id.Valid() {
			return one(id)
		}
		return nil
	})
}

// check looks at one account.
func (r *checkRun) check(id restante.AccountID) error {
	snap, err := r.store.kv.Snapshot(r.ctx, kv.Partition(id))
	if err != nil {
		return err
	}
	defer snap.Close()
	c := newChecker(r, id, snap)
	if err := c.run(); err != nil && !c.unreadable(err) {
		return err
	}
	r.add(c)
	return nil
}

// unreadable notes damage that the engine has met, which ends the check of the
// account. Other errors are not about the account.
func (c *checker) unreadable(err error) bool {
	if !errors.Is(err, restante.ErrCorrupt) {
		return false
	}
	c.foundf(FindRow, false, "rows cannot be read, what follows them was not checked: %v", err)
	return true
}

// add takes over what a checker found.
func (r *checkRun) add(c *checker) {
	limit := r.options.Limit
	if limit == 0 {
		limit = 1000
	}
	for _, f := range c.findings {
		if f.Fixed {
			r.report.Fixed++
		}
		if r.options.Found != nil {
			r.options.Found(f)
		}
		if len(r.report.Findings) < limit {
			r.report.Findings = append(r.report.Findings, f)
		} else {
			r.report.More++
		}
	}
	r.report.More += c.more
	r.report.Fixed += c.moreFixed
	if c.exists {
		r.report.Accounts++
	}
	r.report.Mailboxes += len(c.boxes)
	r.report.Messages += c.messages
	r.report.Contents += c.contents
	r.report.Bytes += c.bytes
}

func (r *checkRun) progress(id restante.AccountID) {
	r.tell(id, 0, 0)
}

// tell reports progress: what accounts that are done have, and so much of one
// that is not.
func (r *checkRun) tell(id restante.AccountID, contents, bytes int64) {
	if r.options.Progress != nil {
		r.options.Progress(CheckProgress{
			Account: id, Accounts: r.report.Accounts,
			Messages: r.report.Contents + contents, Bytes: r.report.Bytes + bytes,
		})
	}
}

// maxFindings is how many findings of one account are told; those beyond are
// counted.
const maxFindings = 10_000

// checker looks at one account, as it is in one snapshot.
type checker struct {
	parent          *checkRun
	id              restante.AccountID
	snap            kv.Snapshot
	version         restante.ModSeq
	fix             *fixes // nil: nothing is put right
	findings        []Finding
	more, moreFixed int // findings beyond maxFindings

	exists    bool // there is an account row
	account   accountRow
	boxes     map[restante.MailboxID]*checkedBox
	order     []*checkedBox // by ID
	flags     *FlagTable
	highest   restante.EmailID // number of a content or thread that is named
	emails    emailTable
	damaged   bool                        // pages could not be read, so that it is not known what is named
	staging   map[restante.EmailID]bool   // uploads under way
	abandoned map[restante.EmailID]bool   // and those that no longer are
	gone      map[restante.AccountID]bool // whether other accounts were removed, as far as that was asked
	messages  int64
	contents  int64
	bytes     int64
}

// checkedBox is a mailbox with what its pages make.
type checkedBox struct {
	*box
	counted   Mailbox // Messages, Unseen, Deleted, Size, DeletedSize
	last      restante.UID
	history   UIDSet // told as expunged
	absent    UIDSet // of no message, up to last
	changed   bool   // the row has to be written
	damaged   bool   // it has pages that cannot be read
	recovered bool   // it was made for pages whose mailbox is missing
	forgotten bool   // its history is given up
}

func newChecker(r *checkRun, id restante.AccountID, snap kv.Snapshot) *checker {
	return &checker{
		parent: r, id: id, snap: snap, version: restante.ModSeq(snap.Version()),
		boxes: make(map[restante.MailboxID]*checkedBox), staging: make(map[restante.EmailID]bool),
		abandoned: make(map[restante.EmailID]bool),
	}
}

// run looks at everything, in an order in which what is read first is what the
// rest is held against.
func (c *checker) run() error {
	for _, step := range []func() error{
		c.checkHead, c.checkNames, c.checkHistory, c.checkPages, c.checkACLs, c.checkSeen, c.checkMetadata, c.checkURLKeys, c.checkGuests, c.checkAnnotations, c.checkCounts,
		c.checkStaging, c.checkRefs, c.checkForgotten, c.checkContents, c.checkThreads, c.checkOthers,
	} {
		if err := step(); err != nil {
			return err
		}
		if !c.exists {
			return nil
		}
	}
	return nil
}

// found notes a finding; fixed says that it is being put right, as long as the
// commit takes more. Lost contents it always takes.
func (c *checker) found(f Finding, fixed bool) {
	f.Account, f.Fixed = c.id, fixed && c.fix != nil && (f.Kind == FindContent || !c.full())
	switch {
	case len(c.findings) < maxFindings:
		c.findings = append(c.findings, f)
	case f.Fixed:
		c.moreFixed++
		fallthrough
	default:
		c.more++
	}
}

func (c *checker) foundf(kind FindingKind, fixed bool, format string, args ...any) {
	c.found(Finding{Kind: kind, Text: fmt.Sprintf(format, args...)}, fixed)
}

// scan calls f for each row in [start, end).
func (c *checker) scan(start, end []byte, f func(key, value []byte) error) error {
	it := c.snap.Scan(start, end)
	n := 0
	for it.Next() {
		if n++; n%256 == 0 {
			if err := c.parent.ctx.Err(); err != nil {
				return errors.Join(err, it.Close())
			}
		}
		value := it.Value()
		if err := it.Err(); err != nil {
			return errors.Join(err, it.Close())
		}
		if err := f(it.Key(), value); err != nil {
			return errors.Join(err, it.Close())
		}
	}
	return it.Close()
}
