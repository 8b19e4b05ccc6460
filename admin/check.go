package admin

import (
	"context"
	"fmt"

	"github.com/restante/restante"
	"github.com/restante/restante/directory"
	"github.com/restante/restante/mailstore"
	"github.com/restante/restante/namespace"
)

// Check says what is to be checked.
type Check struct {
	User   string `json:"user,omitempty"` // empty: the whole store
	Repair bool   `json:"repair,omitempty"`
	// DropLost lets a repair remove the entries of messages whose content is
	// gone.
	DropLost bool `json:"dropLost,omitempty"`
	Quick    bool `json:"quick,omitempty"` // without reading every message
}

// CheckEvent is a line of what a check finds, or how far it is.
type CheckEvent struct {
	Finding  string                   `json:"finding,omitempty"`
	Progress *mailstore.CheckProgress `json:"progress,omitempty"`
}

// CheckResult sums a check up.
type CheckResult struct {
	Accounts int  `json:"accounts"`
	Findings int  `json:"findings"`
	Fixed    int  `json:"fixed"`
	Clean    bool `json:"clean"` // nothing is wrong, or any more
}

func (o Options) check(ctx context.Context, in Check, event func(any) error) (CheckResult, error) {
	c := checker{Options: o, ctx: ctx, event: event}
	result, err := c.run(in)
	if err == nil {
		o.Logger.Info("store checked", "user", in.User, "accounts", result.Accounts, "findings", result.Findings, "fixed", result.Fixed)
	}
	return result, err
}

// checker is one check under way. It keeps the first error of telling events,
// as those who find something cannot stop for it.
type checker struct {
	Options
	ctx    context.Context
	event  func(any) error
	result CheckResult
	failed error
}

func (c *checker) run(in Check) (CheckResult, error) {
	options := mailstore.CheckOptions{
		SkipContents: in.Quick,
		Found:        func(f mailstore.Finding) { c.tell(CheckEvent{Finding: f.String()}) },
		Progress:     func(p mailstore.CheckProgress) { c.tell(CheckEvent{Progress: &p}) },
	}
	if in.User == "" {
		if err := c.directory(in.Repair); err != nil {
			return c.result, err
		}
	} else {
		u, err := c.Directory.Lookup(c.ctx, in.User)
		if err != nil {
			return c.result, err
		}
		options.Accounts = []restante.AccountID{u.Account}
	}
	var report mailstore.Report
	var err error
	if in.Repair {
		report, err = c.Store.Repair(c.ctx, mailstore.RepairOptions{CheckOptions: options, DropLost: in.DropLost})
	} else {
		report, err = c.Store.Check(c.ctx, options)
	}
	if err == nil {
		err = c.failed
	}
	c.result.Accounts = report.Accounts
	c.result.Findings += len(report.Findings) + report.More
	c.result.Fixed += report.Fixed
	c.result.Clean = c.result.Findings == c.result.Fixed
	return c.result, err
}

func (c *checker) tell(e CheckEvent) {
	if c.failed == nil {
		c.failed = c.event(e)
	}
}

func (c *checker) directory(repair bool) error {
	err := c.Directory.Check(c.ctx, repair, func(f directory.Finding) error {
		c.result.Findings++
		text := f.Problem
		if f.Name != "" {
			text = fmt.Sprintf("user %q %s", f.Name, text)
		}
		text = fmt.Sprintf("directory: %s (account %d)", text, f.Account)
		if f.Repaired != "" {
			c.result.Fixed++
			text += "; " + f.Repaired
		}
		c.tell(CheckEvent{Finding: text})
		return c.failed
	})
	if err != nil {
		return err
	}
	return c.Namespace.Check(c.ctx, repair, func(f namespace.Finding) error {
		c.result.Findings++
		if f.Repaired {
			c.result.Fixed++
		}
		c.tell(CheckEvent{Finding: f.String()})
		return c.failed
	})
}
