package clustertest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/restante/restante/internal/s3test"
)

// s3NodeConfig is what nodes are told of object storage. They do not wait for it for
// long, so that tests see what they answer without it.
const s3NodeConfig = `
blobs.engine = "s3"
blobs.above = "32KiB"
blobs.wait = "2s"
blobs.cache = "16MiB"
blobs.s3.endpoint = %q
blobs.s3.region = %q
blobs.s3.bucket = %q
blobs.s3.tls = false
blobs.s3.bucket_in = "path"
blobs.s3.access_key = %q
blobs.s3.secret_key_file = %q
`

// startS3 starts an S3 server with a bucket, and gives the lines that nodes need.
func startS3(t testing.TB) (s *s3test.Server, config string) {
	t.Helper()
	s = s3test.Start(t)
	b := s.Bucket(t)
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(b.SecretKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return s, fmt.Sprintf(s3NodeConfig, b.Endpoint, b.Region, b.Bucket, b.AccessKey, secret)
}
