// Package binary runs the real restante program for tests: it builds it, starts
// it over a store on disk with certificates that clients can verify, adds users
// with its command line, and at the end stops it and has it check its store.
package binary

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// RaceEnv names the environment variable that, not empty, has the program built
// with the race detector.
const RaceEnv = "RESTANTE_RACE"

// RequiredEnv names the environment variable that makes what is missing for a
// test an error when its value is "required".
const RequiredEnv = "RESTANTE_CLIENTS"

// ProgramEnv names the environment variable with the path of a program to test
// in place of one that is built.
const ProgramEnv = "RESTANTE_PROGRAM"

// Build builds the program into dir and answers its path.
func Build(dir string) (string, error) {
	path := filepath.Join(dir, "restante")
	args := []string{"build", "-o", path}
	if os.Getenv(RaceEnv) != "" {
		args = append(args, "-race")
	}
	out, err := exec.Command("go", append(args, "github.com/restante/restante/cmd/restante")...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building restante: %w\n%s", err, out)
	}
	return path, nil
}

// Main builds the program, hands its path to use, runs the tests of m and
// answers their exit status. It is for TestMain.
func Main(m *testing.M, use func(path string)) int {
	if path := os.Getenv(ProgramEnv); path != "" {
		use(path)
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "restante-test")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	path, err := Build(dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	use(path)
	return m.Run()
}

// Missing ends the test because of what is not there on this machine: it is
// skipped, or fails where all is required.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv(RequiredEnv) == "required" {
		t.Fatalf("%s=required, and %s", RequiredEnv, what)
	}
	t.Skip(what)
}

// Need answers the path of a program, or ends the test by [Missing].
func Need(t testing.TB, name, debianPackage string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if errors.Is(err, exec.ErrNotFound) && !strings.Contains(name, "/") {
		// Servers are not on everybody's path.
		path, err = exec.LookPath(filepath.Join("/usr/sbin", name))
	}
	if err != nil {
		Missing(t, fmt.Sprintf("%s is not installed (Debian package %s)", name, debianPackage))
	}
	return path
}
