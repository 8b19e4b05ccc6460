package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestRootLeavesOthersStores: as root nobody makes files in a store that is
// another user's.
func TestRootLeavesOthersStores(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a directory away")
	}
	s := newSite(t, "")
	good(t, "secret\n", "user", "add", "bob", "--password-stdin", "--config", s.config)
	store := filepath.Join(s.dir, "data", "store")
	if err := os.Chown(store, 65534, -1); err != nil {
		t.Fatal(err)
	}
	bad(t, 1, "runuser -u nobody", "user", "list", "--config", s.config)
	bad(t, 1, "runuser -u nobody", "check", "--config", s.config)
}
