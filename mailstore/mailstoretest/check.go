// Package mailstoretest has what tests of a mailstore and of what stands on it
// need.
package mailstoretest

import (
	"context"
	"testing"

	"github.com/restante/restante/mailstore"
)

// MustCheck fails the test unless the whole store is as it must be. Every test
// that writes calls it at its end, before it closes the store.
func MustCheck(t testing.TB, s *mailstore.Store) {
	t.Helper()
	report, err := s.Check(context.WithoutCancel(t.Context()), mailstore.CheckOptions{})
	if err != nil {
		t.Fatalf("check: %v", err)
	}
	for _, f := range report.Findings {
		t.Errorf("check: %v", f)
	}
	if report.More > 0 {
		t.Errorf("check: %d more findings", report.More)
	}
}
