// Package cost_test measures what commands cost a database: round trips,
// statements, rows, bytes of its log and of its tables. docs/capacity.md stands
// on these numbers:
//
//	RESTANTE_CLIENTS=required go test -v -run TestCost ./test/cost
package cost_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/restante/restante/test/binary"
)

// restante is the path of the program, set by TestMain.
var restante string

func TestMain(m *testing.M) {
	if os.Getenv(binary.RequiredEnv) != "required" {
		fmt.Println("skipped: costs are measured with " + binary.RequiredEnv + "=required only")
		return
	}
	os.Exit(binary.Main(m, func(path string) { restante = path }))
}
