// Package cluster_test runs three nodes of the real program over a PostgreSQL primary
// with a standby, makes parts of it fail under load, and verifies everything that
// was acknowledged.
package cluster_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/restante/restante/internal/clustertest"
	"github.com/restante/restante/test/binary"
)

// restante is the path of the program, set by TestMain.
var restante string

func TestMain(m *testing.M) {
	if os.Getenv(binary.RequiredEnv) != "required" {
		fmt.Println("skipped: clusters are tested with " + binary.RequiredEnv + "=required only")
		return
	}
	os.Exit(binary.Main(m, func(path string) { restante = path }))
}

const password = "poste-restante"

func start(t *testing.T, o clustertest.Options) *clustertest.Cluster {
	t.Helper()
	o.Program = restante
	return clustertest.Start(t, o)
}
