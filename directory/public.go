package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// publicPrefix starts the key of a tenant's public account, before the domain.
const publicPrefix = 'p'

func publicKey(tenant string) []byte { return append([]byte{publicPrefix}, tenant...) }

// publicRecord is a public account as stored, in JSON so that later programs can
// add fields.
type publicRecord struct {
	Account restante.AccountID `json:"account"`
}

// Domain answers the tenant of a domain as an administrator names it: "" stands
// for the users without a domain, as do local domains. The error is
// restante.ErrInvalid for what is no domain.
func (d *Directory) Domain(domain string) (string, error) {
	if domain == "" {
		return "", nil
	}
	domain, err := canonicalDomain(domain)
	if err != nil || d.local[domain] {
		return "", err
	}
	return domain, nil
}

// Public answers the account that holds a tenant's public mailboxes, which nobody
// can log in to. The error is restante.ErrNotFound if there is none yet.
func (d *Directory) Public(ctx context.Context, tenant string) (restante.AccountID, error) {
	rows, _, err := kv.First(ctx, d.kv, partitionOf(tenant), []kv.Range{kv.Only(publicKey(tenant))})
	if err != nil {
		return 0, err
	}
	if rows[0].Key == nil {
		return 0, fmt.Errorf("public mailboxes of %q: %w", tenant, restante.ErrNotFound)
	}
	return decodePublic(tenant, rows[0].Value)
}

func decodePublic(tenant string, value []byte) (restante.AccountID, error) {
	var r publicRecord
	if err := json.Unmarshal(value, &r); err != nil || r.Account < restante.FirstAccountID {
		return 0, fmt.Errorf("directory: public account of %q cannot be read: %w", tenant, restante.ErrCorrupt)
	}
	return r.Account, nil
}

// MakePublic is Public, and makes the account if there is none. As with users the
// account is made first and named second.
func (d *Directory) MakePublic(ctx context.Context, tenant string) (restante.AccountID, error) {
	id, err := d.Public(ctx, tenant)
	if !errors.Is(err, restante.ErrNotFound) {
		return id, err
	}
	made, err := d.store.CreateAccount(ctx, publicName(tenant))
	if err != nil {
		return 0, err
	}
	err = d.clear(ctx, made)
	if err == nil {
		err = d.name(ctx, tenant, made)
	}
	id, lookup := d.Public(context.WithoutCancel(ctx), tenant)
	switch {
	case lookup == nil && id == made:
		return id, nil
	case lookup == nil || errors.Is(lookup, restante.ErrNotFound):
		if gone := d.store.RemoveAccount(context.WithoutCancel(ctx), made); gone != nil {
			d.logger.Error("account without a name is left; restante check finds it", "account", made, "error", gone)
		}
	default:
		err = errors.Join(err, lookup)
	}
	if err != nil {
		return 0, err
	}
	return id, lookup
}

// clear takes out of a new account what users' accounts start with.
func (d *Directory) clear(ctx context.Context, id restante.AccountID) error {
	a, err := d.store.Account(ctx, id)
	if err != nil {
		return err
	}
	defer a.Release()
	list := a.State().Mailboxes()
	for i := len(list) - 1; i > 0; i-- { // inferiors first, and not INBOX
		if err := a.DeleteMailbox(ctx, list[i].Name); err != nil {
			return err
		}
	}
	for _, name := range a.State().Subscriptions() {
		if err := a.SetSubscribed(ctx, name, false); err != nil {
			return err
		}
	}
	return nil
}

// name makes an account a tenant's public one, unless there is another.
func (d *Directory) name(ctx context.Context, tenant string, id restante.AccountID) error {
	return d.edit(ctx, tenant, func(snap kv.Snapshot, b *kv.Batch) error {
		there, err := has(snap, publicKey(tenant))
		if err != nil || there {
			return err // another one was faster
		}
		value, err := json.Marshal(publicRecord{id})
		b.Set(publicKey(tenant), value)
		return err
	})
}

// publicName is what a public account is called in the store: a name that no user
// can have.
func publicName(tenant string) string { return "public@" + tenant + "@" }

// PublicAccounts answers all public accounts with their tenants.
func (d *Directory) PublicAccounts(ctx context.Context) (map[restante.AccountID]string, error) {
	all := map[restante.AccountID]string{}
	err := d.scanAll(ctx, publicPrefix, func(key, value []byte) error {
		id, err := decodePublic(string(key), value)
		all[id] = string(key)
		return err
	})
	return all, err
}
