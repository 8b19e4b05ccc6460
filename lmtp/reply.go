package lmtp

import (
	"errors"

	"github.com/emersion/go-smtp"

	"github.com/restante/restante"
)

// reply turns an error of the layers below into the answer for a client, whose
// text gives nothing inner away, and logs what was unexpected. Whatever is not
// known to be final is temporary: the client keeps the message and tries again.
func (s *session) reply(err error, what, which string) *smtp.SMTPError {
	answer := func(code int, class, subject, detail int, text string) *smtp.SMTPError {
		s.server.o.Metrics.answered(code)
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{class, subject, detail}, Message: text}
	}
	switch {
	case errors.Is(err, restante.ErrNotFound), errors.Is(err, restante.ErrInvalid):
		return answer(550, 5, 1, 1, "No such user here")
	case errors.Is(err, restante.ErrOverQuota) && s.server.o.QuotaFull:
		return answer(552, 5, 2, 2, "Mailbox is full")
	case errors.Is(err, restante.ErrOverQuota):
		return answer(452, 4, 2, 2, "Mailbox is full")
	case errors.Is(err, restante.ErrTooLarge):
		s.server.o.Metrics.answered(552)
		return errTooLarge()
	}
	s.log.Error("not delivered for now", what, which, "error", err)
	if errors.Is(err, restante.ErrNoSpace) {
		return answer(452, 4, 3, 1, "No room in the store")
	}
	return answer(451, 4, 3, 0, "Cannot deliver now")
}

func errTooLarge() *smtp.SMTPError {
	return &smtp.SMTPError{Code: 552, EnhancedCode: smtp.EnhancedCode{5, 3, 4}, Message: "Message is too large"}
}
