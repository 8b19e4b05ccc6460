package binary

import (
	"testing"
	"time"
)

// Patience is how long tests wait for what has to come, on a machine that may be busy.
const Patience = 5 * time.Minute

// Eventually asks again and again until ok answers nil, and fails the test with
// its last error once patience has ended.
func Eventually(t testing.TB, what string, ok func() error) {
	t.Helper()
	deadline := time.Now().Add(Patience)
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 200*time.Millisecond) {
		err := ok()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v: %v", what, Patience, err)
		}
		<-time.After(pause)
	}
}
