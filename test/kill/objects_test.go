package kill_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/restante/restante/internal/pgtest"
	"github.com/restante/restante/internal/s3test"
	"github.com/restante/restante/test/binary"
)

// objectsAbove makes objects of about half of what the load writes, and of all that is
// above the size up to which messages are held in memory.
const objectsAbove = "blobs.above = \"2KiB\"\n"

// TestKillWithObjects is TestKill with large messages as objects in a directory: what was
// acknowledged is there byte for byte, and each object has its row.
func TestKillWithObjects(t *testing.T) {
	t.Parallel()
	objects := t.TempDir()
	s := binary.Start(t, binary.Options{Path: restante, Config: objectsAbove + fmt.Sprintf(
		"blobs.engine = \"directory\"\nblobs.directory = %q\n", objects)})
	killWithObjects(t, s, objects, rounds(t))
}

// TestKillWithObjectsOnCluster is the same with what a cluster stands on: PostgreSQL, and
// objects behind a real S3 server.
func TestKillWithObjectsOnCluster(t *testing.T) {
	if !pgtest.Required() {
		t.Skip("RESTANTE_SERVERS=required runs this; it needs PostgreSQL and an S3 server")
	}
	t.Parallel()
	database, objects := pgtest.Start(t), s3test.Start(t)
	b := objects.Bucket(t)
	s := binary.Start(t, binary.Options{Path: restante, Config: objectsAbove + s3test.Config(t, b) + fmt.Sprintf(
		"store.engine = \"postgresql\"\nstore.postgresql.url = %q\nstore.postgresql.wait = \"30s\"\n", database.Database(t))})
	killWithObjects(t, s, objects.Objects(b), rounds(t))
}

// killWithObjects kills the program under load, again and again. Afterwards the objects
// are made so old that a check tells of each that no row names: there is none, since a
// row does so before an object is written, and SIGKILL takes no row back. What forgotten
// rows name is still there, because the program deletes it only after an hour.
func killWithObjects(t *testing.T, s *binary.Server, objects string, rounds int) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	l := newLoad(t, s, seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for round := range rounds {
		operations := 150 + random.Int64N(450)
		l.run(t, operations, s.Kill)
		if t.Failed() {
			return
		}
		t.Logf("%d objects", age(t, objects))
		s.Check(t)
		s.Run(t)
		l.verify(t)
		if t.Failed() {
			t.Fatalf("in round %d, after %d operations", round, operations)
		}
	}
	if n := age(t, objects); n < 20 {
		t.Errorf("there are only %d objects", n)
	}
}

// age makes the files below a directory two days older than they are, and counts them.
func age(t *testing.T, dir string) (files int) {
	t.Helper()
	old := time.Now().Add(-48 * time.Hour)
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		return os.Chtimes(path, old, old)
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
