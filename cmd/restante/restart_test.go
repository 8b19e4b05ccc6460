package main

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/restante/restante/config"
)

// TestNeedRestart: of a changed configuration exactly those keys are named that a
// reload does not apply, as often as it is read again, and no more once they are as
// they were.
func TestNeedRestart(t *testing.T) {
	started := config.Default()
	for name, change := range map[string]struct {
		edit func(*config.Config)
		want []string
	}{
		"nothing":           {func(*config.Config) {}, nil},
		"data":              {func(c *config.Config) { c.Data = "/x" }, []string{"data"}},
		"an IMAP address":   {func(c *config.Config) { c.IMAP.Listen = nil; c.IMAP.UTF8Only = true }, []string{"imap.listen"}},
		"IMAP's behaviour":  {func(c *config.Config) { c.IMAP.Without = []string{"SORT"} }, nil},
		"administrators":    {func(c *config.Config) { c.Accounts.Administrators = []string{"a"}; c.Accounts.QuotaWarning = 90 }, nil},
		"quotas":            {func(c *config.Config) { c.Accounts.QuotaBytes = 1 << 30 }, []string{"accounts.quota_bytes"}},
		"what is submitted": {func(c *config.Config) { c.Submit.Outbox = "Outbox" }, nil},
		"the log":           {func(c *config.Config) { c.Log.Level, c.Log.Format = "debug", "json" }, []string{"log.format"}},
		"limits of commands": {func(c *config.Config) {
			c.Limits.SearchKeys, c.Limits.IdleTime, c.Limits.ShutdownTime = 11, config.Duration{Duration: time.Hour}, config.Duration{}
		}, nil},
		"limits of the store": {func(c *config.Config) {
			c.Limits.Keywords, c.Limits.MessageSize, c.Limits.SearchKeys = 11, 1<<20, 11
		}, []string{"limits.keywords", "limits.message_size"}},
		"limits of listeners": {func(c *config.Config) { c.Limits.Connections = 7 }, []string{"limits.connections"}},
		"the store":           {func(c *config.Config) { c.Store.Cache++ }, []string{"store.cache"}},
		"LMTP":                {func(c *config.Config) { c.LMTP.Recipients, c.LMTP.Listen = 500, nil }, []string{"lmtp.listen"}},
		"logins":              {func(c *config.Config) { c.Auth.FreeFailures, c.Auth.LocalDomains = 9, []string{"x"} }, []string{"auth.local_domains"}},
	} {
		c := config.Default()
		change.edit(&c)
		got := needRestart(started, c)
		slices.Sort(got)
		if !slices.Equal(got, change.want) {
			t.Errorf("%s: %q, want %q", name, got, change.want)
		}
		next := reloaded(started, c)
		if again := needRestart(next, c); !slices.Equal(again, needRestart(started, c)) {
			t.Errorf("%s: read again: %q", name, again)
		}
		if len(change.want) == 0 && !reflect.DeepEqual(next, c) {
			t.Errorf("%s: not all is applied", name)
		}
		if back := needRestart(next, config.Default()); len(back) > 0 {
			t.Errorf("%s: as it was: %q", name, back)
		}
	}
}
