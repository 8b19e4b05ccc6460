package server

import (
	"context"
	"errors"
	"fmt"

	"github.com/restante/restante"
	"github.com/restante/restante/convert"
	"github.com/restante/restante/imap"
	"github.com/restante/restante/imap/command"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/message"
)

// convert handles CONVERT and UID CONVERT (RFC 5259 §6). \Seen is never set.
//
// Each item is answered for itself, with what was made or with why not, so that
// one that fails does not keep the others from being sent.
func (s *session) convert(ctx context.Context, c *command.Convert) (imap.StatusResponse, error) {
	if c.UID {
		if err := s.lookAhead(ctx, c.Set); err != nil {
			return done, err
		}
	}
	t, err := s.targets(c.Set, c.UID)
	if err != nil {
		return done, err
	}
	limits := &s.srv.limits
	if n := limits.ConvertMessages; t.count() > n {
		return done, imap.No(imap.CodeMaxConvertMessages(n), fmt.Sprintf("Only %d messages can be converted with one command", n))
	}
	if n := limits.ConvertParts; convertedParts(c.Items) > n {
		return done, imap.No(imap.CodeMaxConvertParts(n), fmt.Sprintf("Only %d body parts can be converted with one command", n))
	}
	if len(t.ranges) == 0 {
		return done, nil
	}
	reader, err := s.selected.account.Reader(ctx)
	if err != nil {
		return done, err
	}
	defer reader.Close()
	cv := conversion{s: s, ctx: ctx, c: c, reader: reader}
	for _, p := range c.Params {
		cv.request.Params = append(cv.request.Params, convert.Param(p))
	}
	cv.request.Target = c.Target
	t.runs(func(r run) bool {
		for i := r.from; i < r.to && err == nil; i++ {
			if err = ctx.Err(); err == nil {
				err = cv.message(r.page, i, r.seq+i-r.from)
			}
		}
		return err == nil
	})
	if err != nil {
		return done, err
	}
	return cv.answer()
}

// convertedParts counts the parts that items name.
func convertedParts(items []imap.ConvertItem) int {
	parts := map[string]bool{}
	for i := range items {
		parts[items[i].Section.String()] = true
	}
	return len(parts)
}

// conversion answers one CONVERT.
type conversion struct {
	s       *session
	ctx     context.Context
	c       *command.Convert
	request convert.Request
	reader  *mailstore.Reader

	// of the current message
	email restante.EmailID
	size  int64
	sum   message.Summary

	converted, failed int  // items
	later             bool // some failed for now
	expunged          int  // messages
}

// message writes the CONVERTED response of a message (RFC 5259 §8.1). To a client
// that enabled UIDONLY it is known by its UID, as in UIDFETCH.
func (cv *conversion) message(p *mailstore.Page, i, seq int) error {
	cv.email, cv.size = p.EmailID(i), int64(p.Size(i))
	sum, err := cv.reader.Summary(cv.email)
	switch {
	case errors.Is(err, restante.ErrExpunged):
		cv.expunged++
		return nil
	case err != nil:
		return err
	}
	// Reading the message ends what the reader's row is good for.
	cv.sum = append(cv.sum[:0], sum...)
	number := uint32(seq)
	if cv.s.uidOnly() {
		number = uint32(p.UID(i))
	}
	e := cv.s.enc
	e.Untagged().Number(number).Raw(" CONVERTED (TAG ").String(cv.s.tag).Raw(") (")
	if cv.c.TellUID {
		e.Raw("UID ").Number(uint32(p.UID(i))).SP()
	}
	for i := range cv.c.Items {
		if i > 0 {
			e.SP()
		}
		cv.item(&cv.c.Items[i])
		if err := e.Err(); err != nil {
			return err
		}
	}
	e.Close().CRLF()
	return nil
}

// item writes an item: what was made, or why it was not.
func (cv *conversion) item(it *imap.ConvertItem) {
	e := cv.s.enc
	e.Append(64, it.AppendLabel).SP()
	err := cv.write(it)
	if err == nil {
		cv.converted++
		return
	}
	cv.failed++
	failure, is := convert.As(err)
	if !is {
		cv.s.log.WarnContext(cv.ctx, "part cannot be converted", "mailbox", cv.s.selected.id, "content", cv.email, "error", err)
		failure = &convert.Error{Kind: convert.TempFail, Text: "The part could not be read", Minutes: 1}
	}
	cv.later = cv.later || failure.Kind == convert.TempFail
	cv.writeError(failure)
}

// answer gives the tagged response (RFC 5259 §9): OK if anything was converted.
func (cv *conversion) answer() (imap.StatusResponse, error) {
	switch {
	case cv.expunged > 0 && !cv.c.UID:
		return done, imap.No(imap.CodeExpungeIssued, "Some of the messages are gone; all others were converted")
	case cv.failed > 0 && cv.converted > 0:
		return ok("", "Some conversions failed"), nil
	case cv.failed > 0 && cv.later:
		return done, imap.No(imap.CodeTempFail, "All conversions failed")
	case cv.failed > 0:
		return done, imap.No("", "All conversions failed")
	}
	return done, nil
}
