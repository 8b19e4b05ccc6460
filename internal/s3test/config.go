package s3test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/restante/restante/blob/s3blob"
)

const bucketConfig = `
blobs.engine = "s3"
blobs.cache = "16MiB"
blobs.s3.endpoint = %q
blobs.s3.region = %q
blobs.s3.bucket = %q
blobs.s3.tls = false
blobs.s3.bucket_in = "path"
blobs.s3.access_key = %q
blobs.s3.secret_key_file = %q
`

// Config answers the lines of a node's configuration with which it keeps objects in a
// bucket. The secret stands in a file that goes with the test.
func Config(t testing.TB, b s3blob.Options) string {
	t.Helper()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(b.SecretKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(bucketConfig, b.Endpoint, b.Region, b.Bucket, b.AccessKey, secret)
}
