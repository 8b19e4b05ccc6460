package binary

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"testing"
)

// SmallDisk mounts a file system of so many MiB for a test, and answers its directory. It
// needs Linux and root.
func SmallDisk(t testing.TB, size int) string {
	t.Helper()
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		Missing(t, "only root can mount a small file system, on Linux")
	}
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dm", size), "none", dir).CombinedOutput(); err != nil {
		Missing(t, fmt.Sprintf("no small file system can be mounted: %v: %s", err, out))
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	return dir
}
