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

// deliver stores the message for recipients of one account. The first gets it
// appended; others of the same mailbox are served by that, and those of other
// mailboxes by a copy, which shares the content. Each is answered by itself.
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
	var source restante.MailboxID
	var stored *mailstore.AppendResult
	for _, r := range rcpts {
		err := r.refresh(s.conn.ctx, account)
		var target *mailstore.Mailbox
		if err == nil {
			target, err = r.target(account.State())
		}
		if err != nil {
			status.SetStatus(r.address, s.reply(changed(err), "recipient", r.address))
			continue
		}
		err, served := done[target.ID]
		switch {
		case served:
		case stored == nil:
			var res mailstore.AppendResult
			if res, err = s.append(account, target.ID, sp, r); err == nil {
				stored, source = &res, target.ID
			}
		default:
			uids := mailstore.UIDSet{{First: stored.First, Last: stored.Last}}
			_, err = account.Copy(s.conn.ctx, source, uids, target.ID)
		}
		done[target.ID] = err
		if err != nil {
			status.SetStatus(r.address, s.reply(changed(err), "recipient", r.address))
			continue
		}
		s.log.Info("delivered", "to", r.address, "user", r.owner.Name, "mailbox", target.Name, "size", sp.size)
		s.server.o.Metrics.stored(sp.size)
		status.SetStatus(r.address, &smtp.SMTPError{Code: 250, EnhancedCode: smtp.EnhancedCode{2, 1, 5}, Message: "Delivered"})
	}
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
