// Package blob is the contract of stores that hold the bodies of large messages
// outside of the storage engine, as immutable objects.
package blob

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/restante/restante"
)

// Store holds objects. An object is written once, whole, and never changed; its name
// is never given to another one. All methods may be called concurrently, by several
// processes too. Errors are restante.ErrNotFound for an object that is not there,
// ErrNoSpace, those of ctx, and ErrUnavailable for everything else.
type Store interface {
	// Put writes an object of size octets, which is whole and on stable storage when it
	// returns nil. If it answers an error the object may be there or not, or appear
	// later, but never in part. Putting an object again that is there is no error.
	Put(ctx context.Context, name Name, body io.ReaderAt, size int64) error

	// ReadAt fills p from offset off of an object. As with io.ReaderAt, n < len(p) comes
	// with an error, which is io.EOF where the object ends.
	ReadAt(ctx context.Context, name Name, p []byte, off int64) (n int, err error)

	// Delete removes objects. One that is not there is no error. If it answers an error
	// some of them may be gone.
	Delete(ctx context.Context, names []Name) error

	// List calls f for the objects from a name on, in the order of their names, until f
	// answers an error, which List returns unless it is ErrStop. Objects that come or go
	// meanwhile may be among them or not. What is no object of this store is left out.
	List(ctx context.Context, from Name, f func(Object) error) error

	// Close ends the use of the store.
	Close() error
}

// ErrStop is answered by a List's function to end the listing without an error.
var ErrStop = errors.New("blob: no more is wanted")

// Name names an object: by the account and the content that it belongs to, and by a
// number at random, so that no two objects ever have the same name, whatever numbers
// a crash makes an account give out again.
type Name struct {
	Account restante.AccountID
	Email   restante.EmailID
	Token   uint64
}

// Object is one entry of a listing.
type Object struct {
	Name     Name
	Size     int64     // octets
	Modified time.Time // when it was written, by the store's clock
}

// String gives the name in the form that stores keep it under, whose order as text is
// the order of names: "account/content-token", each as 16 hexadecimal digits.
func (n Name) String() string {
	return fmt.Sprintf("%016x/%016x-%016x", uint64(n.Account), uint64(n.Email), n.Token)
}

// nameLen is the length of a name's form.
const nameLen = 3*16 + 2

// ParseName reads the form that String gives; ok is false for any other.
func ParseName(s string) (n Name, ok bool) {
	if len(s) != nameLen || s[16] != '/' || s[33] != '-' {
		return Name{}, false
	}
	account, err1 := strconv.ParseUint(s[:16], 16, 64)
	email, err2 := strconv.ParseUint(s[17:33], 16, 64)
	token, err3 := strconv.ParseUint(s[34:], 16, 64)
	n = Name{Account: restante.AccountID(account), Email: restante.EmailID(email), Token: token}
	return n, err1 == nil && err2 == nil && err3 == nil && n.String() == s
}

// Compare orders names as listings do.
func (n Name) Compare(o Name) int {
	return cmp.Or(cmp.Compare(n.Account, o.Account), cmp.Compare(n.Email, o.Email), cmp.Compare(n.Token, o.Token))
}

// Unavailable makes an error of a store one of the kinds that its methods answer.
func Unavailable(what string, name Name, err error) error {
	for _, kind := range []error{restante.ErrNotFound, restante.ErrNoSpace, context.Canceled, context.DeadlineExceeded, io.EOF} {
		if errors.Is(err, kind) {
			return err
		}
	}
	return fmt.Errorf("blob: %s %v: %w: %w", what, name, restante.ErrUnavailable, err)
}
