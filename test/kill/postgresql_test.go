package kill_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/restante/restante/internal/pgtest"
	"github.com/restante/restante/test/binary"
)

// TestKillOnPostgreSQL is TestKill over PostgreSQL, which is killed too: the program
// alone, the database under the program, which goes on once it is back, and both at
// once.
func TestKillOnPostgreSQL(t *testing.T) {
	if !pgtest.Required() {
		t.Skip("RESTANTE_SERVERS=required runs this; it would make go test too long")
	}
	t.Parallel()
	database := pgtest.Start(t)
	s := binary.Start(t, binary.Options{Path: restante, Config: fmt.Sprintf(
		"store.engine = \"postgresql\"\nstore.postgresql.url = %q\nstore.postgresql.wait = \"30s\"\n", database.Database(t))})
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	l := newLoad(t, s, seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for round, end := range []func(testing.TB){
		s.Kill,
		func(t testing.TB) {
			database.Kill()
			database.Run(t)
			s.Kill(t)
		},
		func(t testing.TB) {
			database.Kill()
			s.Kill(t)
			database.Run(t)
		},
	} {
		operations := 150 + random.Int64N(450)
		l.run(t, operations, end)
		if t.Failed() {
			return
		}
		s.Check(t)
		s.Run(t)
		l.verify(t)
		if t.Failed() {
			t.Fatalf("in round %d, after %d operations", round, operations)
		}
	}
}
