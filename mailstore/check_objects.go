package mailstore

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/blob"
	"github.com/restante/restante/kv"
)

// orphanAge is how old an object is at least that is taken for one that no row will
// name any more. Rows name an object before it is there; the time is for clocks that
// differ.
const orphanAge = time.Hour

// objectListing walks over an account's objects in the blob store. Without a store
// there are none.
type objectListing struct {
	next    func() (blob.Object, error, bool)
	stop    func()
	object  blob.Object
	ok      bool
	err     error
	before  time.Time // objects written later may be too new for the snapshot
	account restante.AccountID
}

// listObjects begins a walk, beside a snapshot that was taken before.
func (c *checker) listObjects() *objectListing {
	l := &objectListing{account: c.id, before: c.parent.store.now().Add(-orphanAge)}
	store := c.parent.store.blobs
	if store == nil || !c.account.objects {
		return l
	}
	c.parent.listed[c.id] = true
	ctx := c.parent.ctx
	l.next, l.stop = iter.Pull2(func(yield func(blob.Object, error) bool) {
		err := store.List(ctx, blob.Name{Account: c.id}, func(o blob.Object) error {
			if o.Name.Account != c.id || !yield(o, nil) {
				return blob.ErrStop
			}
			return nil
		})
		if err != nil {
			yield(blob.Object{}, err)
		}
	})
	l.step()
	return l
}

func (l *objectListing) step() {
	l.object, l.err, l.ok = l.next()
	l.ok = l.ok && l.err == nil
}

func (l *objectListing) close() error {
	if l.stop != nil {
		l.stop()
	}
	if l.err != nil {
		return unavailable("list objects", l.err)
	}
	return nil
}

// unnamedObjects looks at the objects that were listed of contents before id, or of all
// that are left.
func (s *contentCheck) unnamedObjects(id restante.EmailID, any bool) error {
	l := s.listed
	for l.ok && (!any || l.object.Name.Email < id) {
		if err := s.unnamedObject(l.object); err != nil {
			return err
		}
		l.step()
	}
	if l.err != nil {
		return unavailable("list objects", l.err)
	}
	return nil
}

// unnamedObject looks at an object that no object row names.
func (s *contentCheck) unnamedObject(o blob.Object) error {
	if !o.Modified.Before(s.listed.before) {
		return nil
	}
	named, err := namedOtherwise(s.snap, o.Name)
	if err != nil || named {
		return err
	}
	s.found(Finding{Kind: FindObject, Email: o.Name.Email, Text: fmt.Sprintf(
		"no row names the object %v of %d octets, which is to be deleted", o.Name, o.Size)}, true)
	s.set(forgottenKey(o.Name.Email, o.Name.Token), appendForgotten(nil, s.parent.store.now()))
	return nil
}

// hasObjects makes sure that the account row says that there are objects.
func (c *checker) hasObjects() {
	if !c.account.objects {
		c.foundf(FindAccount, true, "the account row does not say that there are objects; it is put right")
		c.account.objects = true
		c.dirtyAccount()
	}
}

// namedOtherwise reports whether a staging row or one of a forgotten object names an
// object.
func namedOtherwise(snap kv.Snapshot, name blob.Name) (bool, error) {
	row, err := snap.Get(stagingKey(name.Email), nil)
	if err == nil {
		if u, ok := parseStaging(name.Email, row); ok && u.object && u.token == name.Token {
			return true, nil
		}
	}
	if err == nil || errors.Is(err, kv.ErrNotFound) {
		if _, err = snap.Get(forgottenKey(name.Email, name.Token), nil); err == nil {
			return true, nil
		}
	}
	if !errors.Is(err, kv.ErrNotFound) {
		return false, unavailable("read objects", err)
	}
	return false, nil
}

// readObject takes what the object of a content, on whose row the walk stands, has from
// an offset on. why says what is missing of it.
func (s *contentCheck) readObject(id restante.EmailID, from int64, parser io.Writer) (n int64, why string, err error) {
	o, err := parseObject(s.id, id, append([]byte(nil), s.objects.it.Value()...))
	if err != nil {
		return 0, "its object row cannot be read", nil
	}
	if s.parent.store.blobs == nil {
		return 0, "", fmt.Errorf("content %d is an object, and no store of objects is configured: %w", id, restante.ErrUnavailable)
	}
	s.hasObjects()
	there, err := s.listedObject(o)
	if err != nil || !there {
		return 0, "its object " + o.name.String() + " is gone", err
	}
	if s.parent.options.SkipContents {
		return 0, "", nil
	}
	if from != o.from {
		return 0, fmt.Sprintf("the engine has %d octets of the %d that its object leaves to it", from, o.from), nil
	}
	for off := from - from%sumBlock; off < o.size; off += maxWindow {
		p := s.window(min(maxWindow, o.size-off))
		if err := o.read(s.parent.ctx, s.parent.store.blobs, p, off); err != nil {
			if errors.Is(err, restante.ErrCorrupt) {
				return n, err.Error(), nil
			}
			return n, "", err
		}
		if off < from {
			p = p[from-off:]
		}
		_, _ = parser.Write(p) // never fails
		n += int64(len(p))
	}
	return n, "", nil
}

// window answers a buffer of n octets, at most maxWindow.
func (s *contentCheck) window(n int64) []byte {
	if s.block == nil {
		s.block = make([]byte, maxWindow)
	}
	return s.block[:n]
}

// listedObject walks on to an object and reports whether it is there. Other objects of
// the same content are named by no row. One that is gone may have been deleted in the
// order of things since the snapshot was taken, if its message is gone too.
func (s *contentCheck) listedObject(o *object) (bool, error) {
	found := false
	l := s.listed
	for ; l.ok && l.object.Name.Email == o.name.Email; l.step() {
		if l.object.Name == o.name {
			found = true
		} else if err := s.unnamedObject(l.object); err != nil {
			return false, err
		}
	}
	if l.err != nil || found {
		return found, l.err
	}
	if l.next == nil {
		return true, nil // it was not looked for
	}
	snap, err := s.parent.store.kv.Snapshot(s.parent.ctx, kv.Partition(s.id))
	if err != nil {
		return false, err
	}
	defer snap.Close()
	_, err = snap.Get(objectKey(o.name.Email), nil)
	if errors.Is(err, kv.ErrNotFound) {
		return true, nil
	}
	return false, err
}

// forgetObject makes the object of a content, whose rows are removed, be deleted.
func (s *contentCheck) forgetObject(id restante.EmailID) {
	if !s.objects.at(id) {
		return
	}
	if o, err := parseObject(s.id, id, s.objects.it.Value()); err == nil {
		s.set(forgottenKey(id, o.name.Token), appendForgotten(nil, s.parent.store.now()))
	}
}

// otherObjects looks for objects of accounts that were not checked: those that were
// removed, and those that are not known.
func (r *checkRun) otherObjects() error {
	if r.store.blobs == nil || r.options.Accounts != nil {
		return nil
	}
	before := r.store.now().Add(-orphanAge)
	for from := (blob.Name{}); ; {
		id, old, err := r.oldObjects(from, before)
		if err != nil {
			return err
		}
		if old.count > 0 {
			if err := r.strangeObjects(id, before); err != nil {
				return err
			}
		}
		if id == 0 || id+1 == 0 {
			return nil
		}
		from = blob.Name{Account: id + 1}
	}
}

// objectSum is of several objects.
type objectSum struct{ count, size int64 }

// oldObjects sums up the objects of one account that were written before some time: of
// the first account that has any from a name on, 0 if none has. Those of accounts that
// were checked are left out.
func (r *checkRun) oldObjects(from blob.Name, before time.Time) (id restante.AccountID, sum objectSum, err error) {
	err = r.store.blobs.List(r.ctx, from, func(o blob.Object) error {
		if id == 0 {
			id = o.Name.Account
		}
		if o.Name.Account != id || r.listed[id] {
			return blob.ErrStop
		}
		if o.Modified.Before(before) {
			sum.count, sum.size = sum.count+1, sum.size+o.Size
		}
		return nil
	})
	if err != nil {
		return 0, objectSum{}, unavailable("list objects", err)
	}
	return id, sum, nil
}

// strangeObjects tells what is wrong with the objects of an account that has none, by
// its rows. They are listed anew, beside these: a sweep deletes objects first and then
// the row that says so.
func (r *checkRun) strangeObjects(id restante.AccountID, before time.Time) error {
	snap, err := r.store.kv.Snapshot(r.ctx, kv.Partition(id))
	if err != nil {
		return err
	}
	defer snap.Close()
	there, old, err := r.oldObjects(blob.Name{Account: id}, before)
	if err != nil || there != id || old.count == 0 {
		return err
	}
	has := func(key []byte) bool {
		_, e := snap.Get(key, nil)
		if e != nil && !errors.Is(e, kv.ErrNotFound) {
			err = e
		}
		return e == nil
	}
	c := newChecker(r, id, snap)
	switch {
	case has(accountKey()):
		c.foundf(FindObject, false, "no row names any of %d objects of %d octets, which a sweep deletes", old.count, old.size)
	case !has(goneKey()):
		c.foundf(FindObject, false, "%d objects of %d octets are there of this account, which is not known here; a sweep leaves them alone", old.count, old.size)
	case !has(forgottenKey(0, 0)):
		c.foundf(FindObject, false, "%d objects of %d octets are there of this account, which was removed; a sweep deletes them", old.count, old.size)
	}
	r.add(c)
	return err
}
