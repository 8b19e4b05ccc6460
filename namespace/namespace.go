// Package namespace says where the name of a mailbox leads and what a user may do
// there: to his own account, to that of another user who shares mailboxes with him,
// or to the public mailboxes of his domain. It knows no protocol.
//
// A user's own mailboxes have no prefix. Those of others are called "Other
// Users/LOGIN/MAILBOX", public ones "Shared/MAILBOX". What a user may do stands in
// the mailboxes' access control lists, in the owner's account; the directory's
// index of who shares with whom is only where to look.
package namespace

import (
	"context"
	"iter"
	"log/slog"
	"strings"

	"github.com/restante/restante"
	"github.com/restante/restante/directory"
	"github.com/restante/restante/mailstore"
)

// The first levels of names of mailboxes that are not the user's own.
const (
	Others = "Other Users"
	Public = "Shared"
)

// Separator stands between the levels of a name.
const Separator = "/"

// Options configure a Namespace. Store and Directory are required.
type Options struct {
	Store     *mailstore.Store
	Directory *directory.Directory
	Logger    *slog.Logger // nil: discards
}

// Namespace is where all users find their mailboxes. All methods may be called
// concurrently.
type Namespace struct {
	store     *mailstore.Store
	directory *directory.Directory
	logger    *slog.Logger
}

// New answers the namespace of a store and its directory.
func New(o Options) *Namespace {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Namespace{store: o.Store, directory: o.Directory, logger: o.Logger}
}

// Owner is whose mailboxes they are.
type Owner struct {
	Account restante.AccountID
	Name    string // the login name; empty: the public mailboxes of Tenant
	Tenant  string // see directory.Directory.Tenant
	Prefix  string // of their names, as the user who asks knows them; empty for his own
}

// IsPublic reports whether the mailboxes belong to nobody.
func (o Owner) IsPublic() bool { return o.Name == "" }

// owner answers the owner of a user's account, as others see it.
func (n *Namespace) owner(name string, account restante.AccountID) Owner {
	return Owner{
		Account: account, Name: name, Tenant: n.directory.Tenant(name),
		Prefix: Others + Separator + level(name) + Separator,
	}
}

// public answers the owner of a tenant's public mailboxes.
func (n *Namespace) public(ctx context.Context, tenant string) (Owner, error) {
	id, err := n.directory.Public(ctx, tenant)
	return Owner{Account: id, Tenant: tenant, Prefix: Public + Separator}, err
}

// Reserved reports whether a name is among those of mailboxes that are not the
// user's own, so that none of his can have it.
func Reserved(name string) bool {
	first, _, _ := strings.Cut(name, Separator)
	return first == Others || first == Public
}

// level writes a login name as one level of a mailbox name. The characters that
// mean something in names and patterns are written "=XX".
func level(login string) string {
	if !strings.ContainsAny(login, "/%*=") {
		return login
	}
	const hex = "0123456789ABCDEF"
	b := make([]byte, 0, len(login)+8)
	for i := range len(login) {
		switch c := login[i]; c {
		case Separator[0], '%', '*', '=':
			b = append(b, '=', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return string(b)
}

// login reads what level writes.
func login(level string) string {
	for _, c := range [...]string{"/", "%", "*", "="} {
		level = strings.ReplaceAll(level, escaped(c[0]), c)
	}
	return level
}

func escaped(c byte) string {
	const hex = "0123456789ABCDEF"
	return string([]byte{'=', hex[c>>4], hex[c&15]})
}

// Superiors yields the names above a name, the nearest first.
func Superiors(name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := strings.LastIndexByte(name, Separator[0]); i > 0; i = strings.LastIndexByte(name[:i], Separator[0]) {
			if !yield(name[:i]) {
				return
			}
		}
	}
}
