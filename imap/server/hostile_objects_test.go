package server

import (
	"fmt"
	"testing"

	"github.com/restante/restante/blob"
	"github.com/restante/restante/blob/dirblob"
	"github.com/restante/restante/blob/s3blob"
	"github.com/restante/restante/internal/s3test"
	"github.com/restante/restante/mailstore"
)

// TestLargeObjectMemory is TestLargeMessageMemory for a message that becomes an object, in
// a directory and in a real S3 server: nowhere is much of it in memory at once.
func TestLargeObjectMemory(t *testing.T) {
	if testing.Short() || raceDetector() {
		t.Skip("measures the memory of 60 MB")
	}
	for name, open := range map[string]func(*testing.T) (blob.Store, error){
		"directory": func(t *testing.T) (blob.Store, error) { return dirblob.Open(t.TempDir()) },
		"s3":        func(t *testing.T) (blob.Store, error) { return s3blob.Open(s3test.Start(t).Bucket(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			objects, err := open(t)
			if err != nil {
				t.Fatal(err)
			}
			store := blob.Guard(objects, blob.GuardOptions{})
			t.Cleanup(func() { store.Close() })
			const size, most = 60 << 20, 30 << 20
			h := onDisk(t, hostOptions{store: mailstore.Options{Blobs: store, BlobsAbove: 128 << 10, Spool: t.TempDir()}})
			c := h.login(t, "alice")
			grew := peak(func() {
				c.send(fmt.Sprintf("a APPEND INBOX {%d+}\r\n", size))
				c.text("Subject: large\r\n\r\n", size)
				c.send("\r\n")
				c.expect("a OK ")
			})
			t.Logf("APPEND: %d KiB", grew>>10)
			if grew > most {
				t.Errorf("APPEND of 60 MB takes %d MB", grew>>20)
			}
			if n := store.Stats().Put.Bytes; n != size {
				t.Errorf("%d bytes were written as objects", n)
			}
			c.do("s SELECT INBOX")
			for _, items := range []string{"BODY.PEEK[]", "BODY.PEEK[1]", "BINARY.PEEK[1]"} {
				grew := peak(func() {
					c.send("f FETCH 1 " + items + "\r\n")
					c.skipAnswer("f OK")
				})
				t.Logf("%s: %d KiB", items, grew>>10)
				if grew > most {
					t.Errorf("FETCH %s takes %d MB", items, grew>>20)
				}
			}
		})
	}
}
