package server

import (
	"context"
	"strconv"

	"github.com/restante/restante"
	"github.com/restante/restante/mailstore/mailstoretest"
)

// outdate makes summaries as they were before there were previews.
func (h *host) outdate(user, from string) error {
	n, err := strconv.ParseUint(from, 10, 64)
	if err != nil {
		return err
	}
	a, err := h.account(user)
	if err != nil {
		return err
	}
	defer a.Release()
	if err := mailstoretest.OldSummaries(context.Background(), h.engine, a.ID(), restante.EmailID(n)); err != nil {
		return err
	}
	return a.Refresh(context.Background())
}
