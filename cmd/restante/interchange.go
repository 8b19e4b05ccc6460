package main

import (
	"context"
	"time"

	"github.com/restante/restante/admin"
	"github.com/restante/restante/interchange"
	"github.com/restante/restante/mailstore"
)

// The names of the operations that read and write files. They run where the
// store is open, so while the server runs it is the server that must be
// allowed to read and write them.
const (
	opImport = "import" // importInput; events: importEvent; interchange.Report
	opExport = "export" // exportInput; events: exportEvent; exportResult
)

type importInput struct {
	User    string   `json:"user"`
	Mailbox string   `json:"mailbox,omitempty"`
	Paths   []string `json:"paths"` // absolute
}

// importEvent is either a message that could not be taken or how far the
// import is, in bytes.
type importEvent struct {
	Where string `json:"where,omitempty"`
	Bad   string `json:"bad,omitempty"`
	Done  int64  `json:"done,omitempty"`
	Total int64  `json:"total,omitempty"`
}

type exportInput struct {
	User string `json:"user"`
	Dir  string `json:"dir"` // absolute
}

type exportEvent struct {
	Mailbox  string `json:"mailbox"`
	Messages int    `json:"messages"`
}

type exportResult struct {
	Messages int `json:"messages"`
}

// addInterchange adds import and export to the node's operations.
func (n *node) addInterchange() {
	n.admin[opImport] = admin.Define(n.importMail)
	n.admin[opExport] = admin.Define(n.exportMail)
}

func (n *node) account(ctx context.Context, user string) (*mailstore.Account, error) {
	u, err := n.directory.Lookup(ctx, user)
	if err != nil {
		return nil, err
	}
	return n.store.Account(ctx, u.Account)
}

func (n *node) importMail(ctx context.Context, in importInput, event func(any) error) (interchange.Report, error) {
	account, err := n.account(ctx, in.User)
	if err != nil {
		return interchange.Report{}, err
	}
	defer account.Release()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	tell := func(e importEvent) {
		if err := event(e); err != nil {
			cancel(err) // nobody listens any more
		}
	}
	due := every(progressEvery)
	im := interchange.Import{
		Target: interchange.Account{Account: account}, Mailbox: in.Mailbox,
		Bad: func(where string, err error) { tell(importEvent{Where: where, Bad: err.Error()}) },
		Progress: func(done, total int64) {
			if due(done == total) {
				tell(importEvent{Done: done, Total: total})
			}
		},
	}
	report, err := im.Run(ctx, in.Paths...)
	if err != nil && context.Cause(ctx) != nil {
		err = context.Cause(ctx)
	}
	return report, err
}

func (n *node) exportMail(ctx context.Context, in exportInput, event func(any) error) (exportResult, error) {
	account, err := n.account(ctx, in.User)
	if err != nil {
		return exportResult{}, err
	}
	defer account.Release()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	due := every(progressEvery)
	ex := interchange.Export{Source: interchange.Account{Account: account}, Progress: func(mailbox string, messages int) {
		if due(false) {
			if err := event(exportEvent{mailbox, messages}); err != nil {
				cancel(err)
			}
		}
	}}
	written, err := ex.Run(ctx, in.Dir)
	if err != nil && context.Cause(ctx) != nil {
		err = context.Cause(ctx)
	}
	return exportResult{written}, err
}

// progressEvery is how often progress is told.
const progressEvery = 100 * time.Millisecond

// every answers a function that is true once in d, and whenever it is asked
// with now.
func every(d time.Duration) func(now bool) bool {
	var last time.Time
	return func(now bool) bool {
		if t := time.Now(); now || t.Sub(last) >= d {
			last = t
			return true
		}
		return false
	}
}
