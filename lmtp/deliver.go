package lmtp

import (
	"errors"
	"fmt"
	"io"

	"github.com/emersion/go-smtp"

	"github.com/restante/restante"
	"github.com/restante/restante/mailstore"
)

// byAccount groups the recipients by account, in the order of their coming, so
// that each account stores the message once.
func byAccount(rcpts []recipient) [][]recipient {
	at := map[restante.AccountID]int{}
	var groups [][]recipient
	for _, r := range rcpts {
		i, ok := at[r.owner.Account]
		if !ok {
			i = len(groups)
			at[r.owner.Account] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], r)
	}
	return groups
}

// deliver stores the message for recipients of one account. Those of one mailbox are
// served by one message, and each is answered by itself.
func (s *session) deliver(sp *spool, rcpts []recipient, status smtp.StatusCollector) {
	account, err := s.server.o.Store.Account(s.conn.ctx, rcpts[0].owner.Account)
	if err != nil {
		for _, r := range rcpts {
			status.SetStatus(r.address, s.reply(changed(err), "recipient", r.address))
		}
		return
	}
	defer account.Release()
	done := map[restante.MailboxID]error{}
	var first stored
	for _, r := range rcpts {
		err := r.refresh(s.conn.ctx, account)
		var target *mailstore.Mailbox
		if err == nil {
			target, err = r.target(account.State())
		}
		if err == nil {
			var served bool
			if err, served = done[target.ID]; !served {
				err = s.store(account, target.ID, sp, r, &first)
				done[target.ID] = err
			}
		}
		if err != nil {
			status.SetStatus(r.address, s.reply(changed(err), "recipient", r.address))
			continue
		}
		s.log.Info("delivered", "to", r.address, "user", r.owner.Name, "mailbox", target.Name, "size", sp.size)
		s.server.o.Metrics.stored(sp.size)
		status.SetStatus(r.address, &smtp.SMTPError{Code: 250, EnhancedCode: smtp.EnhancedCode{2, 1, 5}, Message: "Delivered"})
	}
}

// stored is where an account has the message already.
type stored struct {
	mailbox restante.MailboxID
	uids    mailstore.UIDSet // empty: nowhere
}

// store puts the message into a mailbox: as a copy of what another recipient got, which
// shares its content, or, where there is none or somebody has taken it away meanwhile,
// from the spool.
func (s *session) store(a *mailstore.Account, mb restante.MailboxID, sp *spool, r recipient, first *stored) error {
	if len(first.uids) > 0 {
		c, err := a.Copy(s.conn.ctx, first.mailbox, first.uids, mb)
		if len(c.To) > 0 || err != nil && !errors.Is(err, restante.ErrNotFound) {
			return err
		}
	}
	got, err := s.append(a, mb, sp, r)
	if err == nil {
		*first = stored{mb, mailstore.UIDSet{{First: got.First, Last: got.Last}}}
	}
	return err
}

// changed makes of what was there at RCPT and is not any more an error for now:
// the next attempt finds out what is true by then.
func changed(err error) error {
	if errors.Is(err, restante.ErrNotFound) {
		return fmt.Errorf("%w: %v", restante.ErrUnavailable, err)
	}
	return err
}

func (s *session) append(a *mailstore.Account, mb restante.MailboxID, sp *spool, r recipient) (mailstore.AppendResult, error) {
	head := s.trace(r)
	p := a.BeginAppend(s.conn.ctx)
	defer p.Abort()
	w, err := p.Message(mailstore.NewMessage{InternalDate: s.server.o.Now(), Size: int64(len(head)) + sp.size})
	if err != nil {
		return mailstore.AppendResult{}, err
	}
	if _, err := io.WriteString(w, head); err != nil {
		return mailstore.AppendResult{}, err
	}
	if err := sp.writeTo(w); err != nil {
		return mailstore.AppendResult{}, err
	}
	return p.Commit(s.conn.ctx, mb)
}
