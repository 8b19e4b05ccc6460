// Package cluster_test runs three nodes of the real program over a PostgreSQL primary
// with a standby, makes parts of it fail under load, and verifies everything that
// was acknowledged.
package cluster_test

import (
	"os"
	"testing"

	"github.com/restante/restante/internal/clustertest"
	"github.com/restante/restante/internal/pgtest"
	"github.com/restante/restante/test/binary"
)

// restante is the path of the program, set by TestMain.
var restante string

func TestMain(m *testing.M) {
	if !required() {
		os.Exit(m.Run())
	}
	os.Exit(binary.Main(m, func(path string) { restante = path }))
}

// required reports whether clusters are to be started: they need many programs, and
// minutes.
func required() bool { return os.Getenv(binary.RequiredEnv) == "required" && pgtest.Required() }

const password = "poste-restante"

// needAll skips the test unless clusters are to be started.
func needAll(t *testing.T) {
	t.Helper()
	if !required() {
		t.Skip("clusters are started with RESTANTE_SERVERS=required and " + binary.RequiredEnv + "=required only")
	}
}

func start(t *testing.T, o clustertest.Options) *clustertest.Cluster {
	t.Helper()
	needAll(t)
	o.Program = restante
	return clustertest.Start(t, o)
}
