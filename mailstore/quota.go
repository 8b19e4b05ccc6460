package mailstore

import (
	"context"
	"fmt"

	"github.com/restante/restante"
	"github.com/restante/restante/kv"
)

// QuotaNothing as a bound of a Quota allows nothing at all.
const QuotaNothing = -1

// ErrMailboxLimit is of a mailbox more than Limits.Mailboxes.
var ErrMailboxLimit = fmt.Errorf("mailboxes: %w", restante.ErrLimit)

// exceeds reports whether so much is more than a bound of a Quota allows.
func exceeds(used, bound int64) bool { return bound != 0 && used > max(bound, 0) }

// SetQuota gives the account a quota of its own. What it holds beyond it stays. A
// bound below QuotaNothing is restante.ErrInvalid.
func (a *Account) SetQuota(ctx context.Context, q Quota) error {
	if min(q.Bytes, q.Messages, q.Mailboxes, q.Annotations) < QuotaNothing {
		return fmt.Errorf("mailstore: negative quota: %w", restante.ErrInvalid)
	}
	_, err := a.update(ctx, kv.Durable, func(tx *txn) error {
		tx.row.hasQuota, tx.row.quota = true, q
		return nil
	})
	return err
}

// fits reports whether the quota has room for more.
func fits(row accountRow, size, messages int64) error {
	q, u := row.quota, row.usage
	if exceeds(u.Bytes+size, q.Bytes) || exceeds(u.Messages+messages, q.Messages) {
		return fmt.Errorf("mailstore: %d bytes and %d messages more: %w", size, messages, restante.ErrOverQuota)
	}
	return nil
}

// fitsAnnotations holds annotations and metadata against the quota.
func (r *accountRow) fitsAnnotations() error {
	if exceeds(r.usage.Annotations+r.usage.Metadata, r.quota.Annotations) {
		return fmt.Errorf("mailstore: annotations of more than %d octets: %w", r.quota.Annotations, restante.ErrOverQuota)
	}
	return nil
}

// roomForMailbox reports whether there may be one mailbox more than those that
// there are and those that the change makes.
func (tx *txn) roomForMailbox() error {
	count := len(tx.base.mailboxes)
	for _, d := range tx.drafts {
		switch {
		case d.base == nil && !d.gone:
			count++
		case d.base != nil && d.gone:
			count--
		}
	}
	switch {
	case count >= tx.limits.Mailboxes:
		return fmt.Errorf("mailstore: more than %d: %w", tx.limits.Mailboxes, ErrMailboxLimit)
	case exceeds(int64(count)+1, tx.row.quota.Mailboxes) && count > 0: // INBOX there always is
		return fmt.Errorf("mailstore: more than %d mailboxes: %w", tx.row.quota.Mailboxes, restante.ErrOverQuota)
	}
	return nil
}

// AnnotationUsage is what annotations and metadata hold together, in octets.
func (u Usage) AnnotationUsage() int64 { return u.Annotations + u.Metadata }

// Above reports whether any part of the usage is above so many percent of its
// bound.
func (u Usage) Above(percent int, q Quota) bool {
	over := func(used, bound int64) bool {
		return bound != 0 && float64(used)*100 > float64(max(bound, 0))*float64(percent)
	}
	return over(u.Bytes, q.Bytes) || over(u.Messages, q.Messages) || over(int64(u.Mailboxes), q.Mailboxes) ||
		over(u.AnnotationUsage(), q.Annotations)
}
